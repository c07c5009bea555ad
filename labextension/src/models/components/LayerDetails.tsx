/** The details of a layer: shapes, config and weights, which the kernel reads on request. */

import { useEffect, useState } from "preact/hooks";
import { formatCount, formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import { canFreeze, pathsUpTo } from "../freeze";
import { formatShapes } from "../labels";
import type { LayerDetail, LayerSummary, ModelEntry, WeightDetail } from "../protocol";
import { messageOf, type SummaryStore } from "../store";
import { HistogramPicture } from "./Histogram";
import { Trainable } from "./Trainable";

interface LayerDetailsProps {
  store: SummaryStore;
  entry: ModelEntry;
  layer: LayerSummary;
  /** The input shape from which the summary was inferred, without values to read; or null. */
  inferred: string | null;
}

export function LayerDetails({ store, entry, layer, inferred }: LayerDetailsProps) {
  const [detail, setDetail] = useState<LayerDetail | null>(null);
  const [error, setError] = useState<string | null>(null);
  const read = () => {
    setError(null);
    store.request("detail", { model: entry.key, layer: layer.path }).then(setDetail, (failure) => {
      setError(messageOf(failure));
    });
  };
  useEffect(read, [entry.key, layer.path]);
  const summary = store.summary(entry.key);
  return (
    <>
      <dl class="kw-facts">
        <Fact name={t("Input")} value={formatShapes(layer.input_shapes)} />
        <Fact name={t("Output")} value={formatShapes(layer.output_shapes)} />
        <Fact name={t("From")} value={layer.inbound.join(", ")} />
        <Fact name={t("Activation")} value={layer.activation} />
        <Fact name={t("Dtype")} value={layer.dtype} />
        <Fact name={t("Calls")} value={layer.calls > 1 ? String(layer.calls) : null} />
        <Fact name={t("Class")} value={detail && `${detail.module}.${detail.class_name}`} />
      </dl>
      {layer.shared_with !== null && (
        <p class="kw-hint">
          {t("This layer is also used above, and its weights are counted there.")}
        </p>
      )}
      {canFreeze(layer) &&
        inferred === null &&
        detail &&
        summary &&
        (layer.parameters ?? 0) + layer.children.length > 0 && (
          <Trainable
            store={store}
            entry={entry}
            layers={[layer.path]}
            upTo={pathsUpTo(summary, layer.path)}
            trainable={detail.trainable}
            knownCode={detail.trainable_code}
          />
        )}
      {error !== null && (
        <p class="kw-error" role="alert">
          {error}{" "}
          <button type="button" onClick={read}>
            {t("Try again")}
          </button>
        </p>
      )}
      {!detail && error === null && (
        <p class="kw-hint" role="status">
          {entry.run_id === null
            ? t("Reading the weights…")
            : t("The values are read at the next step of the running fit…")}
        </p>
      )}
      {detail && <Weights detail={detail} onAgain={read} />}
      {detail && (
        <details class="kw-config">
          <summary>{t("Config")}</summary>
          {detail.config === null ? (
            <p class="kw-hint">{detail.config_problem}</p>
          ) : (
            <pre>{detail.config}</pre>
          )}
        </details>
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  if (!value) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Weights({ detail, onAgain }: { detail: LayerDetail; onAgain: () => void }) {
  if (!detail.weights.length) return <p class="kw-hint">{t("It has no weights.")}</p>;
  return (
    <>
      <p class="kw-hint">
        {t("Values read %1.", detail.when)}{" "}
        <button type="button" onClick={onAgain}>
          {t("Refresh")}
        </button>
      </p>
      <ul class="kw-weights" aria-label={t("Weights")}>
        {detail.weights.map((weight, i) => (
          <Weight key={`${i} ${weight.name}`} weight={weight} />
        ))}
      </ul>
    </>
  );
}

function Weight({ weight }: { weight: WeightDetail }) {
  const { looked_at: sampleSize, parameters } = weight;
  return (
    <li>
      <p class="kw-weight-name">
        <b>{weight.name}</b> ({weight.shape.join(", ")}) {weight.dtype} · {formatCount(parameters)}
        {!weight.trainable && <span class="kw-tag">{t("non-trainable")}</span>}
      </p>
      {weight.problem !== null && <p class="kw-error">{weight.problem}</p>}
      {weight.histogram && <HistogramPicture histogram={weight.histogram} name={weight.name} />}
      {weight.minimum !== null && (
        <p class="kw-numbers">
          <Value name={t("min")} value={weight.minimum} />
          <Value name={t("mean")} value={weight.mean} />
          <Value name={t("max")} value={weight.maximum} />
          <Value name={t("std")} value={weight.standard_deviation} />
        </p>
      )}
      {weight.problem === null && sampleSize > 0 && (
        <p class="kw-numbers">
          <BadCount name={t("NaN")} count={weight.nan} sampleSize={sampleSize} />
          <BadCount name={t("infinite")} count={weight.infinite} sampleSize={sampleSize} />
          <span>
            {t("zero")} {formatCount(weight.zero)}
          </span>
          {weight.units !== null && weight.dead_units !== null && (
            <span
              class={weight.dead_units ? "kw-warning" : ""}
              title={t(
                "Units whose incoming weights are all 0; their output is the same for any input",
              )}
            >
              {t("dead units %1 of %2", formatCount(weight.dead_units), formatCount(weight.units))}
            </span>
          )}
          {sampleSize < parameters && (
            <span>{t("sample of %1 values", formatCount(sampleSize))}</span>
          )}
        </p>
      )}
    </li>
  );
}

function Value({ name, value }: { name: string; value: number | null }) {
  if (value === null) return null;
  return (
    <span>
      {name} {formatValue(value)}
    </span>
  );
}

function BadCount(props: { name: string; count: number; sampleSize: number }) {
  const { name, count, sampleSize } = props;
  return (
    <span class={count ? "kw-error" : ""}>
      {name} {count === sampleSize && count > 0 ? t("all") : formatCount(count)}
    </span>
  );
}
