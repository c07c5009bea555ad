/** The colours of charts, as the style sheet gives them: Plotly needs plain ones. */

import type { ChartTheme } from "../chart/figure";
import { FIT_SYMBOLS } from "../chart/figure";

/** Return the colours at `element`. */
export function resolveTheme(element: HTMLElement): ChartTheme {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read("--kw-ink-2"),
    grid: read("--kw-grid"),
    paper: read("--kw-paper"),
    training: read("--kw-training"),
    validation: read("--kw-validation"),
    best: read("--kw-best"),
    mark: read("--kw-mark"),
    fits: FIT_SYMBOLS.map((_, i) => read(`--kw-fit-${i + 1}`)),
    font: style.fontFamily,
  };
}

/** Return the colours of the light theme, with white paper whatever the page has. */
export function lightTheme(element: HTMLElement): ChartTheme {
  const probe = document.createElement("div");
  probe.className = "kw-root";
  probe.dataset.kwTheme = "light";
  probe.hidden = true;
  element.append(probe);
  const theme = resolveTheme(probe);
  probe.remove();
  return { ...theme, paper: "#fff" };
}
