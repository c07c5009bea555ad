/** The marks, numbered as in the charts: changes by the user, a callback or a new fit. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import type { Mark } from "../protocol";

/** Return the number of the epoch in which a mark is, or at whose end. */
function epochOf({ epoch }: Pick<Mark, "epoch">): number {
  // After a rewind, the axis has fractions that are not exact.
  return Math.max(1, Math.ceil(epoch - 1e-6));
}

/** They stand in a line, so that a new one moves nothing, or all in a list; the latest first. */
export function Marks({ marks }: { marks: readonly Mark[] }) {
  const [all, setAll] = useState(false);
  if (marks.length === 0) return null;
  const numbered = marks.map((mark, i) => ({ mark, number: i + 1 })).reverse();
  return (
    <div class="kw-mark-list" data-all={all}>
      <ol aria-label={t("Marks")}>
        {numbered.map(({ mark, number }) => (
          <li key={number} data-kind={mark.kind}>
            <b class="kw-mark-number">{number}</b>
            <span>{translated(mark.text)}</span>
            <span class="kw-mark-place">
              {t("epoch %1, step %2", formatCount(epochOf(mark)), formatCount(mark.step))}
            </span>
          </li>
        ))}
      </ol>
      {marks.length > 1 && (
        <button type="button" class="kw-link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("Fewer") : t("All %1 marks", marks.length)}
        </button>
      )}
    </div>
  );
}
