/** Loads Plotly in JupyterLab: a chunk of the extension, fetched when a chart is first drawn. */

import { loadOnce } from "../shared/loadOnce";
import { PLOTLY_KEY, type Plotly } from "../shared/plotly";

/** Return the page's Plotly: the one that a widget loaded, or else our chunk. */
export async function loadPlotly(): Promise<Plotly> {
  // A widget's load may fail with its kernel; then load our chunk.
  const module = await loadOnce(PLOTLY_KEY, load).catch(() => loadOnce(PLOTLY_KEY, load));
  return module.default;
}

async function load(): Promise<{ default: Plotly }> {
  // The package assigns window.Plotly, which may be someone else's.
  const page = globalThis as { Plotly?: unknown };
  const before = Object.getOwnPropertyDescriptor(page, "Plotly");
  const loaded = await import("plotly.js-basic-dist-min");
  if (page.Plotly === loaded.default) {
    if (before) Object.defineProperty(page, "Plotly", before);
    else delete page.Plotly;
  }
  return { default: loaded.default };
}
