/** Finds the Python name under the text cursor, or under the mouse when a context menu opens. */

import type { INotebookTracker } from "@jupyterlab/notebook";

// Also "trainer.net" and 'nets["a"]', as the panel names models that are not plain variables.
const NAME = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[(?:\d+|"[^"\]]*"|'[^'\]]*')\])*/g;

/** Return the names in `line` that include `column`, the longest first: "a.b", then "a". */
export function namesAt(line: string, column: number): string[] {
  for (const match of line.matchAll(NAME)) {
    if (match.index > column || match.index + match[0].length < column) continue;
    const names = [match[0]];
    for (let end = match[0].length - 1; end > 0; end--) {
      if (match[0][end] === "." || match[0][end] === "[") names.push(match[0].slice(0, end));
    }
    return names;
  }
  return [];
}

/** Remembers where the context menu was opened, which does not move the cursor. */
export class NameAtCursor {
  private menuAt: { x: number; y: number } | null = null;

  constructor(private readonly tracker: INotebookTracker) {
    const remember = ({ clientX: x, clientY: y }: MouseEvent) => {
      this.menuAt = { x, y };
    };
    document.addEventListener("contextmenu", remember, true);
    const forget = () => {
      this.menuAt = null;
    };
    document.addEventListener("keydown", forget, true);
  }

  /** Return the names that the user may mean, the likeliest first. */
  names(fromMenu: boolean): string[] {
    const editor = this.tracker.activeCell?.editor;
    if (!editor) return [];
    const { menuAt } = this;
    const there =
      fromMenu && menuAt
        ? editor.getPositionForCoordinate(new DOMRect(menuAt.x, menuAt.y))
        : editor.getCursorPosition();
    if (!there) return [];
    return namesAt(editor.getLine(there.line) ?? "", there.column);
  }
}
