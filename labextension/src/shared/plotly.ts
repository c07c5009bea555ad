/** Types for the part of Plotly that we use, and the key under which a page shares one copy. */

import type { Config, Data, Layout, PlotRelayoutEvent } from "plotly.js";

/** The version of the package; a test compares. Both hosts share one copy under this key. */
export const PLOTLY_KEY = "plotly@4.1.1";

export interface PlotlyElement extends HTMLElement {
  on(event: "plotly_relayout", listener: (change: PlotRelayoutEvent) => void): void;
  on(event: "plotly_doubleclick", listener: () => void): void;
}

/** An icon of the mode bar. */
export type Icon = Record<string, unknown>;

export interface Plotly {
  readonly Icons: { home: Icon; camera: Icon };
  react(
    element: HTMLElement,
    data: Data[],
    layout: Partial<Layout>,
    config: Partial<Config>,
  ): Promise<PlotlyElement>;
  purge(element: HTMLElement): void;
  downloadImage(
    figure: { data: Data[]; layout: Partial<Layout> },
    options: { format: "png"; width: number; height: number; scale: number; filename: string },
  ): Promise<string>;
  /** Resolves with a data URL. */
  toImage(
    figure: { data: Data[]; layout: Partial<Layout> },
    options: { format: "png"; width: number; height: number; scale: number },
  ): Promise<string>;
}

export type { Config, Data, Layout, PlotRelayoutEvent };
