/** The values of a chart beside their names: the newest ones, or those under the crosshair. */

import { useEffect } from "preact/hooks";
import { formatCount, formatDuration, formatValue } from "../../shared/format";
import { useRedraw } from "../../shared/hooks";
import { t } from "../../shared/translation";
import {
  type BatchCurve,
  type Curve,
  type CurveKind,
  isLearningRate,
  nearestPoint,
  valueHolding,
} from "../chart/curves";
import { type DrawnFit, fitLabel } from "../chart/drawInput";
import type { Hover } from "../chart/hover";
import { namedFits, valueOfFit } from "../chart/namedFits";
import type { DrawInput, PlotlyChart } from "../chart/plotlyChart";
import { latestValues } from "../latestValues";
import type { MetricInfo } from "../protocol";
import { isInside } from "./Crosshair";
import { FitSwatch, Swatch } from "./Swatch";

interface ChartValuesProps {
  metric: MetricInfo;
  fits: readonly [DrawnFit, ...DrawnFit[]];
  hover: Hover;
  plotlyChart: () => PlotlyChart | null;
}

/** Where the crosshair is, as text. */
export function CrosshairPlace({
  hover,
  plotlyChart,
}: Pick<ChartValuesProps, "hover" | "plotlyChart">) {
  const redraw = useRedraw();
  useEffect(() => hover.subscribe(redraw), [hover]);
  const drawn = plotlyChart()?.drawn;
  if (!drawn || !isInside(drawn, hover.x)) return null;
  return <span class="kw-chart-x">{placeText(drawn, hover.x)}</span>;
}

interface Value {
  key: string;
  swatch: preact.ComponentChild;
  name: string;
  value: number | string;
  note?: string;
}

export function ChartValues({ metric, fits, hover, plotlyChart }: ChartValuesProps) {
  const redraw = useRedraw();
  useEffect(() => hover.subscribe(redraw), [hover]);
  const drawn = plotlyChart()?.drawn ?? null;
  const x = drawn && isInside(drawn, hover.x) ? hover.x : null;
  const { named, others, best } = namedFits(fits, metric);
  const values =
    fits.length > 1
      ? named.map((fit) => fitValue(fit, metric, drawn, x, fit.fit === best ? "★" : ""))
      : drawn && x !== null
        ? valuesAt(drawn, x)
        : newestValues(metric, fits[0]);
  return (
    <div
      class="kw-chart-values"
      data-hover={x !== null}
      data-single={fits.length === 1 && isLearningRate(metric.name)}
    >
      {values.map((value) => value && <Entry {...value} kind={value.key} />)}
      {others.length > 0 && (
        <span class="kw-value-more" title={others.map(fitLabel).join("\n")}>
          {t("and %1 more", others.length)}
        </span>
      )}
    </div>
  );
}

function Entry({ swatch, name, value, note, kind }: Value & { kind: string }) {
  return (
    <span class={isBroken(value) ? "kw-value kw-error" : "kw-value"} data-kind={kind}>
      {swatch}
      <span class="kw-value-name">{name}</span>
      <b>{typeof value === "string" ? value : formatValue(value)}</b>
      {note && <span class="kw-value-note">{note}</span>}
    </span>
  );
}

function isBroken(value: number | string): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}

function entry(kind: CurveKind, name: string, value: number | string, note = ""): Value {
  return { key: kind, swatch: <Swatch kind={kind} />, name, value, note };
}

function newestValues(metric: MetricInfo, { store }: DrawnFit): Value[] {
  const { batch, training, validation } = latestValues(store, metric);
  const best = store.best.get(metric.name);
  const last = store.epoch.rows - 1;
  const ofPart =
    store.isPartial(last) && training === store.epoch.at(`training/${metric.name}`, last);
  const partial = ofPart ? t("part") : "";
  const values: Value[] = [];
  if (batch !== null) values.push(entry("batch", batchName(metric), batch));
  const trained = isLearningRate(metric.name) ? t("value") : t("training");
  if (training !== null) values.push(entry("training", trained, training, partial));
  if (validation !== null) values.push(entry("validation", t("validation"), validation));
  if (best) values.push(entry("best", t("best"), best.value, t("epoch %1", best.epoch)));
  return values;
}

function valuesAt({ curves, metricKind }: DrawInput, x: number): Value[] {
  const values: Value[] = [];
  const { batch, smoothed, training, validation, partial } = curves;
  const held = valueHolding(batch, x);
  if (held >= 0) {
    values.push(entry("batch", meanName(batch, held, metricKind), batch.y[held]!));
  }
  const add = (kind: CurveKind, name: string, curve: Curve | null) => {
    const i = curve ? nearestPoint(curve, x) : -1;
    if (!curve || i < 0) return;
    const isPart = kind !== "smoothed" && partial[i];
    values.push(entry(kind, name, curve.y[i]!, isPart ? t("part") : ""));
  };
  add("smoothed", t("smoothed"), smoothed);
  add("training", t("training"), training);
  add("validation", t("validation"), validation);
  return values;
}

/** Return over how many batches a value is the mean, and of how many, if some are NaN. */
function meanName({ batches, sizes }: BatchCurve, i: number, kind: MetricInfo["kind"]): string {
  if (kind === "running") return t("so far");
  const [count, size] = [Math.round(batches?.[i] ?? 1), Math.round(sizes[i] ?? 1)];
  if (count < size && count > 0)
    return t("mean of %1 of %2", formatCount(count), formatCount(size));
  return count > 1 ? t("mean of %1", formatCount(count)) : t("batch");
}

/** Return the value of one fit among several: of its validation, or else of its training. */
function fitValue(
  shown: DrawnFit,
  metric: MetricInfo,
  drawn: DrawInput | null,
  x: number | null,
  note: string,
): Value | null {
  const { fit } = shown;
  let value = valueOfFit(shown, metric);
  if (drawn && x !== null) {
    const all = [{ fit: drawn.fit, curves: drawn.curves }, ...drawn.overlays];
    const curves = all.find((other) => other.fit === fit)?.curves;
    const curve = curves?.validation.x.length ? curves.validation : curves?.training;
    const i = curve ? nearestPoint(curve, x) : -1;
    value = curve && i >= 0 ? curve.y[i]! : null;
  }
  if (value === null) return null;
  return { key: String(fit), swatch: <FitSwatch fit={fit} />, name: fitLabel(shown), value, note };
}

function batchName({ kind }: Pick<MetricInfo, "kind">): string {
  return kind === "running" ? t("so far") : t("batches");
}

/** Return the x under the crosshair as text, and the mark that is there. */
function placeText(drawn: DrawInput, x: number): string {
  const { curves, xRange } = drawn;
  const near = 0.015 * (xRange[1] - xRange[0]);
  const mark = curves.marks.findIndex((at) => Math.abs(at - x) <= near);
  const place = xText(drawn, x);
  return mark < 0 ? place : t("%1, mark %2", place, mark + 1);
}

function xText({ options }: DrawInput, x: number): string {
  if (options.xAxis === "time" || options.xAxis === "clock") return formatDuration(x);
  if (options.xAxis === "epoch") return t("epoch %1", Math.max(0, x).toFixed(2));
  return t("step %1", formatCount(Math.max(0, Math.round(x))));
}
