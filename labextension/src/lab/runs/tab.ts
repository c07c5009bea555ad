/** The tab with the recorded runs, in JupyterLab's main area. */

import { LabIcon } from "@jupyterlab/ui-components";
import { Widget } from "@lumino/widgets";
import { render } from "preact";
import common from "../../../style/common.raw.css";
import live from "../../../style/live.raw.css";
import panel from "../../../style/panel.raw.css";
import runs from "../../../style/runs.raw.css";
import { keepKeys } from "../../shared/keys";
import { addStyleSheets } from "../../shared/styleSheets";
import { t } from "../../shared/translation";
import { INSERT_CELL, type InsertCell } from "../../shared/viewEvents";
import type { CurrentNotebook } from "../panel/currentNotebook";
import type { PanelActions } from "../panel/EmptyState";
import { runsTabView } from "./RunsTabView";

export const RUNS_TAB_ID = "kwidgets-runs";

// Two curves over each other. Not with fill="none", which JupyterLab's style sheet would fill.
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
  '<g class="jp-icon3" stroke="#616161" stroke-width="2" stroke-linecap="round" style="fill:none">' +
  '<path d="M4 3v18h17"/><path d="M7.500 6c2 8 5 10 12.500 10.500"/>' +
  '<path d="M7.500 11c3 4 6 1 12.500-4.500"/></g></svg>';

export const runsIcon = new LabIcon({ name: "kwidgets:runs", svgstr: ICON });

export class RunsTab extends Widget {
  private readonly lifetime = new AbortController();

  constructor(currentNotebook: CurrentNotebook, actions: PanelActions) {
    super();
    this.id = RUNS_TAB_ID;
    this.addClass("kw-page");
    this.addClass("kw-runs-tab");
    this.title.label = t("Keras Runs");
    this.title.icon = runsIcon;
    this.title.closable = true;
    addStyleSheets(this.node, { common, live, panel, runs });
    const { signal } = this.lifetime;
    signal.addEventListener("abort", keepKeys(this.node));
    signal.addEventListener("abort", () => render(null, this.node));
    // The tab has no cells: code goes into the notebook whose kernel reads the runs.
    this.node.addEventListener(INSERT_CELL, (event) => {
      const { insertCode } = actions;
      if (!insertCode) return;
      event.preventDefault();
      event.stopPropagation();
      const { source } = (event as CustomEvent<InsertCell>).detail;
      if (source !== null) insertCode(source);
    });
    const isVisible = () => this.isVisible && document.visibilityState === "visible";
    render(runsTabView({ currentNotebook, actions, isVisible }), this.node);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.lifetime.abort();
    super.dispose();
  }
}
