/**
 * The parts of what is known of the fits of a view, as the kernel or a notebook sent them.
 *
 * Synced with Python: the parts and the pictures, which only flow from the kernel to the view. They
 * stay `unknown` here, and `parse.ts` reads them when their tab is shown: the first chart of a page
 * waits for none of that. What one view shows of them (tab, epoch, filter, sorting) is its own.
 */

type Part = Record<string, unknown>;

/** A notebook or a kernel may hold any number; the page must stay usable. */
const MAX_EPOCHS = 24;
const MAX_PICTURES = 3000;
const PICTURE = /^data:image\/(png|webp);base64,/;

export class InsightStore {
  /** Data URLs by hash. */
  readonly pictures = new Map<string, string>();
  private readonly parts = new Map<string, unknown>();
  /** Predictions with details, of several epochs. */
  private readonly epochs = new Map<string, unknown>();
  private readonly listeners = new Set<() => void>();

  /** Call `listener` after each change, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }

  /**
   * Keep a part of the kernel.
   *
   * @param isSaved whether it is from a notebook, which keeps less than the page may know
   */
  receive(content: unknown, isSaved = false): void {
    const insight = (content ?? {}) as Part;
    const name = String(insight.part);
    const value = insight[name];
    if (typeof value !== "object" || value === null) return;
    if (name === "pictures") {
      for (const [hash, url] of Object.entries(value)) {
        if (typeof url === "string" && PICTURE.test(url)) keep(this.pictures, hash, url);
      }
      trim(this.pictures, MAX_PICTURES);
    } else {
      const key = `${insight.fit}/${name}`;
      const { details, output, epoch } = value as Part;
      const epochKey = `${key}/${output}/${epoch}`;
      if (details && !(isSaved && this.epochs.has(epochKey))) {
        keep(this.epochs, epochKey, value);
        trim(this.epochs, MAX_EPOCHS);
      }
      if (!isSaved || name === "predictions" || !this.parts.has(key)) this.parts.set(key, value);
    }
    this.changed();
  }

  clear(): void {
    this.parts.clear();
    this.epochs.clear();
  }

  /** Keep the parts that a notebook has. */
  receiveSaved(parts: unknown): void {
    if (Array.isArray(parts)) for (const part of parts) this.receive(part, true);
  }

  /** Return the latest part of a fit, or undefined. */
  part(fit: number, name: string): unknown {
    return this.parts.get(`${fit}/${name}`);
  }

  /** Return the predictions of an epoch with their details, or undefined. */
  epoch(fit: number, output: string, epoch: number): unknown {
    return this.epochs.get(`${fit}/predictions/${output}/${epoch}`);
  }

  /** Return whether anything is known of a fit. */
  has(fit: number): boolean {
    return ["predictions", "layers", "data"].some((name) => this.part(fit, name));
  }

  /** Return whether a fit is an evaluation, which trains nothing. */
  isEvaluation(fit: number): boolean {
    const { source } = (this.part(fit, "predictions") ?? {}) as Part;
    return source === "evaluate";
  }

  /** Return the number of findings about the layers or the data. */
  findings(fit: number, name: string): number {
    const { findings } = (this.part(fit, name) ?? {}) as Part;
    return name !== "predictions" && Array.isArray(findings) ? findings.length : 0;
  }

  /** Draw the views again. */
  changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Set an entry as the newest one. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}

/** Drop the oldest entries. */
function trim(map: Map<string, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) break;
    map.delete(key);
  }
}
