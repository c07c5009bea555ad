/** Sentences for the user about the run: why it ended, and what the kernel wants to be known. */

import type { Progress } from "../protocol";

const UNFINISHED = "Saved while the training ran; its end is not known here.";

interface MessagesProps {
  progress: Progress;
  /** The kernel that ran it is gone. */
  lost: boolean;
  /** It was saved while it ran, and nobody can tell how it ended. */
  unfinished: boolean;
}

export function Messages({ progress, lost, unfinished }: MessagesProps) {
  const { status, notices } = progress;
  const detail = progress.detail || (unfinished ? UNFINISHED : "");
  // While stopping, the detail stands beside the buttons.
  const showDetail = detail !== "" && status !== "stopping";
  if (!lost && !showDetail && notices.length === 0) return null;
  return (
    <ul class="kw-messages" aria-label="Messages">
      {lost && (
        <li data-level="warning">
          The kernel is gone (restarted, or its connection was lost). This is the last that was
          heard of the run.
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
