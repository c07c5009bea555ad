/** The header of a run: status, epoch, batch, time and speed in a line, and a progress bar. */

import { formatCount, formatDuration, formatSpeed } from "../../shared/format";
import { useTicking } from "../../shared/hooks";
import { t, translated } from "../../shared/translation";
import { epochLabel, trainingLabel, workerCount } from "../labels";
import type { Progress, RunInfo, Workers } from "../protocol";
import type { Loss } from "../transport";

interface HeaderProps {
  run: RunInfo;
  progress: Progress;
  /** Null where one process trains. */
  workers: Workers | null;
  /** When `progress` came, on the clock of `performance.now()`. */
  receivedAt: number;
  /** Whether the run continues, as far as this page knows. */
  alive: boolean;
  /** Why the kernel is gone; null if it is not. */
  loss: Loss | null;
  /** The command that the kernel has not carried out yet, or "". */
  pendingText: string;
}

export function Header({
  run,
  progress,
  workers,
  receivedAt,
  alive,
  loss,
  pendingText,
}: HeaderProps) {
  const ticking =
    alive &&
    !progress.question &&
    !workers?.waits_for &&
    (progress.status === "running" || progress.status === "stopping");
  useTicking(ticking, 500);
  const since = ticking ? Math.max(0, (performance.now() - receivedAt) / 1000) : 0;
  return (
    <header class="kw-header">
      <span
        class="kw-status"
        data-status={alive || isFinal(progress) ? progress.status : "lost"}
        data-diverged={progress.diverged}
      >
        <span class="kw-dot" aria-hidden="true" />
        {/* Not live: Announcer.tsx decides what screen readers announce, and how often. */}
        <span role="status" aria-live="off">
          {loss && !isFinal(progress) ? lossLabel(loss) : trainingLabel(progress, workers)}
        </span>
      </span>
      <span class="kw-counts">
        <Counts run={run} progress={progress} workers={workers} alive={alive} />
      </span>
      <span class="kw-times">
        {pendingText ? (
          <span class="kw-asked">{pendingText}</span>
        ) : workers?.waits_for && !progress.step ? null : (
          <Times progress={progress} since={since} alive={alive && !workers?.waits_for} />
        )}
      </span>
      <span class="kw-meta">
        {workers && <span class="kw-worker-count">{workerCount(workers.count)}</span>}
        {run.model_name && (
          <span
            class="kw-model"
            title={t("Model %1, %2, %3", run.model_name, run.optimizer, run.backend)}
          >
            {run.model_name}
          </span>
        )}
      </span>
      <ProgressBar progress={progress} alive={alive} />
    </header>
  );
}

function lossLabel(loss: Loss): string {
  return loss === "kernel" ? t("kernel gone") : t("not connected");
}

function isFinal({ status }: Progress): boolean {
  return status !== "running" && status !== "paused" && status !== "stopping";
}

type CountsProps = Pick<HeaderProps, "run" | "progress" | "workers" | "alive">;

function Counts({ run, progress, workers, alive }: CountsProps) {
  const { phase, epoch, batch, batches } = progress;
  if (progress.question && alive) return <span>{t("waiting for your answer")}</span>;
  if (alive && workers?.waits_for && !isFinal(progress)) {
    return <span>{translated(workers.waits_for)}</span>;
  }
  if (phase === "starting") {
    return alive && !isFinal(progress) ? <span>{t("preparing the first batch")}</span> : null;
  }
  return (
    <>
      <Steady text={epochLabel(run, epoch)} widest={epochLabel(run, run.epochs)} />
      {!isFinal(progress) && (
        <Steady
          text={phase === "validating" ? t("validating") : t("batch %1", count(batch, batches))}
          widest={t("batch %1", count(batches ?? batch, batches))}
        />
      )}
    </>
  );
}

function Times({ progress, since, alive }: { progress: Progress; since: number; alive: boolean }) {
  const { status, elapsed_seconds, remaining_seconds, steps_per_second } = progress;
  const running = alive && status === "running";
  return (
    <>
      <span class="kw-clock" title={t("Training time without pauses")}>
        {formatDuration(elapsed_seconds + since)}
        {running && remaining_seconds !== null
          ? ` · ${t("%1 left", formatDuration(Math.max(0, remaining_seconds - since)))}`
          : ""}
      </span>
      {running && steps_per_second !== null && (
        <span class="kw-speed">{formatSpeed(steps_per_second)}</span>
      )}
    </>
  );
}

function count(value: number, total: number | null): string {
  return total ? t("%1 of %2", formatCount(value), formatCount(total)) : formatCount(value);
}

/** A text in a box as wide as its widest, so that the text beside it does not move. */
function Steady({ text, widest }: { text: string; widest: string }) {
  return (
    <span class="kw-steady" data-widest={widest}>
      {text}
    </span>
  );
}

/** Counts steps; without a total it has no value, and its text gives the step. */
function ProgressBar({ progress, alive }: { progress: Progress; alive: boolean }) {
  const { step, total_steps, status } = progress;
  const known = total_steps !== null && total_steps > 0;
  const share = status === "finished" ? 1 : known ? Math.min(1, step / total_steps) : null;
  const moving = share === null && alive && status === "running";
  const steps = t("step %1", count(step, total_steps));
  return (
    <div
      class="kw-progress"
      role="progressbar"
      aria-label={t("Training progress")}
      aria-valuemin={0}
      {...(known ? { "aria-valuemax": total_steps, "aria-valuenow": step } : {})}
      aria-valuetext={share === null ? steps : `${Math.floor(share * 100)} %, ${steps}`}
      data-status={status}
      data-indeterminate={moving}
    >
      <div style={moving ? {} : { transform: `scaleX(${share ?? (isFinal(progress) ? 1 : 0)})` }} />
    </div>
  );
}
