/** Loads Plotly for a view, once. */

import { useEffect, useState } from "preact/hooks";
import type { Plotly } from "../../shared/plotly";

/** Return Plotly, null while it loads, or "failed". */
export function usePlotly(loadPlotly: () => Promise<Plotly>): Plotly | "failed" | null {
  const [plotly, setPlotly] = useState<{ value: Plotly | "failed" | null }>({ value: null });
  useEffect(() => {
    let wanted = true;
    loadPlotly().then(
      (value) => wanted && setPlotly({ value }),
      (error) => {
        console.error("kwidgets: Plotly could not be loaded.", error);
        if (wanted) setPlotly({ value: "failed" });
      },
    );
    return () => {
      wanted = false;
    };
  }, [loadPlotly]);
  return plotly.value;
}
