/** The tabs of the view: the curves, and what is known of the predictions, layers and data. */

import { TABS, type TabName } from "../../insight/protocol";
import { moveTab } from "../../shared/moveTab";
import { t } from "../../shared/translation";
import { Icon } from "./icons";

interface ViewTabsProps {
  id: string;
  tab: TabName;
  onTab: (tab: TabName) => void;
  /** Return the number of findings of a tab. */
  findings: (tab: TabName) => number;
}

export function ViewTabs({ id, tab, onTab, findings }: ViewTabsProps) {
  return (
    <div
      class="kw-tabs"
      role="tablist"
      aria-label={t("Views of this training")}
      onKeyDown={(event) => moveTab(event, id, TABS, tab, onTab)}
    >
      {TABS.map((name) => {
        const count = findings(name);
        const text = count === 1 ? t("1 finding") : t("%1 findings", count);
        return (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            class="kw-tab"
            aria-label={tabLabel(name)}
            aria-description={count ? text : undefined}
            aria-selected={name === tab}
            aria-controls={`${id}-${name}-panel`}
            tabIndex={name === tab ? 0 : -1}
            onClick={() => onTab(name)}
          >
            <Icon name={name} />
            <span class="kw-tab-label">{tabLabel(name)}</span>
            {/* Not as text, which would have to be in the tab's name. */}
            {count > 0 && <span class="kw-tab-badge" title={text} data-count={count} />}
          </button>
        );
      })}
    </div>
  );
}

function tabLabel(name: TabName): string {
  const labels: Record<TabName, string> = {
    curves: t("Curves"),
    predictions: t("Predictions"),
    layers: t("Layers"),
    data: t("Data"),
  };
  return labels[name];
}
