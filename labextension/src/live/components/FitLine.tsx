/** A running fit in little room: a line with its buttons, which opens to the live view. */

import { useState } from "preact/hooks";
import type { LoadInsight } from "../../insight/source";
import { formatValue } from "../../shared/format";
import { useSubscription } from "../../shared/hooks";
import type { Plotly } from "../../shared/plotly";
import { t } from "../../shared/translation";
import { epochLabel, statusLabel } from "../labels";
import { latestValues } from "../latestValues";
import type { Progress } from "../protocol";
import type { RunSession } from "../session";
import type { RunStore } from "../store";
import { pendingCommandText } from "./Controls";
import { Icon } from "./icons";
import { LiveView } from "./LiveView";
import { type Command, useCommands } from "./useCommands";

interface FitLineProps {
  session: RunSession;
  /** Of the model. */
  name: string;
  loadPlotly: () => Promise<Plotly>;
  /** As in {@link LiveView}. */
  loadInsight?: LoadInsight | undefined;
}

export function FitLine({ session, name, loadPlotly, loadInsight }: FitLineProps) {
  const { store } = session;
  useSubscription(store);
  const [open, setOpen] = useState(false);
  const { run, progress } = store;
  return (
    <div class="kw-fit" data-open={open}>
      <div class="kw-fit-line">
        <button
          type="button"
          class="kw-fit-toggle"
          aria-expanded={open}
          aria-label={open ? t("Hide training of %1", name) : t("Show training of %1", name)}
          onClick={() => setOpen(!open)}
        >
          <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
            <path d="M5.5 3.5 10.5 8l-5 4.5" fill="none" stroke="currentColor" stroke-width="1.6" />
          </svg>
        </button>
        <span class="kw-fit-text">
          <b>{name}</b> <span>{run && progress ? factsOf(store) : ""}</span>
        </span>
        {/* The open view has its own. */}
        {progress && !open && <FitButtons session={session} progress={progress} />}
      </div>
      {!open && progress?.total_steps ? (
        <div
          class="kw-fit-bar"
          style={{ width: `${(100 * progress.step) / progress.total_steps}%` }}
        />
      ) : null}
      {open && (
        <LiveView session={session} loadPlotly={loadPlotly} loadInsight={loadInsight} compact />
      )}
    </div>
  );
}

function factsOf(store: RunStore): string {
  const { run, progress } = store;
  if (!run || !progress) return "";
  const epoch = epochLabel(run, progress.epoch, true);
  const metric = run.metrics[0];
  const values = metric ? latestValues(store, metric) : null;
  const value = values?.batch ?? values?.training ?? null;
  const parts = progress.status === "running" ? [epoch] : [statusLabel(progress.status), epoch];
  if (metric && value !== null) parts.push(`${metric.name} ${formatValue(value)}`);
  return parts.join(" · ");
}

function FitButtons({ session, progress }: { session: RunSession; progress: Progress }) {
  const commands = useCommands(session, progress.status);
  const toggle: Command = progress.status === "paused" ? "resume" : "pause";
  const stopping = progress.status === "stopping" || commands.state("stop").pending;
  const error = commands.state(toggle).error ?? commands.state("stop").error;
  const labels = { pause: t("Pause"), resume: t("Resume"), stop: t("Stop") };
  const button = (command: "pause" | "resume" | "stop", busy: boolean) => (
    <button
      type="button"
      class="kw-icon-button"
      aria-label={labels[command]}
      title={labels[command]}
      aria-busy={busy}
      disabled={stopping && command !== "stop"}
      onClick={() => {
        if (!busy) void commands.run(command, {});
      }}
    >
      <Icon name={command} />
    </button>
  );
  return (
    <>
      {button(toggle, commands.state(toggle).pending)}
      {button("stop", stopping)}
      <span class="kw-fit-note" role="status">
        {error ?? pendingCommandText(progress, commands)}
      </span>
    </>
  );
}
