/** The chart of one metric: its name and latest values as text, and its curves. */

import { formatValue } from "../../shared/format";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { latestValues } from "../latestValues";
import { FINAL_STATUSES, type MetricInfo, type Split } from "../protocol";
import { HoverLayer } from "./HoverLayer";
import { Swatch } from "./Legend";
import { type ChartContext, usePlotlyChart } from "./usePlotlyChart";

export function Chart({ metric, context }: { metric: MetricInfo; context: ChartContext }) {
  const { store, options } = context;
  const summaryId = useUniqueId("summary");
  const { plotElement, frame, plotlyChart, handlers } = usePlotlyChart(metric, context);
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
          {best && <>{t("best %1 · epoch %2", formatValue(best.value), best.epoch)}</>}
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
              ? t("The training ended before the first value.")
              : metric.kind === "epoch"
                ? t("The first value comes at the end of the epoch.")
                : t("The first value comes after the first batch.")}
          </p>
        )}
        <HoverLayer hover={context.hover} plotlyChart={() => plotlyChart.current} />
      </figure>
      <p id={summaryId} hidden>
        {summarize(training ?? batch, validation, best)} {options.logScale && `${t("Log scale.")} `}
        {t("Arrows: values; + and −: zoom; 0: all.")}
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
  const title = {
    batch: t("latest batch value"),
    training: t("latest training value"),
    validation: t("latest validation value"),
  }[kind];
  return (
    <span class={broken ? "kw-latest kw-error" : "kw-latest"} title={title}>
      <Swatch kind={kind} />
      {formatValue(value)}
    </span>
  );
}

function summarize(
  training: number | null,
  validation: number | null,
  best: { value: number; epoch: number; split: Split } | null,
): string {
  if (training === null && validation === null) return t("No values yet.");
  const parts: string[] = [];
  if (training !== null) parts.push(t("Training %1.", formatValue(training)));
  if (validation !== null) parts.push(t("Validation %1.", formatValue(validation)));
  if (best) {
    const value = formatValue(best.value);
    parts.push(
      best.split === "training"
        ? t("Best training %1 in epoch %2.", value, best.epoch)
        : t("Best validation %1 in epoch %2.", value, best.epoch),
    );
  }
  return parts.join(" ");
}
