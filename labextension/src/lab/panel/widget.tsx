/** The side panel's widget: a tab with an icon, in which the view is drawn. */

import { LabIcon } from "@jupyterlab/ui-components";
import { Widget } from "@lumino/widgets";
import { render } from "preact";
import common from "../../../style/common.raw.css";
import live from "../../../style/live.raw.css";
import summary from "../../../style/models.raw.css";
import panel from "../../../style/panel.raw.css";
import { keepKeys } from "../../shared/keys";
import { addStyleSheets } from "../../shared/styleSheets";
import { t } from "../../shared/translation";
import type { CurrentNotebook } from "./currentNotebook";
import type { PanelActions } from "./EmptyState";
import { PanelView } from "./PanelView";

export const PANEL_ID = "kwidgets-panel";

// Layers of a network, from wide to narrow.
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
  '<g class="jp-icon3" fill="#616161">' +
  '<rect x="3" y="4" width="18" height="3.6" rx="1"/>' +
  '<rect x="5.5" y="10.2" width="13" height="3.6" rx="1"/>' +
  '<rect x="8.5" y="16.4" width="7" height="3.6" rx="1"/></g></svg>';

export const panelIcon = new LabIcon({ name: "kwidgets:models", svgstr: ICON });

export class ModelsPanel extends Widget {
  private readonly releaseKeys: () => void;

  constructor(currentNotebook: CurrentNotebook, actions: PanelActions) {
    super();
    this.id = PANEL_ID;
    this.addClass("kw-panel-widget");
    this.title.icon = panelIcon;
    this.title.caption = t("Keras models");
    // Marks the tab in the page, since it has only an icon.
    this.title.dataset = { ...this.title.dataset, kwidgets: "panel" };
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", t("Keras models"));
    addStyleSheets(this.node, { common, live, summary, panel });
    this.releaseKeys = keepKeys(this.node);
    render(<PanelView currentNotebook={currentNotebook} actions={actions} />, this.node);
  }

  /** Move the keyboard to the panel, as activating a side panel does. */
  protected override onActivateRequest(): void {
    this.node.querySelector<HTMLElement>("[role=tree], button, input")?.focus();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.releaseKeys();
    render(null, this.node);
    super.dispose();
  }
}
