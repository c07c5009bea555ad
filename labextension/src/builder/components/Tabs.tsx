/** The four tabs, with arrow keys, and a mark where a form needs a look. */

import type { ComponentChildren } from "preact";
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
  const onKeyDown = (event: KeyboardEvent) => {
    const at = TAB_NAMES.indexOf(tab);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: TAB_NAMES.length - 1 }[
      event.key
    ];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const name = TAB_NAMES[(to + TAB_NAMES.length) % TAB_NAMES.length]!;
    onTab(name);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#${id}-${name}`)?.focus();
  };
  return (
    <div
      class="kw-b-tabs"
      role="tablist"
      aria-label={t("Parts of the builder")}
      onKeyDown={onKeyDown}
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
            aria-label={tabWord(name)}
            aria-description={count ? issuesText(count) : undefined}
            aria-selected={name === tab}
            aria-controls={`${id}-${name}-panel`}
            tabIndex={name === tab ? 0 : -1}
            onClick={() => onTab(name)}
          >
            {tabWord(name)}
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

function tabWord(name: TabName): string {
  return { Layers: t("Layers"), Compile: t("Compile"), Fit: t("Fit"), Code: t("Code") }[name];
}

function issuesText(count: number): string {
  return count === 1 ? t("1 thing to look at") : t("%1 things to look at", count);
}

/** Errors, and advice other than mere tips; what is advised about an error counts once. */
export function countIssues(state: State, tab: TabName): number {
  if (tab === "Code") return 0;
  const form = tab === "Compile" ? "compile" : tab === "Fit" ? "fit" : null;
  const advice = state.advice.filter(({ level, target }) => {
    const home = target === "compile" || target === "fit" ? target : null;
    const isCounted = target !== null && state.layers[target]?.status === "error";
    return level !== "tip" && home === form && !isCounted;
  }).length;
  if (form) return advice + Object.keys(state[form].errors).length;
  return advice + Object.values(state.layers).filter((layer) => layer.status === "error").length;
}

interface TabPanelProps {
  id: string;
  name: TabName;
  tab: TabName;
  children: ComponentChildren;
}

/** A panel stays in the page when another is in front: a live view in it goes on. */
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
