/** Messages about the run: how it ended, and the kernel's notices. */

import { t } from "../../shared/translation";
import type { Progress, WorkerError } from "../protocol";

interface MessagesProps {
  progress: Progress;
  /** The kernel that ran it is gone. */
  lost: boolean;
  /** It was saved while it ran; how it ended is unknown. */
  unfinished: boolean;
  /** The error of one of several workers, of which `progress` has the text. */
  error: WorkerError | null;
}

export function Messages({ progress, lost, unfinished, error }: MessagesProps) {
  const { status, notices } = progress;
  const ending = unfinished
    ? t("Saved during training; the final result is not available here.")
    : "";
  const detail = progress.detail || ending;
  // While stopping, the detail is shown beside the buttons.
  const showDetail = detail !== "" && status !== "stopping";
  if (!lost && !showDetail && notices.length === 0) return null;
  return (
    <ul class="kw-messages" aria-label={t("Messages")}>
      {lost && (
        <li data-level="warning">
          {t(
            "The kernel has restarted or the connection was lost. This is the last known state of the run.",
          )}
        </li>
      )}
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
