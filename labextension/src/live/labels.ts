/** Labels, in the page's language, for the statuses, epochs and axes of the protocol. */

import { formatCount } from "../shared/format";
import { t } from "../shared/translation";
import type { Progress, RunInfo, Status, WorkerState, Workers, XAxis } from "./protocol";

export function statusLabel(status: Status): string {
  const labels: Record<Status, string> = {
    running: t("running"),
    paused: t("paused"),
    stopping: t("stopping"),
    stopped: t("stopped"),
    finished: t("finished"),
    interrupted: t("interrupted"),
    failed: t("failed"),
  };
  return labels[status];
}

/** Return the label of a fit's status, which says so if the loss is NaN or infinite. */
export function progressLabel({ status, diverged }: Pick<Progress, "status" | "diverged">): string {
  return diverged ? t("%1, diverged", statusLabel(status)) : statusLabel(status);
}

/** Return the label of a training, which with several workers may start or restart. */
export function trainingLabel(progress: Progress, workers: Workers | null): string {
  if (!workers?.waits_for || progress.status !== "running") return progressLabel(progress);
  return workers.state === "restarting" ? t("restarting") : t("starting");
}

export function workerStateLabel(state: WorkerState): string {
  const labels: Record<WorkerState, string> = {
    starting: t("starting"),
    preparing: t("preparing"),
    training: t("training"),
    ended: t("ended"),
    failed: t("failed"),
    lost: t("lost"),
  };
  return labels[state];
}

export function workerCount(count: number): string {
  return count === 1 ? t("1 worker") : t("%1 workers", formatCount(count));
}

/** Return by how much the numbers of epochs are higher than Keras's; lower after a rewind. */
export function aheadOfKeras(run: Pick<RunInfo, "epochs_before" | "epochs_rewound">): number {
  return run.epochs_before - (run.epochs_rewound ?? 0);
}

/**
 * Return an epoch as all views and curves count: those of earlier fits of the model are included,
 * those that were rewound are not. `epoch` is its number in Keras, which is added where it differs, unless that is too long.
 */
export function epochLabel(run: RunInfo, epoch: number, short = false): string {
  const [before, number] = [aheadOfKeras(run), Math.max(epoch, 1)];
  // A loop of the user's own may not say how many.
  if (!run.epochs) return t("epoch %1", formatCount(number));
  const label = t("epoch %1 of %2", formatCount(number + before), formatCount(run.epochs + before));
  if (!before || short) return label;
  return t("%1 (Keras: %2 of %3)", label, formatCount(number), formatCount(run.epochs));
}

export function axisLabel(axis: XAxis | "clock"): string {
  return { step: t("step"), epoch: t("epoch"), time: t("time"), clock: t("clock time") }[axis];
}
