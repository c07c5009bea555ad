/** The view of recorded runs: a table, and below it what the user has chosen of them. */

import type { LoadInsight } from "../../insight/source";
import { formatBytes, formatCount } from "../../shared/format";
import { useSubscription, useTheme } from "../../shared/hooks";
import type { Plotly } from "../../shared/plotly";
import { pageLanguage, t } from "../../shared/translation";
import type { UnreadableRow } from "../protocol";
import type { RunsStore } from "../store";
import { DetailsPanel } from "./DetailsPanel";
import { DifferencePanel } from "./DifferencePanel";
import { RunCharts } from "./RunCharts";
import { RunsBar } from "./RunsBar";
import { RunsTable } from "./RunsTable";

interface RunsViewProps {
  store: RunsStore;
  loadPlotly: () => Promise<Plotly>;
  /** Loads what draws predictions, layers and data; without it the details have no tabs. */
  loadInsight?: LoadInsight | undefined;
  /** What is said about a view without a kernel. */
  note?: string;
}

export function RunsView({ store, loadPlotly, loadInsight, note = "" }: RunsViewProps) {
  useSubscription(store);
  const theme = useTheme();
  const { panel } = store;
  const rows = store.listed;
  return (
    <section
      class="kw-root kw-runs"
      aria-label={t("Keras runs")}
      lang={pageLanguage()}
      data-kw-theme={theme.theme}
      data-alone={!panel && store.drawn.length === 0}
    >
      <RunsBar store={store} rows={rows} />
      {store.rows === null ? (
        !store.problem && <p class="kw-waiting">{t("Reading the runs…")}</p>
      ) : rows.length === 0 ? (
        <Nothing store={store} />
      ) : (
        <RunsTable store={store} rows={rows} />
      )}
      <Unreadable files={store.unreadable} />
      {note && <p class="kw-hint">{note}</p>}
      {panel?.is === "difference" && <DifferencePanel store={store} />}
      {panel?.is === "details" && (
        <DetailsPanel
          key={panel.run}
          store={store}
          run={panel.run}
          loaders={loadInsight ? { loadPlotly, loadInsight } : null}
          themeRevision={theme.revision}
        />
      )}
      {store.drawn.length > 0 ? (
        <RunCharts store={store} loadPlotly={loadPlotly} themeRevision={theme.revision} />
      ) : (
        rows.length > 0 &&
        store.source && (
          <p class="kw-hint kw-runs-hint">
            {t(
              "Check runs to draw their curves over each other, two of them to compare. Click a name for its details.",
            )}
          </p>
        )
      )}
    </section>
  );
}

/** Why there is nothing in the table, and what to do. */
function Nothing({ store }: { store: RunsStore }) {
  if (store.matching && store.ids.length) {
    return (
      <div class="kw-runs-empty">
        <p>{t("No run matches the filter.")}</p>
      </div>
    );
  }
  return (
    <div class="kw-runs-empty">
      <h3>{t("No runs yet")}</h3>
      <p>
        {t("Train a model with model.fit(…). Each training is recorded and appears here.")}
        {store.scope !== "all" && ` ${t("Choose “All folders” for runs of other notebooks.")}`}
      </p>
      {store.folder && <p class="kw-hint kw-run-path">{store.folder}</p>}
    </div>
  );
}

function Unreadable({ files }: { files: readonly UnreadableRow[] }) {
  if (!files.length) return null;
  return (
    <details class="kw-run-section kw-runs-unreadable">
      <summary>
        {files.length === 1
          ? t("1 file cannot be read")
          : t("%1 files cannot be read", formatCount(files.length))}
      </summary>
      <ul class="kw-run-list">
        {files.map(({ path, reason, bytes }) => (
          <li key={path}>
            {reason}{" "}
            <span class="kw-run-aside">
              {path}, {formatBytes(bytes)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
