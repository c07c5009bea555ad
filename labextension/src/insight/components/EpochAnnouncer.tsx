/** Announces the figures of each new epoch to screen readers, once. */

import { useRef } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import { formatEpochFigure } from "../labels";
import { mostConfused } from "../matrix";
import type { PredictionsPart } from "../protocol";

export function EpochAnnouncer({ part }: { part: PredictionsPart }) {
  const announced = useRef({ epoch: -1, text: "" });
  if (part.details && part.epoch !== announced.current.epoch) {
    announced.current = { epoch: part.epoch, text: epochText(part) };
  }
  return (
    <p class="kw-unseen" aria-live="polite" aria-atomic="true">
      {announced.current.text}
    </p>
  );
}

/** Return "Epoch 7: accuracy 0.934; most confused: 4 as 9, 23 times". */
function epochText(part: PredictionsPart): string {
  const [figure] = part.figures;
  const parts = [figure ? `${figure.name} ${formatEpochFigure(figure.value)}` : ""];
  const { classes, confusion } = part.details ?? {};
  const pair = confusion && mostConfused(confusion);
  if (pair) {
    const name = (index: number) => classes?.names[index] ?? String(index);
    parts.push(
      t(
        "most confused: %1 as %2, %3 times",
        name(pair.true),
        name(pair.predicted),
        formatCount(pair.count),
      ),
    );
  }
  return t("Epoch %1: %2", formatCount(part.epoch), parts.filter(Boolean).join("; "));
}
