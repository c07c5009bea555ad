/** A sample at large: the most probable classes, its loss over the epochs, and why. */

import { useEffect, useRef } from "preact/hooks";
import { linePath, rangeOf } from "../../shared/drawing";
import { formatShort } from "../../shared/format";
import { useSubscription, useUniqueId } from "../../shared/hooks";
import { t, translated } from "../../shared/translation";
import { formatShare, sampleName } from "../labels";
import type { Explanation, Sample, SampleDetails, Task } from "../protocol";
import { readSample } from "../readParts";
import type { InsightSource } from "../source";
import { CodeLine } from "./CodeLine";
import { RequestNote } from "./EmptyState";
import { useRequests } from "./hooks";
import { hasOverlay, LooksView } from "./LooksView";
import { Plot } from "./Plot";

interface SampleDialogProps {
  source: InsightSource;
  sample: Sample;
  /** Whether the model predicted it, and the kernel knows more about that. */
  isPredicted: boolean;
  /** Gets the focus back. */
  opener: HTMLElement;
  task: Task;
  overlay: boolean;
  onOverlay: (overlay: boolean) => void;
  onClose: () => void;
}

export function SampleDialog(props: SampleDialogProps) {
  const { source, isPredicted, opener, task, overlay, onOverlay, onClose } = props;
  const { store, fit } = source;
  const canAsk = isPredicted && source.interactive;
  useSubscription(store);
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useUniqueId("sample");
  const requests = useRequests(source);
  const details = readSample(store, fit, props.sample.key);
  const sample = details?.sample ?? props.sample;
  const looks = sample.looks ?? props.sample.looks;
  useEffect(() => {
    dialog.current!.showModal();
    if (canAsk) requests.send({ request: "show_sample", sample: sample.key });
    return () => opener.focus();
  }, []);
  const close = () => dialog.current?.close();
  const canOverlay = looks && hasOverlay(looks, task);
  const explanation = details?.explanation ?? null;
  const isExplaining = requests.pending === "explain";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the browser closes a dialog with Escape
    <dialog
      ref={dialog}
      class="kw-i-dialog"
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => {
        // On the backdrop.
        if (event.target === dialog.current) close();
      }}
    >
      <div class="kw-i-dialog-inside">
        <header>
          <h3 id={titleId}>{sampleName(sample)}</h3>
          <button type="button" class="kw-i-close" aria-label={t("Close")} onClick={close}>
            ✕
          </button>
        </header>
        <div class="kw-i-dialog-columns">
          <div class="kw-i-dialog-looks">
            {looks ? (
              <LooksView
                looks={looks}
                pictures={store.pictures}
                task={task}
                overlay={overlay}
                size="large"
                explanation={explanation}
              />
            ) : (
              <p class="kw-i-note">{t("The inputs of this model cannot be shown.")}</p>
            )}
            {canOverlay && (
              <button
                type="button"
                class="kw-toggle"
                aria-pressed={overlay}
                aria-keyshortcuts="O"
                onClick={() => onOverlay(!overlay)}
              >
                {t("Overlay")}
              </button>
            )}
            {explanation && <ExplanationText explanation={explanation} />}
          </div>
          <div class="kw-i-dialog-facts">
            {details && details.top.length > 0 && <TopClasses details={details} sample={sample} />}
            {details && details.history.length > 1 && <LossOverEpochs details={details} />}
            {sample.code && <CodeLine code={sample.code} />}
            {canAsk && (
              <p>
                <button
                  type="button"
                  aria-busy={isExplaining}
                  disabled={explanation !== null}
                  onClick={() => {
                    if (!isExplaining) requests.send({ request: "explain", sample: sample.key });
                  }}
                >
                  {isExplaining ? t("Explaining…") : t("Why this prediction?")}
                </button>
              </p>
            )}
            <RequestNote requests={requests} />
          </div>
        </div>
      </div>
    </dialog>
  );
}

function ExplanationText({ explanation: { method, text } }: { explanation: Explanation }) {
  const name = {
    grad_cam: t("Grad-CAM"),
    occlusion: t("Occlusion"),
    integrated_gradients: t("Integrated gradients"),
  }[method];
  return (
    <p class="kw-i-note">
      {name}: {translated(text)}
    </p>
  );
}

/** Bars of the most probable classes; the true one is marked with a word. */
function TopClasses({ details, sample }: { details: SampleDetails; sample: Sample }) {
  return (
    <table class="kw-i-top" aria-label={t("Most probable classes")}>
      <tbody>
        {details.top.map(([name, probability]) => (
          <tr key={name} data-true={name === sample.true}>
            <th scope="row">{name}</th>
            <td>
              <span
                class="kw-i-bar-fill"
                data-true={name === sample.true}
                style={{ width: `${100 * (Number.isFinite(probability) ? probability : 0)}%` }}
              />
            </td>
            <td>{formatShare(probability)}</td>
            <td class="kw-i-note">{name === sample.true && t("true")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LossOverEpochs({ details: { history } }: { details: SampleDetails }) {
  const epochs = history.map(([epoch]) => epoch);
  const losses = history.map(([, , loss]) => loss);
  const [first, last] = [history[0]!, history.at(-1)!];
  return (
    <div>
      <Plot
        label={t(
          "Loss of this sample over the epochs: %1 in epoch %2, %3 in epoch %4",
          formatShort(first[2]),
          first[0],
          formatShort(last[2]),
          last[0],
        )}
        xTitle={t("epoch")}
        yTitle={t("loss")}
        xRange={rangeOf(epochs)}
        yRange={[0, rangeOf(losses)[1]]}
        width={280}
        height={150}
      >
        {({ x, y }) => (
          <>
            <path class="kw-i-line" d={linePath(losses, (i) => x(epochs[i]!), y)} />
            {history.map(
              ([epoch, predicted, loss]) =>
                Number.isFinite(loss) && (
                  <circle key={epoch} class="kw-i-point" cx={x(epoch)} cy={y(loss)} r="2.5">
                    <title>{`${t("epoch %1", epoch)}: ${predicted}, ${formatShort(loss)}`}</title>
                  </circle>
                ),
            )}
          </>
        )}
      </Plot>
      <p class="kw-i-note">{changesText(history)}</p>
    </div>
  );
}

/** Return the predictions as they changed: "epoch 1: 4 → epoch 3: 9". */
function changesText(history: SampleDetails["history"]): string {
  const changes = history.filter(([, said], i) => said !== history[i - 1]?.[1]);
  const shown = changes.length > 6 ? [...changes.slice(0, 2), ...changes.slice(-3)] : changes;
  return shown.map(([epoch, said]) => t("epoch %1: %2", epoch, said)).join(" → ");
}
