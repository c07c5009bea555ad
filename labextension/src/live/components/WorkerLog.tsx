/** What a worker has printed last: read from the kernel while it is shown. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";
import type { WorkerLog as Log } from "../protocol";
import type { RunSession } from "../session";

const REFRESH_MS = 2000;

interface WorkerLogProps {
  session: RunSession;
  rank: number;
  /** Whether more may come. */
  alive: boolean;
  onClose: () => void;
}

export function WorkerLog({ session, rank, alive, onClose }: WorkerLogProps) {
  const [log, setLog] = useState<Log | null>(null);
  const [refusal, setRefusal] = useState("");
  const known = useRef(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const read = async () => {
      if (!document.hidden) {
        const reply = await session.send("read_log", { rank, size: known.current }).reply;
        if (ended) return;
        setRefusal(reply.ok ? "" : reply.message);
        if (reply.log) {
          known.current = reply.log.size;
          setLog(reply.log);
        }
      }
      if (alive) timer = setTimeout(read, REFRESH_MS);
    };
    void read();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [session, rank, alive]);
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  // New lines are at the end, unless the user has scrolled to others.
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [log]);
  const title = t("Log of rank %1", rank);
  return (
    <section class="kw-log" aria-label={title}>
      <div class="kw-log-header">
        <b>{title}</b>
        <span class="kw-log-note">{log?.cut && t("the last lines")}</span>
        <button type="button" class="kw-toggle" onClick={onClose}>
          {t("Close")}
        </button>
      </div>
      {refusal && <p class="kw-error">{refusal}</p>}
      <pre
        ref={box}
        role="log"
        aria-live="off"
        aria-label={title}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key
        tabIndex={0}
        onScroll={({ currentTarget: pre }) => {
          atEnd.current = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 8;
        }}
      >
        {log === null
          ? refusal
            ? ""
            : t("Loading…")
          : log.text || t("Rank %1 has not printed anything yet.", rank)}
      </pre>
    </section>
  );
}
