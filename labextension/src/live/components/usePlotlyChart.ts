/** Redraws a chart when the store, the view's options, its size or the pointer changes. */

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Plotly } from "../../shared/plotly";
import { type ChartOptions, metricCurves } from "../chart/curves";
import type { DrawScheduler, ScheduledChart } from "../chart/drawScheduler";
import type { ChartTheme } from "../chart/figure";
import type { Hover } from "../chart/hover";
import { type DrawInput, PlotlyChart } from "../chart/plotlyChart";
import { fitYRange, fullXRange, type Range, timeUnit } from "../chart/ranges";
import { axisLabel } from "../labels";
import type { MetricInfo } from "../protocol";
import type { RunStore } from "../store";
import { xAtPixel } from "./HoverLayer";

/** Shared by all charts of a view. */
export interface ChartContext {
  store: RunStore;
  options: ChartOptions;
  /** Null while it loads. */
  plotly: Plotly | null;
  scheduler: DrawScheduler;
  hover: Hover;
  /** The x range that the user zoomed to, in units of the data. */
  zoom: Range | null;
  /** Counts the user's resets: y zooms end there too. */
  resets: number;
  onZoom: (range: Range) => void;
  onReset: () => void;
  readTheme: () => ChartTheme;
  themeRevision: number;
  /** Of each chart, in pixels. */
  height: number;
}

/** Pixels; reserved before anything is drawn. */
export const CHART_HEIGHT = 200;
export const COMPACT_CHART_HEIGHT = 120;

/** Draw the chart of `metric` again after each change, as the scheduler allows. */
export function usePlotlyChart(metric: MetricInfo, context: ChartContext) {
  const frame = useRef<HTMLDivElement>(null);
  const plotElement = useRef<HTMLDivElement>(null);
  const plotlyChart = useRef<PlotlyChart | null>(null);
  const scheduled = useRef<ScheduledChart | null>(null);
  const yZoom = useRef<Range | null>(null);
  const width = useRef(0);
  // The props of the last render, for later drawings.
  const latest = useRef({ metric, context });
  latest.current = { metric, context };

  const draw = () => {
    if (!plotlyChart.current || !width.current) return;
    const { metric, context } = latest.current;
    const input = drawInput(metric, context, width.current, context.height);
    plotlyChart.current.draw({ ...input, yRange: yZoom.current ?? input.yRange });
  };

  const { plotly, scheduler, hover } = context;
  useEffect(() => {
    const element = plotElement.current;
    if (!plotly || !element || !frame.current) return;
    const chart = new PlotlyChart(plotly, element, {
      zoomX: (range) => latest.current.context.onZoom(range),
      zoomY: (range) => {
        yZoom.current = range;
        scheduled.current?.invalidate(true);
      },
      reset: () => latest.current.context.onReset(),
      drawn: () => hover.x !== null && hover.refresh(),
    });
    const handle = scheduler.add(draw);
    plotlyChart.current = chart;
    scheduled.current = handle;
    const stopWatching = watchElement(frame.current, {
      resized: (pixels) => {
        if (pixels === width.current || !pixels) return;
        width.current = pixels;
        handle.invalidate(true);
      },
      seen: handle.setVisible,
    });
    return () => {
      stopWatching();
      handle.remove();
      chart.dispose();
      plotlyChart.current = null;
      scheduled.current = null;
    };
  }, [plotly, scheduler, hover]);

  // New numbers wait for their turn; an action of the user is shown at once.
  useEffect(() => scheduled.current?.invalidate(), [context.store.revision]);
  // No further numbers come for now: show the last ones at once.
  const resting = context.store.progress?.status !== "running";
  useEffect(() => {
    if (resting) scheduled.current?.invalidate(true);
  }, [resting, context.store.revision]);
  const { options, zoom, resets, themeRevision } = context;
  const userState = [options.xAxis, options.smoothing, options.logScale, zoom, resets];
  useLayoutEffect(() => {
    yZoom.current = null;
  }, [options.logScale, resets]);
  useLayoutEffect(() => scheduled.current?.invalidate(true), [...userState, themeRevision]);

  const handlers = {
    ...pointerHandlers(context, frame, plotlyChart),
    onKeyDown: keyHandler(context, plotlyChart),
    onBlur: () => context.hover.set(null),
  };
  return { plotElement, frame, plotlyChart, handlers };
}

