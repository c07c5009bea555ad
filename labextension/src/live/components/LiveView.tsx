/**
 * The live view of a run. Its own state, never sent, is how charts are shown, zoom, hover, the
 * table and pending commands; everything else is in the store.
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { PROTOCOL_VERSION } from "../../protocol";
import { useSubscription, useTheme, useUniqueId } from "../../shared/hooks";
import type { Plotly } from "../../shared/plotly";
import { pageLanguage, t } from "../../shared/translation";
import type { ChartOptions } from "../chart/curves";
import { type EarlierFit, FINAL_STATUSES, type Progress, type RunInfo } from "../protocol";
import { SavedTransport } from "../savedTransport";
import { RunSession } from "../session";
import { loadViewChoices, saveViewChoices } from "../viewChoices";
import { Announcer } from "./Announcer";
import { Charts } from "./Charts";
import { ControlNotes, Controls, pendingCommandText } from "./Controls";
import { Devices } from "./Devices";
import { FitSelect } from "./FitSelect";
import { Header } from "./Header";
import { Marks } from "./Marks";
import { Messages } from "./Messages";
import { DEFAULT_CHARTS, MetricChoice, shownMetrics } from "./MetricChoice";
import { MetricsTable } from "./MetricsTable";
import { Toolbar } from "./Toolbar";
import { useCommands } from "./useCommands";

/** Charts that a compact view shows by default. */
const DEFAULT_COMPACT_CHARTS = 3;

interface LiveViewProps {
  session: RunSession;
  loadPlotly: () => Promise<Plotly>;
  /** For a narrow place: small charts, without the toolbar. */
  compact?: boolean;
}

export function LiveView({ session, loadPlotly, compact = false }: LiveViewProps) {
  const { store } = session;
  useSubscription(store);
  const theme = useTheme();
  const { run, progress } = store;
  const [selected, setSelected] = useState<number | null>(null);
  const earlier = store.earlier.find((fit) => fit.run.fit === selected);
  const shown = useEarlierFit(earlier) ?? session;
  return (
    <section
      class={compact ? "kw-root kw-compact" : "kw-root"}
      aria-label={t("Live training")}
      lang={pageLanguage()}
      data-kw-theme={theme.theme}
      data-run={run?.run_id}
    >
      {run && progress ? (
        <>
          {store.earlier.length > 0 && (
            <FitSelect
              run={run}
              status={progress.status}
              earlier={store.earlier}
              selected={earlier ? selected : null}
              onSelect={setSelected}
            />
          )}
          <RunView
            key={`${run.run_id}/${shown.store.run?.fit}`}
            session={shown}
            run={shown.store.run ?? run}
            progress={shown.store.progress ?? progress}
            loadPlotly={loadPlotly}
            compact={compact}
            themeRevision={theme.revision}
          />
        </>
      ) : (
        <p class="kw-waiting">
          {session.interactive ? t("Waiting for the kernel…") : t("The saved run cannot be read.")}
        </p>
      )}
    </section>
  );
}

interface RunViewProps extends Required<LiveViewProps> {
  run: RunInfo;
  progress: Progress;
  themeRevision: number;
}

function RunView(props: RunViewProps) {
  const { session, run, progress, loadPlotly, compact, themeRevision } = props;
  const { store } = session;
  const commands = useCommands(session, progress.status);
  const [earlier] = useState(() => loadViewChoices(run.run_id));
  const [options, setOptions] = useState<ChartOptions>(
    () =>
      earlier.options ?? {
        xAxis: run.options.x_axis,
        smoothing: Math.min(Math.max(run.options.smoothing, 0), 0.99),
        logScale: run.options.log_scale,
      },
  );
  const [table, setTable] = useState(earlier.table ?? false);
  const [chosen, setChosen] = useState<readonly string[] | null>(earlier.metrics ?? null);
  useEffect(
    () => saveViewChoices(run.run_id, { options, table, metrics: chosen }),
    [run.run_id, options, table, chosen],
  );
  const saver = useRef<(() => void) | null>(null);
  const [rateRefusal, setRateRefusal] = useState<string | null>(null);
  const noteId = useUniqueId("note");
  const plotly = usePlotly(loadPlotly);
  const failed = plotly === "failed";
  const over = FINAL_STATUSES.has(progress.status);
  const alive = session.interactive && store.connected && !over;
  const few = compact ? DEFAULT_COMPACT_CHARTS : DEFAULT_CHARTS;
  const metrics = shownMetrics(run.metrics, chosen, few);
  return (
    <>
      <Header
        run={run}
        progress={progress}
        receivedAt={store.receivedAt}
        alive={alive}
        pendingText={alive ? pendingCommandText(progress, commands) : ""}
      />
      <div class="kw-bar">
        {alive && (
          <Controls
            progress={progress}
            commands={commands}
            rateRefusal={rateRefusal}
            onRateRefusal={setRateRefusal}
            noteId={noteId}
          />
        )}
        {!compact && (
          <Toolbar
            options={options}
            table={table || failed}
            onOptions={(change) => setOptions((now) => ({ ...now, ...change }))}
            onTable={setTable}
            onSavePicture={() => saver.current?.()}
          />
        )}
      </div>
      {alive && (
        <ControlNotes
          commands={commands}
          rateRefusal={rateRefusal}
          noteId={noteId}
          afterCell={run.controls === "after_cell"}
        />
      )}
      <Messages
        progress={progress}
        lost={session.interactive && !store.connected && !over}
        unfinished={!session.interactive && !over}
      />
      {alive && <Devices devices={progress.devices} />}
      {run.metrics.length > few && !failed && (
        <MetricChoice
          metrics={run.metrics}
          shown={new Set(metrics.map(({ name }) => name))}
          onChoose={setChosen}
        />
      )}
      {failed ? (
        <p class="kw-waiting">
          {t("The charts could not be loaded; the table has the same numbers.")}
        </p>
      ) : (
        <Charts
          store={store}
          run={run}
          metrics={metrics}
          options={options}
          plotly={plotly}
          themeRevision={themeRevision}
          compact={compact}
          saver={saver}
        />
      )}
      <Marks marks={store.marks} />
      {alive && <Announcer store={store} progress={progress} />}
      {((table && !compact) || failed) && <MetricsTable store={store} />}
    </>
  );
}

/** Return a session over an earlier fit of the view, or null. */
function useEarlierFit(fit: EarlierFit | undefined): RunSession | null {
  const saved = fit?.saved;
  const [opened, setOpened] = useState<{ saved: unknown; session: RunSession } | null>(null);
  useEffect(() => {
    if (!saved) return;
    const lifetime = new AbortController();
    const envelope = { v: PROTOCOL_VERSION, kind: "snapshot", payload: saved };
    const session = new RunSession(new SavedTransport(envelope), lifetime.signal);
    setOpened({ saved, session });
    return () => lifetime.abort();
  }, [saved]);
  return saved && opened?.saved === saved ? opened.session : null;
}

/** Return Plotly, null while it loads, or "failed". */
function usePlotly(loadPlotly: () => Promise<Plotly>): Plotly | "failed" | null {
  const [plotly, setPlotly] = useState<{ value: Plotly | "failed" | null }>({ value: null });
  useEffect(() => {
    let wanted = true;
    loadPlotly().then(
      (value) => wanted && setPlotly({ value }),
      (error) => {
        console.error("kwidgets: Plotly could not be loaded.", error);
        if (wanted) setPlotly({ value: "failed" });
      },
    );
    return () => {
      wanted = false;
    };
  }, [loadPlotly]);
  return plotly.value;
}
