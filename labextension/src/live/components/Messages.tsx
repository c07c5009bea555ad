/** Messages about the run: how it ended, and the kernel's notices. */

import { t } from "../../shared/translation";
import type { Progress, RunInfo, WorkerError } from "../protocol";
import type { Loss } from "../transport";

interface MessagesProps {
  run: RunInfo;
  progress: Progress;
  /** Why the kernel that ran it is gone, before it had ended; null if it is not. */
  loss: Loss | null;
  /** It was saved while it ran; how it ended is unknown. */
  unfinished: boolean;
  /** The error of one of several workers, of which `progress` has the text. */
  error: WorkerError | null;
}

export function Messages({ run, progress, loss, unfinished, error }: MessagesProps) {
  const { status, notices } = progress;
  const ending = unfinished
    ? t("Saved during training; the final result is not available here.")
    : "";
  const detail = progress.detail || ending;
  // While stopping, the detail is shown beside the buttons.
  const showDetail = detail !== "" && status !== "stopping";
  if (!loss && !showDetail && notices.length === 0) return null;
  return (
    <ul class="kw-messages" aria-label={t("Messages")}>
      {loss && <li data-level="warning">{lossText(loss, run, progress)}</li>}
      {showDetail && (
        <li data-level={status === "failed" ? "error" : "info"}>
          {detail}
          {error && <Traceback error={error} />}
        </li>
      )}
      {notices.map((notice) => (
        <li key={notice.text} data-level={notice.level}>
          {notice.text}
        </li>
      ))}
    </ul>
  );
}

function Traceback({ error: { rank, traceback } }: { error: WorkerError }) {
  return (
    <details class="kw-traceback">
      <summary>{rank === null ? t("Traceback") : t("Traceback of rank %1", rank)}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key */}
      <pre tabIndex={0}>{traceback}</pre>
    </details>
  );
}

function lossText(loss: Loss, run: RunInfo, progress: Progress): string {
  if (loss === "connection") {
    return t(
      "The connection to the kernel is lost. If the kernel still runs, training continues, and so does this view when the connection is back.",
    );
  }
  if (loss === "unknown") {
    return t(
      "The kernel has restarted or the connection was lost. This is the last known state of the run.",
    );
  }
  if (run.checkpoints.length > 0) {
    return t(
      "The kernel is gone, and the training ended with it. Run the cell again to resume from the last checkpoint. kw.runs() shows what was recorded.",
    );
  }
  // Only a training that is recorded has checkpoints.
  return progress.can_checkpoint
    ? t("The kernel is gone, and the training ended with it. kw.runs() shows what was recorded.")
    : t("The kernel is gone, and the training ended with it. This is its last known state.");
}
