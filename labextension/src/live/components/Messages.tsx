/** Messages about the run: how it ended, and the kernel's notices. */

import { t } from "../../shared/translation";
import type { Progress } from "../protocol";

interface MessagesProps {
  progress: Progress;
  /** The kernel that ran it is gone. */
  lost: boolean;
  /** It was saved while it ran; how it ended is unknown. */
  unfinished: boolean;
}

export function Messages({ progress, lost, unfinished }: MessagesProps) {
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
      {showDetail && <li data-level={status === "failed" ? "error" : "info"}>{detail}</li>}
      {notices.map((notice) => (
        <li key={notice.text} data-level={notice.level}>
          {notice.text}
        </li>
      ))}
    </ul>
  );
}
