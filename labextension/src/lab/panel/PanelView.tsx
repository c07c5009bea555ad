/** The panel's view: the running fits and the models, or an empty state. */

import { FitLine } from "../../live/components/FitLine";
import { LiveView } from "../../live/components/LiveView";
import { progressLabel } from "../../live/labels";
import { ModelsView } from "../../models/components/ModelsView";
import { isActive, type RunBrief } from "../../models/runs";
import { useSubscription, useTheme } from "../../shared/hooks";
import { pageLanguage, t } from "../../shared/translation";
import { loadInsight } from "../loadInsight";
import { loadPlotly } from "../loadPlotly";
import type { CurrentNotebook } from "./currentNotebook";
import { EmptyState, type PanelActions } from "./EmptyState";
import type { ModelsAndRuns } from "./modelsAndRuns";

export function PanelView({
  currentNotebook,
  actions,
}: {
  currentNotebook: CurrentNotebook;
  actions: PanelActions;
}) {
  const { theme } = useTheme();
  useSubscription(currentNotebook);
  const { state, name } = currentNotebook;
  return (
    <div class="kw-root kw-panel" lang={pageLanguage()} data-kw-theme={theme}>
      <header class="kw-panel-header">
        <h2>{t("Keras models")}</h2>
        <span title={name}>{name}</span>
      </header>
      {state.is === "open" ? (
        <ModelsAndRunsView models={state.models} actions={actions} />
      ) : (
        <EmptyState state={state} actions={actions} />
      )}
    </div>
  );
}

function ModelsAndRunsView({ models, actions }: { models: ModelsAndRuns; actions: PanelActions }) {
  useSubscription(models.store);
  const active = models.runs.filter(isActive);
  const ended = active.length ? undefined : models.runs[0];
  const { entries } = models.store;
  return (
    <>
      {active.map((run) => (
        <FitLine
          key={run.run_id}
          session={models.session(run.run_id)}
          name={nameOf(run, models)}
          loadPlotly={loadPlotly}
          loadInsight={loadInsight}
        />
      ))}
      {ended && <LastRun key={ended.run_id} run={ended} models={models} />}
      {entries === null ? (
        <p class="kw-waiting">{t("Searching for models…")}</p>
      ) : entries.length === 0 ? (
        <EmptyState state={{ is: "open", models }} actions={actions} />
      ) : (
        <ModelsView store={models.store} />
      )}
    </>
  );
}

function LastRun({ run, models }: { run: RunBrief; models: ModelsAndRuns }) {
  const session = models.session(run.run_id);
  useSubscription(session.store);
  // The list of fits does not say whether the loss was NaN.
  const diverged = session.store.progress?.diverged ?? false;
  const status = progressLabel({ status: run.status, diverged });
  return (
    <details class="kw-last-run">
      <summary>{t("Last training: %1, %2", nameOf(run, models), status)}</summary>
      <LiveView session={session} loadPlotly={loadPlotly} loadInsight={loadInsight} compact />
    </details>
  );
}

/** Return the name of the model's variable, or else the model's own. */
function nameOf(run: RunBrief, { store }: ModelsAndRuns): string {
  const entry = run.model === null ? null : store.entry(run.model);
  return entry?.names[0] ?? run.model_name;
}
