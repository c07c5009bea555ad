/**
 * The live view of a run. Its own state, never sent, is how charts are shown, zoom, hover, the
 * table and pending commands; everything else is in the store.
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { TABS } from "../../insight/protocol";
import type { LoadInsight } from "../../insight/source";
import { ExportButton } from "../../shared/ExportButton";
import { useSubscription, useTheme, useUniqueId } from "../../shared/hooks";
import type { Plotly } from "../../shared/plotly";
import { pageLanguage, t } from "../../shared/translation";
import type { DrawnFit } from "../chart/drawInput";
import { openEarlierFit } from "../earlierFits";
import { FINAL_STATUSES, type RunInfo, type Workers as WorkersState } from "../protocol";
import type { RunSession } from "../session";
import { Announcer } from "./Announcer";
import { Charts } from "./Charts";
import { ControlNotes, Controls, FinalRate, pendingCommandText } from "./Controls";
import { Devices } from "./Devices";
import { FitsTable } from "./FitsTable";
import { Header } from "./Header";
import { InsightPanel } from "./InsightPanel";
import { Marks } from "./Marks";
import { Messages } from "./Messages";
import { DEFAULT_CHARTS, MetricChoice, shownMetrics } from "./MetricChoice";
import { MetricsTable } from "./MetricsTable";
import { QuestionBar } from "./QuestionBar";
import { Rewind } from "./Rewind";
import { Toolbar } from "./Toolbar";
import { useCommands } from "./useCommands";
import { usePlotly } from "./usePlotly";
import { useViewChoices } from "./useViewChoices";
import { ViewTabs } from "./ViewTabs";
import { Workers } from "./Workers";

/** Up to so many workers, their table is open until the user folds it. */
const FEW_WORKERS = 4;
/** Charts that a compact view shows by default. */
const DEFAULT_COMPACT_CHARTS = 3;

interface LiveViewProps {
  session: RunSession;
  loadPlotly: () => Promise<Plotly>;
  /** Loads what draws the tabs other than the curves; without it there are no tabs. */
  loadInsight?: LoadInsight | undefined;
  /** For a narrow place: small charts, without the toolbar. */
  compact?: boolean;
}

export function LiveView({ session, loadPlotly, loadInsight, compact = false }: LiveViewProps) {
  const { store } = session;
  useSubscription(store);
  const theme = useTheme();
  const { run, progress } = store;
  return (
    <section
      class={compact ? "kw-root kw-compact" : "kw-root"}
      aria-label={t("Live training")}
      lang={pageLanguage()}
      data-kw-theme={theme.theme}
      data-run={run?.run_id}
    >
      {run && progress ? (
        <FitsView
          key={run.run_id}
          session={session}
          run={run}
          loadPlotly={loadPlotly}
          loadInsight={loadInsight}
          compact={compact}
          themeRevision={theme.revision}
        />
      ) : (
        <p class="kw-waiting">
          {session.interactive ? t("Waiting for the kernel…") : t("Cannot read the saved run.")}
        </p>
      )}
    </section>
  );
}

interface FitsViewProps extends LiveViewProps {
  compact: boolean;
  run: RunInfo;
  themeRevision: number;
}

