/** The Fit tab: the arguments of `model.fit`, Train, and the live view of the training. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { FIT, type RunState, type State } from "../protocol";
import type { WidgetHost } from "../widgetHost";
import { AdviceList } from "./AdviceList";
import { useTools } from "./builderContext";
import { Form } from "./form/Form";
import { Icon } from "./icons";

interface FitTabProps {
  state: State;
  host: WidgetHost | null;
  /** Whether the tab is in front; behind it the live view goes on. */
  shown: boolean;
  onTarget: (target: string) => void;
}

export function FitTab({ state, host, shown, onTarget }: FitTabProps) {
  const { catalog, session } = useTools();
  const begun = useRef(false);
  useEffect(() => {
    // What the notebook's variables are now is known only when asked.
    if (shown) void session.request("refresh", {});
  }, [shown, session]);
  return (
    <div class="kw-b-single">
      {shown && (
        <>
          <AdviceList
            advice={state.advice.filter(({ target }) => target === FIT)}
            onTarget={onTarget}
          />
          <Form
            parameters={catalog?.forms.fit ?? null}
            values={state.fit.arguments}
            errors={state.fit.errors}
            target={FIT}
          />
          <TrainBar
            run={state.run}
            noData={state.data.length === 0}
            hasLearned={Object.values(state.layers).some(({ trained }) => trained)}
            begun={begun}
          />
        </>
      )}
      {state.run.live && (
        <LiveFrame key={state.run.live} id={state.run.live} host={host} begun={begun} />
      )}
    </div>
  );
}

interface TrainBarProps {
  run: RunState;
  noData: boolean;
  /** Whether a training would go on from weights that were trained before. */
  hasLearned: boolean;
  /** Set when this view has begun a training, whose live view shall then be seen. */
  begun: RefObject<boolean>;
}

function TrainBar({ run, noData, hasLearned, begun }: TrainBarProps) {
  const { session, say } = useTools();
  const [message, setMessage] = useState("");
  const reasonId = useUniqueId("blocked");
  const bar = useRef<HTMLDivElement>(null);
  const train = async () => {
    // The kernel knows nothing of what it refused, and would train with the value before.
    const form = bar.current?.parentElement;
    const refused = form?.querySelector<HTMLElement>('.kw-b-fields [aria-invalid="true"]');
    if (refused) {
      refused.focus();
      setMessage(t("A setting above was refused: mend it, or take it back with Escape."));
      return;
    }
    setMessage("");
    begun.current = true;
    const reply = await session.request("train", {});
    if (!reply.ok) {
      begun.current = false;
      setMessage(reply.message);
    } else say(reply.message || t("Training has begun"));
  };
  const reset = async () => {
    const reply = await session.request("reset", {});
    if (reply.ok) say(reply.message);
    else setMessage(reply.message);
  };
  const look = async () => {
    const reply = await session.request("refresh", {});
    const count = session.store.state?.data.length ?? 0;
    say(reply.ok ? t("Found %1 variables to train on", count) : reply.message);
  };
  return (
    <div class="kw-b-train" ref={bar}>
      <button
        type="button"
        class="kw-b-button kw-b-primary"
        disabled={run.blocked !== ""}
        aria-describedby={reasonId}
        onClick={() => void train()}
      >
        <Icon name="play" />
        {t("Train")}
      </button>
      <button type="button" class="kw-b-button" onClick={() => void look()}>
        {t("Look for data again")}
      </button>
      {hasLearned && (
        <button
          type="button"
          class="kw-b-button"
          title={t("Forget what was learned: the next training begins anew")}
          onClick={() => void reset()}
        >
          {t("Fresh weights")}
        </button>
      )}
      <p id={reasonId} class="kw-b-reason">
        {run.blocked || run.detail}
      </p>
      {noData && (
        <p class="kw-b-reason">
          {t(
            "No arrays or datasets were found in the notebook. Make some in a cell, then look again.",
          )}
        </p>
      )}
      <div role="alert" class="kw-b-error">
        {message}
      </div>
    </div>
  );
}

interface LiveFrameProps {
  id: string;
  host: WidgetHost | null;
  begun: RefObject<boolean>;
}

/** Another widget's view, drawn inside ours for as long as its id stands. */
function LiveFrame({ id, host, begun }: LiveFrameProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    if (!host) {
      setFailure(
        t(
          "This notebook cannot draw one widget inside another; builder.run.live.figure shows the curves in a cell.",
        ),
      );
      return;
    }
    const lifetime = new AbortController();
    host
      .getWidget(`anywidget:${id}`)
      .then(async (widget) => {
        if (lifetime.signal.aborted) return;
        await widget.render({ el: frame.current!, signal: lifetime.signal });
        if (begun.current) frame.current?.scrollIntoView?.({ block: "nearest" });
        begun.current = false;
      })
      .catch((error) => {
        console.error(error);
        if (!lifetime.signal.aborted) {
          setFailure(t("The live view could not be drawn. Training goes on. (%1)", String(error)));
        }
      });
    return () => lifetime.abort();
  }, [id, host, begun]);
  return (
    <div class="kw-b-live">
      {failure && <p class="kw-b-notice">{failure}</p>}
      <div ref={frame} data-kw-guest />
    </div>
  );
}
