/**
 * The outputs of a notebook that several pages share, as with jupyter-collaboration.
 *
 * JupyterLab changes an output by replacing it in a Yjs array. When two pages do so at the same
 * time, the array has both new ones afterwards. Here an output's data are set in place: of two
 * values that are set at the same time, Yjs keeps one. See decision 18.
 */

import type { NotebookPanel } from "@jupyterlab/notebook";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";

type Data = IRenderMime.IMimeModel["data"];

/** A page waits so much longer than the one before it, by rank. */
const TURN_MS = 2000;

/** An output in the shared document. */
export interface SharedOutput {
  readonly data: Data;
  /** Whether its data can be set in place; if not, `write` replaces the output by one that can. */
  readonly inPlace: boolean;
  write(data: Data): void;
  remove(): void;
}

/** The parts of Yjs's types that are used; `@jupyter/ydoc` does not export them. */
interface YMap {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}
interface YArray {
  get(index: number): unknown;
  length: number;
}
interface SharedCell {
  cell_type: string;
  ymodel?: YMap;
  transact(change: () => void, undoable?: boolean): void;
  updateOutputs(start: number, end: number, outputs?: unknown[]): void;
}
interface Awareness {
  clientID: number;
  getStates(): Map<number, unknown>;
}

/** Return whether other pages see, at once, what this one changes in the notebook. */
export function isShared(panel: NotebookPanel): boolean {
  return panel.context.model.collaborative === true;
}

/** Return the outputs whose data `match`, in the order of the shared document. */
export function findSharedOutputs(
  panel: NotebookPanel,
  match: (data: Data) => boolean,
): SharedOutput[] {
  const cells = panel.context.model.sharedModel.cells as unknown as readonly SharedCell[];
  const found: SharedOutput[] = [];
  for (const cell of cells) {
    const outputs = cell.ymodel?.get("outputs") as YArray | undefined;
    for (let index = 0; index < (outputs?.length ?? 0); index++) {
      const output = outputs!.get(index);
      const data = dataOf(output);
      if (data && match(data)) found.push(new OutputInCell(cell, outputs!, output));
    }
  }
  return found;
}

/**
 * Return how much longer than the first of the pages this one waits before it writes what all of
 * them would write: so the others see it, and need not.
 */
export function turnMs(panel: NotebookPanel): number {
  const { awareness } = panel.context.model.sharedModel as { awareness?: Awareness };
  if (!awareness) return 0;
  const pages = [...awareness.getStates().keys()].sort((a, b) => a - b);
  return TURN_MS * Math.max(0, pages.indexOf(awareness.clientID));
}

class OutputInCell implements SharedOutput {
  constructor(
    private readonly cell: SharedCell,
    private readonly outputs: YArray,
    private readonly output: unknown,
  ) {}

  get data(): Data {
    return dataOf(this.output) ?? {};
  }

  get inPlace(): boolean {
    return isMap(this.output);
  }

  write(data: Data): void {
    const { output } = this;
    if (isMap(output)) {
      this.cell.transact(() => output.set("data", plain(data)), false);
      return;
    }
    const index = this.index;
    const changed = plain({ ...(output as object), data });
    if (index >= 0) this.cell.updateOutputs(index, index + 1, [changed]);
  }

  remove(): void {
    const index = this.index;
    if (index >= 0) this.cell.updateOutputs(index, index + 1, []);
  }

  private get index(): number {
    for (let index = 0; index < this.outputs.length; index++) {
      if (this.outputs.get(index) === this.output) return index;
    }
    return -1;
  }
}

function dataOf(output: unknown): Data | undefined {
  // jupyter-server-nbmodel writes plain objects.
  const data = isMap(output) ? output.get("data") : (output as { data?: unknown } | null)?.data;
  return data as Data | undefined;
}

function isMap(output: unknown): output is YMap {
  return typeof (output as Partial<YMap> | null)?.set === "function";
}

/** Return a copy that Yjs can hold. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
