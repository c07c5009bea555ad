/** Labels, in the page's language, for the tasks, levels and numbers of the protocol. */

import { formatCount, formatShort, formatValue } from "../shared/format";
import { t } from "../shared/translation";
import type { Finding, PredictionsPart, Sample, Task } from "./protocol";

export function taskLabel(task: Task): string {
  const labels: Record<Task, string> = {
    classification: t("classification"),
    binary: t("binary classification"),
    multi_label: t("multi-label classification"),
    regression: t("regression"),
    segmentation: t("segmentation"),
    token_classes: t("classes of tokens"),
    forecast: t("forecast"),
    image_to_image: t("image to image"),
    boxes: t("boxes"),
    unknown: t("— choose"),
  };
  return labels[task];
}

export function levelLabel(level: Finding["level"]): string {
  return { error: t("Error"), warning: t("Warning"), hint: t("Hint") }[level];
}

/** Return which data were predicted, and when: the beginning of the line on top. */
export function sourceLabel(part: PredictionsPart, epoch: number): string {
  if (part.source === "evaluate") return t("Evaluation");
  const of = part.last_epoch
    ? t("epoch %1 of %2", formatCount(epoch), formatCount(part.last_epoch))
    : t("epoch %1", formatCount(epoch));
  if (part.source === "training") return t("Training data, seen in training, after %1", of);
  return t("Validation after %1", of);
}

/** Return a share as "98 %", "2.3 %" or "0.4 %"; "–" for NaN. */
export function formatShare(share: number): string {
  return Number.isNaN(share) ? "–" : `${percent(share)} %`;
}

/** Return a share in percent, without the sign. */
export function percent(share: number): string {
  const value = 100 * share;
  return value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1);
}

/** Return a figure from 0 to 1 with three digits, so that a column is aligned; "–" for NaN. */
export function formatFigure(value: number): string {
  if (Number.isNaN(value)) return "–";
  return value >= 0 && value <= 1 ? value.toFixed(3) : formatValue(value);
}

/** Return a figure of an epoch: 0.934, 2.310, and more digits of a small one. */
export function formatEpochFigure(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value);
  if (size >= 1) return formatValue(value);
  return size >= 0.1 || size === 0 ? value.toFixed(3).replace("-", "−") : formatShort(value);
}

/** Return a count in little room: 980, 1.2k, 22k, 1.2M. */
export function formatCompact(count: number): string {
  if (count < 1000) return String(count);
  const [size, unit] = count < 999_500 ? [count / 1000, "k"] : [count / 1e6, "M"];
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)}${unit}`;
}

/** Return a change with its sign: +0.012, −3. */
export function formatChange(value: number, format: (size: number) => string): string {
  const sign = value > 0 ? "+" : value < 0 ? "−" : "±";
  return sign + format(Math.abs(value));
}

/** Return the name of a sample: "Sample 2,135: predicted 9 with 98 %, true 4, loss 7.1". */
export function sampleName(sample: Sample): string {
  const { index, predicted, probability, true: truth, loss } = sample;
  const name = index === null ? t("Sample") : t("Sample %1", formatCount(index));
  const said = !truth
    ? predicted
    : probability === null
      ? t("predicted %1", predicted)
      : t("predicted %1 with %2", predicted, formatShare(probability));
  const parts = [predicted && said, truth && t("true %1", truth)];
  if (!Number.isNaN(loss)) parts.push(t("loss %1", formatShort(loss)));
  const facts = parts.filter(Boolean).join(", ");
  return facts ? `${name}: ${facts}` : name;
}
