/** The trial that runs now, and, when it is opened, the live view of its fit. */

import { useEffect, useRef, useState } from "preact/hooks";
import { formatValue } from "../../../shared/format";
import { t } from "../../../shared/translation";
import { paramsLine } from "../labels";
import type { SearchStore } from "../store";

/** Draws a live view into an element, until the signal aborts. */
export type DrawLive = (
  element: HTMLElement,
  ids: { run: string; widget: string },
  signal: AbortSignal,
) => Promise<void>;

interface RunningTrialProps {
  store: SearchStore;
  drawLive: DrawLive;
}

export function RunningTrial({ store, drawLive }: RunningTrialProps) {
  const [isOpen, setOpen] = useState(false);
  const { live, live_widget: widget } = store.search;
  const running = [...store.trials.values()].filter(({ state }) => state === "running");
  const trial = running.at(-1);
  if (!store.isLive || store.hasEnded || !live) return null;
  const last = trial?.values.at(-1);
  return (
    <details
      class="kw-search-running"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <b>{trial ? t("Running trial: %1", trial.number) : t("Running trial")}</b>
        {trial && <span class="kw-search-params">{paramsLine(trial.params)}</span>}
        {trial && last !== undefined && (
          <span class="kw-hint">
            {t("%1 %2 after epoch %3", store.search.metric, formatValue(last), trial.trained)}
          </span>
        )}
      </summary>
      {isOpen && <LiveFrame key={live} run={live} widget={widget} drawLive={drawLive} />}
    </details>
  );
}

function LiveFrame(props: { run: string; widget: string; drawLive: DrawLive }) {
  const { run, widget, drawLive } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    const lifetime = new AbortController();
    drawLive(frame.current!, { run, widget }, lifetime.signal).catch((error) => {
      console.error(error);
      if (!lifetime.signal.aborted) {
        setFailure(t("Cannot show the live view. The search continues. (%1)", String(error)));
      }
    });
    return () => lifetime.abort();
  }, [run, widget, drawLive]);
  return (
    <>
      {failure && <p class="kw-error">{failure}</p>}
      <div ref={frame} />
    </>
  );
}
