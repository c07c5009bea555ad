/** The list of marks, numbered as in the charts: changes by the user, a callback or a new fit. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Mark } from "../protocol";

const LATEST_SHOWN = 4;

export function Marks({ marks }: { marks: readonly Mark[] }) {
  const [all, setAll] = useState(false);
  if (marks.length === 0) return null;
  const first = all ? 0 : Math.max(0, marks.length - LATEST_SHOWN);
  return (
    <div class="kw-marks">
      <ol aria-label={t("Marks")} start={first + 1}>
        {marks.slice(first).map((mark, i) => (
          <li key={first + i} value={first + i + 1} data-kind={mark.kind}>
            <span>{mark.text}</span>
            <span class="kw-mark-place">
              {t("epoch %1, step %2", mark.epoch.toFixed(2), formatCount(mark.step))}
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
