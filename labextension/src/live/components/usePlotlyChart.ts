/** Redraws a chart when the store, the view's options, its size or the pointer changes. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Plotly } from "../../shared/plotly";
import { type ChartsInput, drawInput, type YZoom } from "../chart/drawInput";
import type { DrawScheduler, ScheduledChart } from "../chart/drawScheduler";
import type { ChartTheme, Outside } from "../chart/figure";
import type { Hover } from "../chart/hover";
import { PlotlyChart } from "../chart/plotlyChart";
import type { Range } from "../chart/ranges";
import type { MetricInfo } from "../protocol";
import { xAtPixel } from "./Crosshair";

/** Shared by all charts of a view. */
export interface ChartContext extends ChartsInput {
  /** Null while it loads. */
  plotly: Plotly | null;
  scheduler: DrawScheduler;
  hover: Hover;
  /** Whether a chart is large. */
  large: boolean;
  /** Counts the user's resets: y zooms end there too. */
  resets: number;
  onZoom: (range: Range) => void;
  onReset: () => void;
  readTheme: () => ChartTheme;
  themeRevision: number;
}

/** Pixels; reserved before anything is drawn. */
export const CHART_HEIGHT = 210;
export const LARGE_CHART_HEIGHT = 440;
export const COMPACT_CHART_HEIGHT = 130;

/** Whether the chart shows all values because the user asked for that, and what lies outside. */
export interface YState extends Outside {
  all: boolean;
  /** Whether the user has zoomed, in x or in y. */
  zoomed: boolean;
}

const NOTHING_OUTSIDE: YState = { above: null, below: null, all: false, zoomed: false };

/** Draw the chart of `metric` again after each change, as the scheduler allows. */
export function usePlotlyChart(metric: MetricInfo, context: ChartContext, height: number) {
  const frame = useRef<HTMLDivElement>(null);
  const plotElement = useRef<HTMLDivElement>(null);
  const plotlyChart = useRef<PlotlyChart | null>(null);
  const scheduled = useRef<ScheduledChart | null>(null);
  const yZoom = useRef<YZoom>(null);
  const [yState, setYState] = useState<YState>(NOTHING_OUTSIDE);
  const width = useRef(0);
  // The props of the last render, for later drawings.
  const latest = useRef({ metric, context, height });
  latest.current = { metric, context, height };

  const draw = () => {
    if (!plotlyChart.current || !width.current) return;
    const { metric, context, height } = latest.current;
    const size = { width: width.current, height };
    plotlyChart.current.draw(drawInput(metric, context, yZoom.current, size, context.readTheme()));
  };
  /** Show all values, or again what matters; where the user has zoomed, end that. */
  const toggleAll = () => {
    const { context } = latest.current;
    if (context.zoom || (yZoom.current && yZoom.current !== "all")) {
      context.onReset();
      return;
    }
    yZoom.current = yZoom.current === "all" ? null : "all";
    scheduled.current?.invalidate(true);
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
      doubleClick: () => toggleAll(),
      drawn: ({ outside }) => {
        const all = yZoom.current === "all";
        const zoomed = latest.current.context.zoom !== null || (yZoom.current !== null && !all);
        const next = { ...outside, all, zoomed };
        setYState((now) => (sameState(now, next) ? now : next));
        if (hover.x !== null) hover.refresh();
      },
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
  const revision = context.fits.map(({ fit, store }) => `${fit}:${store.revision}`).join();
  useEffect(() => scheduled.current?.invalidate(), [revision]);
  // No further numbers come for now: show the last ones at once.
  const resting = context.fits[0].store.progress?.status !== "running";
  useEffect(() => {
    if (resting) scheduled.current?.invalidate(true);
  }, [resting, revision]);
  const { options, zoom, resets, themeRevision } = context;
  const drawnFits = [...context.fits, ...(context.left ?? [])].map(({ fit }) => fit).join();
  const userState = [options, zoom, resets, height, drawnFits];
  useLayoutEffect(() => {
    yZoom.current = null;
  }, [options.logScale, options.otherScale, resets]);
  useLayoutEffect(() => scheduled.current?.invalidate(true), [...userState, themeRevision]);

  const handlers = {
    ...pointerHandlers(context, frame, plotlyChart),
    onKeyDown: keyHandler(context, plotlyChart, toggleAll),
    onBlur: () => context.hover.set(null),
  };
  return { plotElement, frame, plotlyChart, handlers, yState, toggleAll };
}

function sameState(a: YState, b: YState): boolean {
  return a.above === b.above && a.below === b.below && a.all === b.all && a.zoomed === b.zoomed;
}

/** Handle the keys of a focused chart: zoom, move along x, reset, and move the crosshair. */
function keyHandler(
  context: ChartContext,
  plotlyChart: { current: PlotlyChart | null },
  toggleAll: () => void,
) {
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
      toggleAll();
    } else if (event.key === "Escape" && context.hover.x !== null) {
      context.hover.set(null);
      // A large chart becomes small with the same key.
      if (context.large) return;
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
