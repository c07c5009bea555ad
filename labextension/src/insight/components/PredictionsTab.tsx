/**
 * The Predictions tab: figures, and what is known of the classes and the samples, after an epoch.
 *
 * Its own state, never sent but as what it asks for: the epoch and the output that are shown, the
 * cell of the matrix whose samples are listed, the threshold, and the sample that is open.
 */

import { useRef, useState } from "preact/hooks";
import { useSubscription } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { PredictionsPart } from "../protocol";
import { readEpoch, readPredictions } from "../readParts";
import type { InsightSource } from "../source";
import type { InsightStore } from "../store";
import { EmptyState, RequestNote, WithCode } from "./EmptyState";
import { EpochAnnouncer } from "./EpochAnnouncer";
import { lacksPicture, type Requests, useRequests, useWatch } from "./hooks";
import { PredictionsBar } from "./PredictionsBar";
import { PredictionsDetails } from "./PredictionsDetails";

export function PredictionsTab({ source }: { source: InsightSource }) {
  const { store, fit } = source;
  useSubscription(store);
  const place = useRef<HTMLDivElement>(null);
  const [output, setOutput] = useState<string | null>(null);
  const [epoch, setEpoch] = useState<number | null>(null);
  const requests = useRequests(source);
  const latest = readPredictions(store, fit);
  const epochs = latest ? epochsToShow(latest, source) : [];
  const shownOutput = output ?? latest?.output ?? "";
  const shownEpoch = epoch ?? epochs.at(-1) ?? 0;
  const part = usePart(store, fit, shownOutput, shownEpoch);
  const lacks = part?.details?.mistakes.some(({ looks }) => lacksPicture(looks, store));
  useWatch(
    source,
    place,
    {
      request: "watch",
      tab: "predictions",
      ...(output !== null && { output }),
      ...(epoch !== null && { epoch }),
    },
    lacks ? `${shownOutput}/${shownEpoch}` : "",
  );
  return (
    <div class="kw-i" ref={place}>
      {latest?.state === "ready" ? (
        <>
          <PredictionsBar
            part={part ?? latest}
            latest={latest}
            epochs={epochs}
            epoch={shownEpoch}
            follows={epoch === null}
            onEpoch={(next) => setEpoch(next === epochs.at(-1) ? null : next)}
            onOutput={setOutput}
            requests={source.interactive ? requests : null}
          />
          <RequestNote requests={requests} />
          {part?.details ? (
            <PredictionsDetails
              source={source}
              part={part}
              details={part.details}
              busy={part.epoch !== shownEpoch || part.output !== shownOutput}
            />
          ) : (
            <EmptyState
              text={
                source.interactive
                  ? t("Loading the predictions…")
                  : t("Only the figures of this epoch were saved.")
              }
            />
          )}
          {source.interactive && <EpochAnnouncer part={latest} />}
        </>
      ) : (
        <NoPredictions part={latest} requests={source.interactive ? requests : null} />
      )}
    </div>
  );
}

/** Return the epochs that can be shown: without a kernel, those that the notebook keeps. */
function epochsToShow(latest: PredictionsPart, { store, fit, interactive }: InsightSource) {
  if (interactive) return latest.epochs;
  const kept = latest.epochs.filter((epoch) => store.epoch(fit, latest.output, epoch));
  return kept.length ? kept : latest.epochs.slice(-1);
}

/** Return the predictions of an epoch; until they have come, those that were shown before. */
function usePart(store: InsightStore, fit: number, output: string, epoch: number) {
  const shown = useRef<PredictionsPart | null>(null);
  shown.current = readEpoch(store, fit, output, epoch) ?? shown.current;
  return shown.current;
}

interface NoPredictionsProps {
  part: PredictionsPart | null;
  requests: Requests | null;
}

function NoPredictions({ part, requests }: NoPredictionsProps) {
  if (!part || part.state === "waiting") {
    const text = requests
      ? t("Appears after the first epoch's validation.")
      : t("No predictions were saved.");
    return <EmptyState text={text} />;
  }
  if (part.state === "off") {
    return <EmptyState text={t("Predictions are not shown for this fit.")} reason={part.reason} />;
  }
  return (
    <div class="kw-i-empty">
      <p>
        <WithCode
          text={t(
            "This fit has no validation data. Pass `validation_split=0.1`, or look at 500 training samples.",
          )}
        />
      </p>
      {requests && (
        <p>
          <button
            type="button"
            class="kw-primary"
            aria-label={t("Look at 500 training samples")}
            aria-busy={requests.pending !== null}
            onClick={() => requests.send({ request: "look_at_training_samples" })}
          >
            {t("Look")}
          </button>
        </p>
      )}
      <RequestNote requests={requests} />
    </div>
  );
}