/** The fits of a view, one of which is shown: the latest, or the one that the user chose. */
function FitsView(props: FitsViewProps) {
  const { session, run: latest, loadPlotly, loadInsight, compact, themeRevision } = props;
  const { choices, choose, setOptions } = useViewChoices(latest);
  const { options, table, large, overlay } = choices;
  const [selected, setSelected] = useState<number | null>(null);
  const fits: (DrawnFit & { session: RunSession })[] = [];
  for (const open of [...session.store.earlier.map(openEarlierFit), session]) {
    const { store } = open;
    if (store.run)
      fits.push({ fit: store.run.fit, name: store.run.model_name, store, session: open });
  }
  const shown = fits.find(({ fit }) => fit === selected) ?? fits.at(-1)!;
  const left = leftFits(fits, shown).filter(({ fit }) => !overlay.includes(fit));
  const over = fits.filter((other) => other !== shown && overlay.includes(other.fit));
  const { store } = shown;
  const run = store.run ?? latest;
  const saver = useRef<((event: MouseEvent) => void) | null>(null);
  const plotly = usePlotly(loadPlotly);
  const failed = plotly === "failed";
  const few = compact ? DEFAULT_COMPACT_CHARTS : DEFAULT_CHARTS;
  const metrics = shownMetrics(run.metrics, choices.metrics, few);
  const key = `${run.run_id}/${run.fit}`;
  const { insight } = session.store;
  const hasTabs = loadInsight !== undefined && insight.has(shown.fit);
  const isEvaluation = insight.isEvaluation(shown.fit);
  const tab = (hasTabs ? choices.tab : "curves") ?? (isEvaluation ? "predictions" : "curves");
  const id = useUniqueId("tab");
  const { workers } = session.store;
  const alive = isAlive(shown.session);
  // Workers that have not begun a fit have nothing to draw.
  const isEmpty = workers !== null && run.metrics.length === 0;
  return (
    <>
      <Top
        key={key}
        session={shown.session}
        workers={workers}
        run={run}
        isEvaluation={isEvaluation}
      />
      {workers && !compact && (
        <Workers
          session={session}
          workers={workers}
          alive={alive}
          open={choices.workers ?? (isEmpty || workers.count <= FEW_WORKERS)}
          onOpen={(workers) => choose({ workers })}
        />
      )}
      {(hasTabs || !compact) && !isEmpty && (
        <div class="kw-tools">
          {hasTabs && (
            <ViewTabs
              id={id}
              tab={tab}
              onTab={(tab) => choose({ tab })}
              findings={(tab) => insight.findings(shown.fit, tab)}
            />
          )}
          {tab === "curves" && !compact && (
            <Toolbar
              options={options}
              table={table || failed}
              onOptions={setOptions}
              onTable={(table) => choose({ table })}
              onSavePicture={(event) => saver.current?.(event)}
            />
          )}
        </div>
      )}
      {fits.length > 1 && !compact && (
        <FitsTable
          fits={fits}
          shown={shown.fit}
          onShow={(fit) => setSelected(fit === latest.fit ? null : fit)}
          overlay={overlay}
          onOverlay={(overlay) => choose({ overlay })}
        />
      )}
      <div
        id={`${id}-curves-panel`}
        hidden={tab !== "curves" || isEmpty}
        {...(hasTabs && { role: "tabpanel", "aria-labelledby": `${id}-curves` })}
      >
        {((table && !compact) || failed) && <MetricsTable store={store} />}
        {run.metrics.length > few && !failed && (
          <MetricChoice
            metrics={run.metrics}
            shown={new Set(metrics.map(({ name }) => name))}
            onChoose={(metrics) => choose({ metrics })}
          />
        )}
        {failed ? (
          <p class="kw-waiting">{t("Cannot load the charts. The table has the same values.")}</p>
        ) : (
          <Charts
            key={`${key} charts`}
            fits={[shown, ...over]}
            left={left}
            run={run}
            metrics={metrics}
            options={options}
            onOptions={setOptions}
            large={large}
            onLarge={(large) => choose({ large })}
            plotly={plotly}
            themeRevision={themeRevision}
            compact={compact}
            isEvaluation={isEvaluation}
            saver={saver}
          />
        )}
      </div>
      {hasTabs &&
        TABS.slice(1).map((name) =>
          name === tab ? (
            <InsightPanel
              key={name}
              id={id}
              tab={tab}
              session={shown.session}
              store={insight}
              fit={shown.fit}
              loadInsight={loadInsight}
            />
          ) : (
            <div key={name} role="tabpanel" id={`${id}-${name}-panel`} hidden />
          ),
        )}
      <footer class="kw-footer">
        <Marks marks={store.marks} />
        {alive && <Rewind session={shown.session} />}
        {/* Those of workers are in their table. */}
        {(!workers || compact) && <Devices devices={store.progress?.devices ?? []} alive={alive} />}
      </footer>
    </>
  );
}

