/** The panel: the fits that run, then the models, or why there is nothing to show. */

import { useEffect } from "preact/hooks";
import { LiveView } from "../../live/components/LiveView";
import { statusWord } from "../../live/labels";
import { ModelsView } from "../../models/components/ModelsView";
import { useModels } from "../../models/components/useModels";
import { isActive } from "../../models/runs";
import { useRedraw, useTheme } from "../../shared/hooks";
import { pageLanguage, t } from "../../shared/translation";
import { loadPlotly } from "../loadPlotly";
import type { Follower } from "./currentNotebook";
import { Face, type FaceActions } from "./EmptyState";
import type { KernelModels } from "./modelsAndRuns";

export function PanelView({ follower, actions }: { follower: Follower; actions: FaceActions }) {
  const redraw = useRedraw();
  const { theme } = useTheme();
  useEffect(() => {
    const lifetime = new AbortController();
    follower.subscribe(redraw, lifetime.signal);
    redraw();
    return () => lifetime.abort();
  }, [follower]);
  const { situation, notebook } = follower;
  return (
    <div class="kw-root kw-panel" lang={pageLanguage()} data-kw-theme={theme}>
      <header class="kw-panel-header">
        <h2>{t("Keras models")}</h2>
        <span title={t("The notebook in front")}>{notebook}</span>
      </header>
      {situation.is === "open" ? (
        <Open models={situation.models} actions={actions} />
      ) : (
        <Face situation={situation} actions={actions} />
      )}
    </div>
  );
}

function Open({ models, actions }: { models: KernelModels; actions: FaceActions }) {
  useModels(models.store);
  const active = models.runs.filter(isActive);
  const ended = active.length ? undefined : models.runs[0];
  const { entries } = models.store;
  return (
    <>
      {active.map((run) => (
        <LiveView
          key={run.run_id}
          session={models.session(run.run_id)}
          loadPlotly={loadPlotly}
          compact
        />
      ))}
      {ended && (
        <details class="kw-last-run" key={ended.run_id}>
          <summary>
            {t("Last training: %1, %2", ended.model_name, statusWord(ended.status))}
          </summary>
          <LiveView session={models.session(ended.run_id)} loadPlotly={loadPlotly} compact />
        </details>
      )}
      {entries === null ? (
        <p class="kw-waiting">{t("Looking for models…")}</p>
      ) : entries.length === 0 ? (
        <Face situation={{ is: "open", models }} actions={actions} />
      ) : (
        <ModelsView store={models.store} />
      )}
    </>
  );
}
