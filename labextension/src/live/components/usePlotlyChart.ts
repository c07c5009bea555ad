/** Keeps a chart's drawing in step with the store, the view's choices, its size and the pointer. */

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Plotly } from "../../shared/plotly";
import { type ChartOptions, metricCurves } from "../chart/curves";
import type { Pace, PacedChart } from "../chart/drawScheduler";
import type { ChartTheme } from "../chart/figure";
import type { Hover } from "../chart/hover";
import { ChartDrawer, type DrawInput } from "../chart/plotlyChart";
import { fitYRange, fullXRange, type Range, timeUnit } from "../chart/ranges";
import { axisWord } from "../labels";
import type { MetricInfo } from "../protocol";
import type { RunStore } from "../store";
import { xAtPixel } from "./HoverLayer";

/** What all charts of a view have in common. */
export interface ChartContext {
  store: RunStore;
  options: ChartOptions;
  /** Null while it loads. */
  plotly: Plotly | null;
  pace: Pace;
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

/** Keeps the drawing in step with what it shows, at the pace of the page. */
export function useDrawnChart(metric: MetricInfo, context: ChartContext) {
  const frame = useRef<HTMLDivElement>(null);
  const plotElement = useRef<HTMLDivElement>(null);
  const drawer = useRef<ChartDrawer | null>(null);
  const paced = useRef<PacedChart | null>(null);
  const yZoom = useRef<Range | null>(null);
  const width = useRef(0);
  // What the last render was given, for drawings that come later.
  const latest = useRef({ metric, context });
  latest.current = { metric, context };

  const draw = () => {
    if (!drawer.current || !width.current) return;
    const { metric, context } = latest.current;
    const input = drawInput(metric, context, width.current, context.height);
    drawer.current.draw({ ...input, yRange: yZoom.current ?? input.yRange });
  };

  const { plotly, pace, hover } = context;
  useEffect(() => {
    const element = plotElement.current;
    if (!plotly || !element || !frame.current) return;
    const chart = new ChartDrawer(plotly, element, {
      zoomX: (range) => latest.current.context.onZoom(range),
      zoomY: (range) => {
        yZoom.current = range;
        paced.current?.invalidate(true);
      },
      reset: () => latest.current.context.onReset(),
      drawn: () => hover.x !== null && hover.refresh(),
    });
    const handle = pace.add(draw);
    drawer.current = chart;
    paced.current = handle;
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
      drawer.current = null;
      paced.current = null;
    };
  }, [plotly, pace, hover]);

  // New numbers wait their turn; what the user did is shown at once.
  useEffect(() => paced.current?.invalidate(), [context.store.revision]);
  // Nothing more will come for now: show the last of it without waiting.
  const resting = context.store.progress?.status !== "running";
  useEffect(() => {
    if (resting) paced.current?.invalidate(true);
  }, [resting, context.store.revision]);
  const { options, zoom, resets, themeRevision } = context;
  const userState = [options.xAxis, options.smoothing, options.logScale, zoom, resets];
  useLayoutEffect(() => {
    yZoom.current = null;
  }, [options.logScale, resets]);
  useLayoutEffect(() => paced.current?.invalidate(true), [...userState, themeRevision]);

  const handlers = {
    ...pointerHandlers(context, frame, drawer),
    onKeyDown: keyHandler(context, drawer),
    onBlur: () => context.hover.set(null),
  };
  return { plotElement, frame, drawer, handlers };
}

/** All that a drawing of `metric` depends on. */
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
      : { name: axisWord(options.xAxis), seconds: 1 };
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

/** Keys of a chart that has the focus: zoom and move along x, back to all, and the crosshair. */
function keyHandler(context: ChartContext, drawer: { current: ChartDrawer | null }) {
  return (event: KeyboardEvent) => {
    const drawn = drawer.current?.drawn;
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
  { hover, pace }: ChartContext,
  frame: { current: HTMLDivElement | null },
  drawer: { current: ChartDrawer | null },
) {
  return {
    onPointerMove: (event: PointerEvent) => {
      const drawn = drawer.current?.drawn;
      if (!drawn || !frame.current || event.buttons) return;
      hover.set(xAtPixel(drawn, event.clientX - frame.current.getBoundingClientRect().left));
    },
    onPointerLeave: () => hover.set(null),
    onPointerDown: () => {
      hover.set(null);
      const release = pace.hold();
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
