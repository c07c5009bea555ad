/** The four tabs and their panels, with arrow keys and the number of issues on each tab. */

import type { ComponentChildren } from "preact";
import { moveTab } from "../../shared/moveTab";
import { t } from "../../shared/translation";
import type { State } from "../protocol";

export const TAB_NAMES = ["Layers", "Compile", "Fit", "Code"] as const;
export type TabName = (typeof TAB_NAMES)[number];

interface TabsProps {
  id: string;
  state: State;
  tab: TabName;
  onTab: (tab: TabName) => void;
}

export function Tabs({ id, state, tab, onTab }: TabsProps) {
  return (
    <div
      class="kw-b-tabs"
      role="tablist"
      aria-label={t("Parts of the builder")}
      onKeyDown={(event) => moveTab(event, id, TAB_NAMES, tab, onTab)}
    >
      {TAB_NAMES.map((name) => {
        const count = countIssues(state, name);
        return (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            class="kw-b-tab"
            aria-label={tabLabel(name)}
            aria-description={count ? issuesText(count) : undefined}
            aria-selected={name === tab}
            aria-controls={`${id}-${name}-panel`}
            tabIndex={name === tab ? 0 : -1}
            onClick={() => onTab(name)}
          >
            {tabLabel(name)}
            {count > 0 && (
              <span class="kw-b-badge" title={issuesText(count)}>
                {count}
              </span>
            )}
          </button>
        );
      })}
    </div>
  );
}

function tabLabel(name: TabName): string {
  return { Layers: t("Layers"), Compile: t("Compile"), Fit: t("Fit"), Code: t("Code") }[name];
}

function issuesText(count: number): string {
  return count === 1 ? t("1 problem or suggestion") : t("%1 problems or suggestions", count);
}

/** Count errors, and advice other than tips; an error and the advice about it count once. */
export function countIssues(state: State, tab: TabName): number {
  if (tab === "Code") return 0;
  const tabForm = tab === "Compile" ? "compile" : tab === "Fit" ? "fit" : null;
  const advice = state.advice.filter(({ level, target }) => {
    const form = target === "compile" || target === "fit" ? target : null;
    const isCounted = target !== null && state.layers[target]?.status === "error";
    return level !== "tip" && form === tabForm && !isCounted;
  }).length;
  if (tabForm) return advice + Object.keys(state[tabForm].errors).length;
  return advice + Object.values(state.layers).filter((layer) => layer.status === "error").length;
}

interface TabPanelProps {
  id: string;
  name: TabName;
  tab: TabName;
  children: ComponentChildren;
}

/** A tab's panel, which stays in the page when hidden, so that a live view in it stays mounted. */
export function TabPanel({ id, name, tab, children }: TabPanelProps) {
  return (
    <div
      role="tabpanel"
      class="kw-b-panel"
      id={`${id}-${name}-panel`}
      aria-labelledby={`${id}-${name}`}
      hidden={name !== tab}
    >
      {children}
    </div>
  );
}
