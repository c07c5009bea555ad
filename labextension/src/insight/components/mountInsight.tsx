/** Mounts a tab into the live view's panel, with its style sheet. */

import { render } from "preact";
import css from "../../../style/insight.raw.css";
import { addStyleSheets } from "../../shared/styleSheets";
import type { TabName } from "../protocol";
import type { InsightSource } from "../source";
import { DataTab } from "./DataTab";
import { LayersTab } from "./LayersTab";
import { PredictionsTab } from "./PredictionsTab";

/** Draw a tab into `element`; the returned function unmounts it. */
export function mountInsight(
  element: HTMLElement,
  source: InsightSource,
  tab: TabName,
): () => void {
  const stopWaiting = addStyleSheets(element, { insight: css });
  const Tab = tab === "layers" ? LayersTab : tab === "data" ? DataTab : PredictionsTab;
  render(<Tab source={source} />, element);
  return () => {
    stopWaiting();
    render(null, element);
  };
}
