/** Formats the facts of a summary as text: shapes, sizes, shares, compile settings, training. */

import { formatCount, formatDuration } from "../shared/format";
import { t } from "../shared/translation";
import type { Compiled, Shape, Trained } from "./protocol";

/** Return shapes such as "(None, 28, 28)", separated by commas; null when unknown. */
export function formatShapes(shapes: readonly Shape[] | null): string | null {
  return shapes?.map(formatShape).join(", ") ?? null;
}

function formatShape(shape: Shape): string {
  const sizes = shape.map((size) => size ?? "None").join(", ");
  return shape.length === 1 ? `(${sizes},)` : `(${sizes})`;
}

/** Return a size of memory, in units of 1024 as in Keras. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 ? 0 : 1;
  const number = size.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${number} ${units[unit]}`;
}

/** Return a share in percent: "12.3 %", "<0.1 %". */
export function formatShare(part: number, whole: number): string {
  if (!part || !whole) return "";
  const percent = (100 * part) / whole;
  return percent < 0.05 ? "<0.1 %" : `${percent.toFixed(1)} %`;
}

/** Return "7,200,312 parameters (0 trainable, 7,200,312 frozen)". */
export function formatParameters(total: number | null, trainable: number | null): string {
  if (total === null) return t("not built");
  if (total === 1) return t("1 parameter");
  const count = formatCount(total);
  if (trainable === null || trainable === total) return t("%1 parameters", count);
  return t(
    "%1 parameters (%2 trainable, %3 frozen)",
    count,
    formatCount(trainable),
    formatCount(total - trainable),
  );
}

export function formatCompiled({ optimizer, loss, metrics }: Compiled): string {
  // A model may be compiled without a loss.
  return [optimizer, loss, ...metrics].filter(Boolean).join(", ");
}

export function formatTrained({ steps, epochs, seconds }: Trained): string {
  const parts = [steps === 1 ? t("1 step") : t("%1 steps", formatCount(steps))];
  if (epochs === 0) {
    parts.push(t("in its first epoch"));
  } else if (epochs !== null) {
    parts.push(
      epochs === 1
        ? t("1 epoch in the last fit")
        : t("%1 epochs in the last fit", formatCount(epochs)),
    );
  }
  if (seconds !== null) parts.push(formatDuration(seconds));
  return parts.join(", ");
}
