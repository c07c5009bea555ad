/** What a tab shows while it has nothing to show: why, and what to do. */

import { type Message, t, translated } from "../../shared/translation";

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

/** A problem with the last request; it is announced. */
export function RequestError({ text }: { text: string }) {
  return (
    <p class="kw-error" role="status">
      {text}
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

export function Unreadable() {
  return <EmptyState text={t("Another version of kwidgets saved this. Run the cell again.")} />;
}
