/** Pages of one shared notebook, joined as a collaboration server joins them: by Yjs updates. */

import type { ISharedCodeCell } from "@jupyter/ydoc";
import { YNotebook } from "@jupyter/ydoc";
import type { NotebookPanel } from "@jupyterlab/notebook";
import * as Y from "yjs";

export type Output = { output_type: string; data: Record<string, unknown>; metadata: object };

/** The notebook in one page, with one code cell. */
export class SharedPage {
  readonly notebook = new YNotebook();

  /** The document as a model that several pages share. */
  get model(): NotebookPanel["context"]["model"] {
    return { collaborative: true, sharedModel: this.notebook } as never;
  }

  get cell(): ISharedCodeCell {
    return this.notebook.cells[0] as ISharedCodeCell;
  }

  get outputs(): Output[] {
    return this.cell.getOutputs() as Output[];
  }
}

/** Return pages whose cell has this output; with `plain` as jupyter-server-nbmodel writes it. */
export function sharedPages(count: number, data: Record<string, unknown>, plain = false) {
  const pages = Array.from({ length: count }, () => new SharedPage());
  const [first] = pages as [SharedPage];
  const output = { output_type: "display_data", data, metadata: {} };
  first.notebook.addCell({ cell_type: "code", source: "fit" });
  if (plain)
    first.notebook.ydoc
      .getArray<Y.Map<Y.Array<object>>>("cells")
      .get(0)
      .get("outputs")
      ?.push([output]);
  else first.cell.setOutputs([output] as never);
  synchronize(pages);
  // As awareness does: each page knows the others.
  const known = pages.map(({ notebook }) => notebook.ydoc.clientID);
  for (const { notebook } of pages) {
    for (const id of known) notebook.awareness.states.set(id, {});
  }
  return pages;
}

/** Exchange what was changed in each page since the last time. */
export function synchronize(pages: readonly SharedPage[]): void {
  const updates = pages.map(({ notebook }) => Y.encodeStateAsUpdate(notebook.ydoc));
  for (const { notebook } of pages) {
    for (const update of updates) Y.applyUpdate(notebook.ydoc, update);
  }
}