/** Return all that a drawing of `metric` depends on. */
export function drawInput(
  metric: MetricInfo,
  {
    store,
    options,
    zoom,
    readTheme,
  }: Pick<ChartContext, "store" | "options" | "zoom" | "readTheme">,
  width: number,
  height: number,
): DrawInput {
  const curves = metricCurves(store, metric, options);
  const xRange = zoom ?? fullXRange(store, options.xAxis);
  const unit =
    options.xAxis === "time"
      ? timeUnit(fullXRange(store, "time")[1])
      : { name: axisLabel(options.xAxis), seconds: 1 };
  return {
    name: metric.name,
    metricKind: metric.kind,
    curves,
    options,
    xRange,
    yRange: fitYRange(curves, xRange, options.logScale),
    xUnit: unit.seconds,
    xTitle: unit.name,
    width,
    height,
    theme: readTheme(),
  };
}

/** Handle the keys of a focused chart: zoom, move along x, reset, and move the crosshair. */
function keyHandler(context: ChartContext, plotlyChart: { current: PlotlyChart | null }) {
  return (event: KeyboardEvent) => {
    const drawn = plotlyChart.current?.drawn;
    if (!drawn || event.ctrlKey || event.metaKey || event.altKey) return;
    const [low, high] = drawn.xRange;
    const width = high - low;
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step && event.shiftKey) {
      context.onZoom([low + step * 0.2 * width, high + step * 0.2 * width]);
    } else if (step) {
      const from = context.hover.x ?? (step > 0 ? low : high);
      context.hover.set(Math.min(high, Math.max(low, from + 0.02 * step * width)));
    } else if (event.key === "+" || event.key === "=") {
      context.onZoom([low + 0.2 * width, high - 0.2 * width]);
    } else if (event.key === "-") {
      context.onZoom([low - 0.25 * width, high + 0.25 * width]);
    } else if (event.key === "0" || event.key === "Home") {
      context.onReset();
    } else if (event.key === "Escape" && context.hover.x !== null) {
      context.hover.set(null);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
}

function pointerHandlers(
  { hover, scheduler }: ChartContext,
  frame: { current: HTMLDivElement | null },
  plotlyChart: { current: PlotlyChart | null },
) {
  return {
    onPointerMove: (event: PointerEvent) => {
      const drawn = plotlyChart.current?.drawn;
      if (!drawn || !frame.current || event.buttons) return;
      hover.set(xAtPixel(drawn, event.clientX - frame.current.getBoundingClientRect().left));
    },
    onPointerLeave: () => hover.set(null),
    onPointerDown: () => {
      hover.set(null);
      const release = scheduler.suspend();
      const lifetime = new AbortController();
      const end = () => {
        lifetime.abort();
        release();
      };
      for (const name of ["pointerup", "pointercancel", "blur"]) {
        window.addEventListener(name, end, { signal: lifetime.signal, capture: true });
      }
    },
  };
}

/** Watch an element's width and whether it is on (or near) the screen. */
function watchElement(
  element: HTMLElement,
  { resized, seen }: { resized: (width: number) => void; seen: (visible: boolean) => void },
): () => void {
  const sizes = new ResizeObserver(() => resized(element.clientWidth));
  sizes.observe(element);
  resized(element.clientWidth);
  const views = new IntersectionObserver(
    (entries) => seen(entries.at(-1)?.isIntersecting ?? false),
    { rootMargin: "150px" },
  );
  views.observe(element);
  return () => {
    sizes.disconnect();
    views.disconnect();
  };
}
