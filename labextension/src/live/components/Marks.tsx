/** The list of marks, numbered as in the charts: changes by the user, a callback or a new fit. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import type { Mark } from "../protocol";

const LATEST_SHOWN = 4;

/** Return the number of the epoch in which a mark is, or at whose end. */
function epochOf({ epoch }: Mark): number {
  return Math.max(1, Math.ceil(epoch));
}

export function Marks({ marks }: { marks: readonly Mark[] }) {
  const [all, setAll] = useState(false);
  if (marks.length === 0) return null;
  const first = all ? 0 : Math.max(0, marks.length - LATEST_SHOWN);
  return (
    <div class="kw-marks">
      <ol aria-label={t("Marks")} start={first + 1}>
        {marks.slice(first).map((mark, i) => (
          <li key={first + i} value={first + i + 1} data-kind={mark.kind}>
            <span>{translated(mark.text)}</span>
            <span class="kw-mark-place">
              {t("epoch %1, step %2", formatCount(epochOf(mark)), formatCount(mark.step))}
            </span>
          </li>
        ))}
      </ol>
      {marks.length > LATEST_SHOWN && (
        <button type="button" class="kw-toggle" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("Latest marks only") : t("All %1 marks", marks.length)}
        </button>
      )}
    </div>
  );
}
