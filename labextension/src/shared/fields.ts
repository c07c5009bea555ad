/** Reads and checks fields of unknown data; errors have the path, the expected and the given value. */

/** Thrown for a message that does not follow the protocol. */
export class ProtocolError extends Error {
  constructor(path: string, expected: string, got: unknown) {
    super(`${path}: expected ${expected}, got ${show(got)}`);
    this.name = "ProtocolError";
  }
}

/** An object whose fields are read with a check each. Unknown fields are ignored. */
export class Fields {
  private readonly object: Record<string, unknown>;

  constructor(
    value: unknown,
    private readonly path: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ProtocolError(path, "an object", value);
    }
    this.object = value as Record<string, unknown>;
  }

  at(name: string): string {
    return `${this.path}.${name}`;
  }

  keys(): string[] {
    return Object.keys(this.object);
  }

  has(name: string): boolean {
    return this.object[name] !== undefined;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.object, name) ? this.object[name] : undefined;
  }

  fields(name: string): Fields {
    return new Fields(this.value(name), this.at(name));
  }

  nullable<T>(name: string, read: () => T): T | null {
    return this.value(name) === null ? null : read();
  }

  string(name: string): string {
    const value = this.value(name);
    if (typeof value !== "string") throw new ProtocolError(this.at(name), "a string", value);
    return value;
  }

  /** Read a text to show; of one that would hold up the page, the beginning. */
  label(name: string): string {
    return shorten(this.string(name));
  }

  boolean(name: string): boolean {
    const value = this.value(name);
    if (typeof value !== "boolean") throw new ProtocolError(this.at(name), "true or false", value);
    return value;
  }

  finite(name: string): number {
    const value = this.value(name);
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new ProtocolError(this.at(name), "a finite number", value);
    }
    return value;
  }

  integer(name: string): number {
    const value = this.value(name);
    if (!Number.isInteger(value) || (value as number) < 0) {
      throw new ProtocolError(this.at(name), "an integer from 0 up", value);
    }
    return value as number;
  }

  wireNumber(name: string): number {
    const value = this.value(name);
    if (isWireNumber(value)) return Number(value);
    return this.finite(name);
  }

  wireNumbers(name: string): number[] {
    return readWireNumbers(this.value(name), this.at(name));
  }

  /** Read lists of numbers, of any lengths. */
  wireRows(name: string): number[][] {
    return this.items(name, readWireNumbers);
  }

  oneOf<T extends string | null>(name: string, choices: readonly T[]): T {
    const value = this.value(name);
    if (!(choices as readonly unknown[]).includes(value)) {
      throw new ProtocolError(this.at(name), `one of ${choices.map(show).join(", ")}`, value);
    }
    return value as T;
  }

  strings(name: string): string[] {
    return this.array(name).map((value, i) => {
      if (typeof value !== "string") {
        throw new ProtocolError(`${this.at(name)}[${i}]`, "a string", value);
      }
      return value;
    });
  }

  numbers(name: string): number[] {
    return this.array(name).map((value, i) => {
      if (typeof value !== "number" || !Number.isFinite(value)) {
        throw new ProtocolError(`${this.at(name)}[${i}]`, "a finite number", value);
      }
      return value;
    });
  }

  /** @param part how many items are read, from the beginning or from the end; all by default */
  list<T>(
    name: string,
    parse: (fields: Fields) => T,
    part: { first?: number; last?: number } = {},
  ): T[] {
    return this.items(name, (value, path) => parse(new Fields(value, path)), part);
  }

  /** Parse the items of a list, whatever they are, as {@link list} does. */
  items<T>(
    name: string,
    parse: (value: unknown, path: string) => T,
    part: { first?: number; last?: number } = {},
  ): T[] {
    let items = this.array(name);
    if (part.first !== undefined) items = items.slice(0, part.first);
    if (part.last !== undefined) items = items.slice(-part.last);
    return items.map((value, i) => parse(value, `${this.at(name)}[${i}]`));
  }

  /** Return the number of items of a list. */
  length(name: string): number {
    return this.array(name).length;
  }

  private array(name: string): unknown[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw new ProtocolError(this.at(name), "a list", value);
    return value;
  }
}

function isWireNumber(value: unknown): boolean {
  return (
    (typeof value === "number" && Number.isFinite(value)) ||
    value === "NaN" ||
    value === "Infinity" ||
    value === "-Infinity"
  );
}

function readWireNumbers(value: unknown, path: string): number[] {
  if (!Array.isArray(value) || !value.every(isWireNumber)) {
    throw new ProtocolError(path, "a list of numbers", value);
  }
  return value.map(Number);
}

const LABEL_LENGTH = 1000;

/** Return the beginning of a long text. */
export function shorten(text: string, length = LABEL_LENGTH): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  // String() would call the object's own toString, which may be data.
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
