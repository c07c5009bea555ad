/** Buttons that choose which of many metrics are shown as charts. */

import { t } from "../../shared/translation";
import type { MetricInfo } from "../protocol";

/** Charts that are shown by default. */
export const DEFAULT_CHARTS = 6;

interface MetricChoiceProps {
  metrics: readonly MetricInfo[];
  shown: ReadonlySet<string>;
  /** Null: those that are shown by default. */
  onChoose: (names: readonly string[] | null) => void;
}

export function MetricChoice({ metrics, shown, onChoose }: MetricChoiceProps) {
  const groups = new Map<string | null, MetricInfo[]>();
  for (const metric of metrics) {
    groups.set(metric.group, [...(groups.get(metric.group) ?? []), metric]);
  }
  const toggle = (name: string) => {
    const next = metrics.map((metric) => metric.name).filter((n) => shown.has(n) !== (n === name));
    onChoose(next);
  };
  const all = shown.size === metrics.length;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a border and a legend of its own
    <div class="kw-choice" role="group" aria-label={t("Metrics shown")}>
      {[...groups].map(([group, members]) => (
        <span key={group ?? ""} class="kw-choice-group">
          {group !== null && <span class="kw-choice-name">{group}</span>}
          {members.map(({ name }) => (
            <button
              key={name}
              type="button"
              class="kw-toggle kw-chip"
              aria-pressed={shown.has(name)}
              aria-label={name}
              onClick={() => toggle(name)}
            >
              {group === null ? name : name.slice(group.length + 1)}
            </button>
          ))}
        </span>
      ))}
      <button
        type="button"
        class="kw-link"
        onClick={() => onChoose(all ? null : metrics.map(({ name }) => name))}
      >
        {all ? t("Show the first %1", DEFAULT_CHARTS) : t("Show all %1", metrics.length)}
      </button>
    </div>
  );
}

/** Return the metrics to show: those that the user chose, or else the first ones. */
export function shownMetrics(
  metrics: readonly MetricInfo[],
  chosen: readonly string[] | null,
  few = DEFAULT_CHARTS,
): MetricInfo[] {
  const known = metrics.filter(({ name }) => chosen?.includes(name));
  // The user may have chosen metrics of another fit.
  return chosen?.length === 0 || known.length ? known : metrics.slice(0, few);
}
