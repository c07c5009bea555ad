/**
 * The live view of a run. State of its own, never sent: how charts are shown, zoom, hover, the
 * table, commands under way. Everything else is the store's.
 */

import { useEffect, useState } from "preact/hooks";
import type { ChartOptions } from "../chart/curves";
import { recallChoices, rememberChoices } from "../choices";
import type { Plotly } from "../plotly";
import { FINAL_STATUSES, type Progress, type RunInfo } from "../protocol";
import type { Session } from "../session";
import { Charts } from "./Charts";
import { ControlNotes, Controls, describeAsked } from "./Controls";
import { useCommands } from "./commands";
import { Header } from "./Header";
import { useStore, useTheme, useUniqueId } from "./hooks";
import { Messages } from "./Messages";
import { MetricsTable } from "./MetricsTable";
import { Toolbar } from "./Toolbar";

interface LiveViewProps {
  session: Session;
  loadPlotly: () => Promise<Plotly>;
  /** In little room: small charts, without the tools of the full view. */
  compact?: boolean;
}

export function LiveView({ session, loadPlotly, compact = false }: LiveViewProps) {
  const { store } = session;
  useStore(store);
  const theme = useTheme();
  const { run, progress } = store;
  return (
    <section
      class={compact ? "kw-root kw-compact" : "kw-root"}
      aria-label="Live training"
      data-kw-theme={theme.theme}
      data-run={run?.run_id}
    >
      {run && progress ? (
        <RunView
          key={run.run_id}
          session={session}
          run={run}
          progress={progress}
          loadPlotly={loadPlotly}
          compact={compact}
          themeRevision={theme.revision}
        />
      ) : (
        <p class="kw-waiting">
          {session.interactive ? "Waiting for the kernel…" : "The saved run cannot be read."}
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
  const [earlier] = useState(() => recallChoices(run.run_id));
  const [options, setOptions] = useState<ChartOptions>(
    () =>
      earlier.options ?? {
        xAxis: run.options.x_axis,
        smoothing: Math.min(Math.max(run.options.smoothing, 0), 0.99),
        logScale: run.options.log_scale,
      },
  );
  const [table, setTable] = useState(earlier.table ?? false);
  useEffect(() => rememberChoices(run.run_id, { options, table }), [run.run_id, options, table]);
  const [rateRefusal, setRateRefusal] = useState<string | null>(null);
  const noteId = useUniqueId("note");
  const plotly = usePlotly(loadPlotly);
  const failed = plotly === "failed";
  const over = FINAL_STATUSES.has(progress.status);
  const alive = session.interactive && store.connected && !over;
  return (
    <>
      <Header
        run={run}
        progress={progress}
        receivedAt={store.receivedAt}
        alive={alive}
        asked={alive ? describeAsked(progress, commands) : ""}
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
      {failed ? (
        <p class="kw-waiting">The charts could not be loaded; the table has the same numbers.</p>
      ) : (
        <Charts
          store={store}
          run={run}
          options={options}
          plotly={plotly}
          themeRevision={themeRevision}
          compact={compact}
        />
      )}
      {((table && !compact) || failed) && <MetricsTable store={store} />}
    </>
  );
}

/** Plotly, null while it loads, or "failed". */
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
