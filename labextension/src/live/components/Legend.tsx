/** The legend of all charts: says once what each curve is; a click hides and shows it. */

import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import type { CurveKind } from "../chart/curves";
import { Swatch } from "./Swatch";

export interface LegendProps {
  /** The curves that there are, and whether they are drawn. */
  there: Record<CurveKind, boolean>;
  hidden: readonly CurveKind[];
  /** How many batches a point of the batch curve is the mean of at most. */
  batches: number;
  /** Whether a metric has no means over batches. */
  running: boolean;
  /** Whether several fits are drawn over each other. */
  overlay: boolean;
  /** Whether the fit is an evaluation. */
  isEvaluation?: boolean;
  onHide: (hidden: readonly CurveKind[]) => void;
}

export function Legend(props: LegendProps) {
  const { there, hidden, batches, running, overlay, isEvaluation = false, onHide } = props;
  const means =
    batches > 1 ? t("batches: means of up to %1", formatCount(batches)) : t("batches: each one");
  const items: [CurveKind, string][] = [
    ["batch", running ? t("%1, or the value so far", means) : means],
    ["smoothed", t("batches, smoothed")],
    ["training", t("training: mean over the epoch")],
    ["validation", isEvaluation ? t("evaluation") : t("validation: after the epoch")],
    ["best", t("best epoch")],
    ["mark", t("marks")],
    ["left", t("earlier run")],
  ];
  return (
    <ul class="kw-legend" data-overlay={overlay} aria-label={t("Legend")}>
      {items
        .filter(([kind]) => there[kind])
        .map(([kind, text]) => {
          const shown = !hidden.includes(kind);
          return (
            <li key={kind}>
              <button
                type="button"
                class="kw-legend-item"
                aria-pressed={shown}
                title={shown ? t("Click to hide") : t("Click to show")}
                onClick={() =>
                  onHide(shown ? [...hidden, kind] : hidden.filter((other) => other !== kind))
                }
              >
                <Swatch kind={kind} />
                <span>{text}</span>
              </button>
            </li>
          );
        })}
    </ul>
  );
}