/** Return the fits of which `shown` is a branch, the nearest first. */
function leftFits(fits: readonly DrawnFit[], shown: DrawnFit): DrawnFit[] {
  const left: DrawnFit[] = [];
  let number = shown.store.run?.branch_of;
  while (number) {
    const parent = fits.find(({ fit }) => fit === number);
    if (!parent || left.includes(parent)) break;
    left.push(parent);
    number = parent.store.run?.branch_of;
  }
  return left;
}

/** Return whether the fit runs, as far as this page knows. */
function isAlive({ interactive, store }: RunSession): boolean {
  return interactive && store.connected && !FINAL_STATUSES.has(store.progress?.status ?? "running");
}

interface TopProps {
  session: RunSession;
  workers: WorkersState | null;
  run: RunInfo;
  isEvaluation: boolean;
}

/** What stands above the charts: where the fit is, its controls, and messages about it. */
function Top({ session, workers, run, isEvaluation }: TopProps) {
  const { store } = session;
  const progress = store.progress!;
  const commands = useCommands(session, progress.status);
  const [rateRefusal, setRateRefusal] = useState<string | null>(null);
  const noteId = useUniqueId("note");
  const over = FINAL_STATUSES.has(progress.status);
  const alive = isAlive(session);
  const bar = useRef<HTMLDivElement>(null);
  // After a reload, the notebook has the numbers, and only the kernel the model to export.
  useEffect(() => {
    if (!over) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.at(-1)?.isIntersecting) session.askKernel();
    });
    observer.observe(bar.current!);
    return () => observer.disconnect();
  }, [session, over]);
  return (
    <>
      <Header
        run={run}
        progress={progress}
        workers={workers}
        receivedAt={store.receivedAt}
        alive={alive}
        loss={store.loss}
        pendingText={alive ? pendingCommandText(progress, commands) : ""}
      />
      <div class="kw-bar" ref={bar}>
        {alive && progress.question ? (
          <QuestionBar
            question={progress.question}
            receivedAt={store.receivedAt}
            commands={commands}
          />
        ) : alive ? (
          <Controls
            optimizers={run.optimizers}
            progress={progress}
            commands={commands}
            rateRefusal={rateRefusal}
            onRateRefusal={setRateRefusal}
            noteId={noteId}
            hasBegun={workers === null || run.model_name !== ""}
          />
        ) : (
          <>
            {isEvaluation ? <span /> : <FinalRate progress={progress} />}
            {/* The kernel does not have the model of other processes. */}
            {session.interactive && store.connected && !workers && (
              <ExportButton model={run.run_id} />
            )}
          </>
        )}
      </div>
      {/* Messages that come here take the place of the facts, and do not move the charts. */}
      <div class="kw-notices">
        {alive && (
          <ControlNotes
            commands={commands}
            rateRefusal={rateRefusal}
            noteId={noteId}
            afterCell={run.controls === "after_cell"}
          />
        )}
        <Messages
          run={run}
          progress={progress}
          loss={over ? null : store.loss}
          unfinished={!session.interactive && store.connected && !over}
          error={workers?.error ?? null}
        />
        <Facts run={run} />
      </div>
      {alive && <Announcer store={store} progress={progress} />}
    </>
  );
}

/** What trains the model: it gives way to messages, and is also in the tip of the model's name. */
function Facts({ run: { optimizer, backend, device } }: { run: RunInfo }) {
  const facts = [
    optimizer && t("Optimizer: %1", optimizer),
    backend && t("Backend: %1", backend),
    device && t("Device: %1", device),
  ];
  return <p class="kw-facts">{facts.filter(Boolean).join(" · ")}</p>;
}
