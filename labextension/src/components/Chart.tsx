/** One metric: its name and latest values as text, and its curves. */

import { latestValues } from "../chart/curves";
import { formatValue } from "../format";
import { FINAL_STATUSES, type MetricInfo } from "../protocol";
import { t } from "../strings";
import { type ChartContext, useDrawnChart } from "./drawnChart";
import { HoverLayer } from "./HoverLayer";
import { useUniqueId } from "./hooks";
import { Swatch } from "./Legend";

export function Chart({ metric, context }: { metric: MetricInfo; context: ChartContext }) {
  const { store, options } = context;
  const summaryId = useUniqueId("summary");
  const { plotElement, frame, drawer, handlers } = useDrawnChart(metric, context);
  const { batch, training, validation } = latestValues(store, metric);
  const best = store.best.get(metric.name) ?? null;
  const empty = batch === null && training === null && validation === null;
  const over = FINAL_STATUSES.has(store.progress?.status ?? "running");
  return (
    <article class="kw-chart">
      <div class="kw-chart-header">
        <span class="kw-chart-name" title={metric.name}>
          {metric.name}
        </span>
        <span class="kw-chart-best">
          {best && (
            <>
              best <b>{formatValue(best.value)}</b> · epoch {best.epoch}
            </>
          )}
        </span>
      </div>
      <div class="kw-chart-values">
        <Latest kind="batch" value={batch} />
        <Latest kind="training" value={training} />
        <Latest kind="validation" value={validation} />
      </div>
      <figure
        class="kw-plot"
        aria-label={metric.name}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: zoom and crosshair by keyboard
        tabIndex={0}
        data-lm-suppress-shortcuts="true"
        aria-keyshortcuts="ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight + - 0"
        aria-describedby={summaryId}
        ref={frame}
        style={{ height: `${context.height}px` }}
        {...handlers}
      >
        <div class="kw-plotly" ref={plotElement} />
        {empty && (
          <p class="kw-plot-empty">
            {over
              ? "The training ended before the first value."
              : metric.kind === "epoch"
                ? "The first value comes at the end of the epoch."
                : "The first value comes after the first batch."}
          </p>
        )}
        <HoverLayer hover={context.hover} drawer={() => drawer.current} />
      </figure>
      <p id={summaryId} hidden>
        {summarize(training ?? batch, validation, best)}
        {options.logScale ? " Log scale." : ""} {t("Arrows: values; + and −: zoom; 0: all.")}
      </p>
    </article>
  );
}

interface LatestProps {
  kind: "batch" | "training" | "validation";
  value: number | null;
}

function Latest({ kind, value }: LatestProps) {
  if (value === null) return null;
  const broken = !Number.isFinite(value);
  return (
    <span class={broken ? "kw-latest kw-error" : "kw-latest"} title={`latest ${kind} value`}>
      <Swatch kind={kind} />
      {formatValue(value)}
    </span>
  );
}

function summarize(
  training: number | null,
  validation: number | null,
  best: { value: number; epoch: number; split: string } | null,
): string {
  if (training === null && validation === null) return "No values yet.";
  const parts: string[] = [];
  if (training !== null) parts.push(`Training ${formatValue(training)}.`);
  if (validation !== null) parts.push(`Validation ${formatValue(validation)}.`);
  if (best) parts.push(`Best ${best.split} ${formatValue(best.value)} in epoch ${best.epoch}.`);
  return parts.join(" ");
}
