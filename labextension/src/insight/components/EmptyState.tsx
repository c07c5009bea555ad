/** What a tab shows while it has nothing to show: why, and what to do. */

import { type Message, translated } from "../../shared/translation";
import type { Requests } from "./hooks";

interface EmptyStateProps {
  text: string;
  /** Why, in the kernel's words. */
  reason?: Message | null;
  children?: preact.ComponentChildren;
}

export function EmptyState({ text, reason, children }: EmptyStateProps) {
  return (
    <div class="kw-i-empty">
      <p>{text}</p>
      {reason && <p>{translated(reason)}</p>}
      {children}
    </div>
  );
}

/** What the kernel said about the last request; it is announced. */
export function RequestNote({ requests }: { requests: Pick<Requests, "error" | "note"> | null }) {
  const error = requests?.error ?? "";
  return (
    <p class={error ? "kw-error" : "kw-i-note"} role="status">
      {error || (requests?.note ?? "")}
    </p>
  );
}

/** Text with `code` between backticks. */
export function WithCode({ text }: { text: string }) {
  return (
    <>
      {text.split("`").map((part, i) => (
        <span key={i}>{i % 2 ? <code>{part}</code> : part}</span>
      ))}
    </>
  );
}
