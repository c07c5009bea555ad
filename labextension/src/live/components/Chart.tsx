/** The chart of one metric: its name and values as text, its buttons, and its curves. */

import { formatValue } from "../../shared/format";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { isLogScale } from "../chart/curves";
import { aboveText, belowText } from "../chart/figure";
import { latestValues } from "../latestValues";
import { FINAL_STATUSES, type MetricInfo, type Split } from "../protocol";
import { ChartValues, CrosshairPlace } from "./ChartValues";
import { Crosshair } from "./Crosshair";
import { Icon, type IconName } from "./icons";
import { type ChartContext, usePlotlyChart, type YState } from "./usePlotlyChart";

interface ChartProps {
  metric: MetricInfo;
  context: ChartContext;
  height: number;
  /** Null where charts have one size only. */
  large: boolean | null;
  onLarge: () => void;
  onLogScale: () => void;
  onSavePicture: (event: MouseEvent) => void;
}

export function Chart(props: ChartProps) {
  const { metric, context, height, large } = props;
  const { options, fits, hover } = context;
  const { store } = fits[0];
  const summaryId = useUniqueId("summary");
  const chart = usePlotlyChart(metric, context, height);
  const { plotElement, frame, plotlyChart, handlers, yState, toggleAll } = chart;
  const { batch, training, validation } = latestValues(store, metric);
  const others = fits.slice(1).map((fit) => latestValues(fit.store, metric));
  const best = store.best.get(metric.name) ?? null;
  const empty = [{ batch, training, validation }, ...others].every(
    (fit) => fit.batch === null && fit.training === null && fit.validation === null,
  );
  const over = FINAL_STATUSES.has(store.progress?.status ?? "running");
  const logScale = isLogScale(metric.name, options);
  return (
    <article class={large ? "kw-chart kw-chart-large" : "kw-chart"}>
      <div class="kw-chart-header">
        <span class="kw-chart-name" title={metric.name}>
          {metric.name}
        </span>
        <CrosshairPlace hover={hover} plotlyChart={() => plotlyChart.current} />
        {large !== null && (
          <span class="kw-chart-buttons">
            <ChartButton
              name={t("Log scale of %1", metric.name)}
              icon="log"
              pressed={logScale}
              onClick={props.onLogScale}
            />
            <ChartButton
              name={t("Save a picture of %1", metric.name)}
              icon="download"
              onClick={props.onSavePicture}
            />
            <ChartButton
              name={large ? t("Make %1 smaller", metric.name) : t("Make %1 larger", metric.name)}
              icon={large ? "smaller" : "larger"}
              pressed={large}
              enlarges
              onClick={props.onLarge}
            />
          </span>
        )}
      </div>
      <ChartValues
        metric={metric}
        fits={fits}
        hover={hover}
        plotlyChart={() => plotlyChart.current}
      />
      <figure
        class="kw-plot"
        aria-label={metric.name}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: zoom and crosshair by keyboard
        tabIndex={0}
        aria-keyshortcuts="ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight + - 0"
        aria-describedby={summaryId}
        ref={frame}
        style={{ height: `${height}px` }}
        {...handlers}
      >
        <div class="kw-plotly" ref={plotElement} />
        {empty && (
          <p class="kw-plot-empty">
            {over
              ? t("The training ended before the first value.")
              : metric.kind === "epoch"
                ? t("The first value appears at the end of the epoch.")
                : t("The first value appears after the first batch.")}
          </p>
        )}
        <Crosshair hover={hover} plotlyChart={() => plotlyChart.current} />
        <OutsideSigns state={yState} onToggle={toggleAll} />
      </figure>
      <p id={summaryId} hidden>
        {summarize(training ?? batch, validation, best)} {logScale && `${t("Log scale.")} `}
        {t("Arrows: read values; + and −: zoom; 0: reset.")}
      </p>
    </article>
  );
}

interface ChartButtonProps {
  name: string;
  icon: IconName;
  pressed?: boolean;
  /** Whether it makes the chart large: it gets the focus back. */
  enlarges?: boolean;
  onClick: (event: MouseEvent) => void;
}

function ChartButton({ name, icon, pressed, enlarges, onClick }: ChartButtonProps) {
  return (
    <button
      type="button"
      class="kw-chart-button"
      aria-label={name}
      title={name}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      {...(enlarges && { "data-enlarges": "" })}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Small signs that values lie outside of the axis; a click shows them. */
function OutsideSigns({ state, onToggle }: { state: YState; onToggle: () => void }) {
  const sign = (place: string, text: string, title: string, name?: string) => (
    <button
      type="button"
      class="kw-outside"
      data-place={place}
      title={title}
      {...(name && { "aria-label": name })}
      onClick={onToggle}
    >
      {text}
    </button>
  );
  const beyond = (place: "above" | "below", value: number) => {
    const above = place === "above";
    const name = above
      ? t("Values up to %1 are above the axis", formatValue(value))
      : t("Values down to %1 are below the axis", formatValue(value));
    const title = `${name}. ${t("Show all values (double-click)")}`;
    return sign(place, above ? aboveText(value) : belowText(value), title, name);
  };
  return (
    <>
      {state.above !== null && beyond("above", state.above)}
      {state.below !== null && beyond("below", state.below)}
      {state.zoomed && sign("end", t("Reset zoom"), t("Show all again (double-click)"))}
      {state.all &&
        !state.zoomed &&
        sign("end", t("all values"), t("Show the main part (double-click)"))}
    </>
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
