/** The Fit tab: the arguments of `model.fit`, Train, and the live view of the training. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { WidgetHost } from "../anywidgetHost";
import { FIT, type RunState, type State } from "../protocol";
import { AdviceList } from "./AdviceList";
import { useBuilder } from "./builderContext";
import { Form } from "./form/Form";
import { Icon } from "./icons";

interface FitTabProps {
  state: State;
  host: WidgetHost | null;
  /** Whether this is the current tab; the live view stays mounted if not. */
  shown: boolean;
  onTarget: (target: string) => void;
}

export function FitTab({ state, host, shown, onTarget }: FitTabProps) {
  const { catalog, session } = useBuilder();
  const startedHere = useRef(false);
  useEffect(() => {
    // The kernel looks for the notebook's variables only on request.
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
            hasTrainedWeights={Object.values(state.layers).some(({ trained }) => trained)}
            startedHere={startedHere}
          />
        </>
      )}
      {state.run.live && (
        <LiveFrame key={state.run.live} id={state.run.live} host={host} startedHere={startedHere} />
      )}
    </div>
  );
}

interface TrainBarProps {
  run: RunState;
  noData: boolean;
  /** Whether a training would continue from trained weights. */
  hasTrainedWeights: boolean;
  /** Set when this view has started a training, whose live view is then scrolled to. */
  startedHere: RefObject<boolean>;
}

function TrainBar({ run, noData, hasTrainedWeights, startedHere }: TrainBarProps) {
  const { session, announce } = useBuilder();
  const [message, setMessage] = useState("");
  const reasonId = useUniqueId("blocked");
  const bar = useRef<HTMLDivElement>(null);
  const train = async () => {
    // The kernel would train with the value before a refused one.
    const form = bar.current?.parentElement;
    const refused = form?.querySelector<HTMLElement>('.kw-b-fields [aria-invalid="true"]');
    if (refused) {
      refused.focus();
      setMessage(t("A setting is invalid. Fix it, or press Esc to revert."));
      return;
    }
    setMessage("");
    startedHere.current = true;
    const reply = await session.request("train", {});
    if (!reply.ok) {
      startedHere.current = false;
      setMessage(reply.message);
    } else announce(reply.message || t("Training has started"));
  };
  const reset = async () => {
    const reply = await session.request("reset", {});
    if (reply.ok) announce(reply.message);
    else setMessage(reply.message);
  };
  const refreshData = async () => {
    const reply = await session.request("refresh", {});
    const count = session.store.state?.data.length ?? 0;
    announce(
      reply.ok ? t("Found %1 variables that can be used for training", count) : reply.message,
    );
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
      <button type="button" class="kw-b-button" onClick={() => void refreshData()}>
        {t("Refresh data")}
      </button>
      {hasTrainedWeights && (
        <button
          type="button"
          class="kw-b-button"
          title={t("Reset the weights: the next training starts from the beginning")}
          onClick={() => void reset()}
        >
          {t("Reset weights")}
        </button>
      )}
      <p id={reasonId} class="kw-b-reason">
        {run.blocked || run.detail}
      </p>
      {noData && (
        <p class="kw-b-reason">
          {t("No arrays or datasets found. Create some in a cell, then refresh.")}
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
  startedHere: RefObject<boolean>;
}

/** The view of another widget, the live view, drawn inside ours. */
function LiveFrame({ id, host, startedHere }: LiveFrameProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    if (!host) {
      setFailure(
        t(
          "This notebook cannot show nested widgets. Use builder.run.live.figure in a cell to see the curves.",
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
        if (startedHere.current) frame.current?.scrollIntoView?.({ block: "nearest" });
        startedHere.current = false;
      })
      .catch((error) => {
        console.error(error);
        if (!lifetime.signal.aborted) {
          setFailure(t("Cannot show the live view. Training continues. (%1)", String(error)));
        }
      });
    return () => lifetime.abort();
  }, [id, host, startedHere]);
  return (
    <div class="kw-b-live">
      {failure && <p class="kw-b-notice">{failure}</p>}
      <div ref={frame} data-kw-guest />
    </div>
  );
}
