/** The details of a model: its totals, and a field for the input shape where shapes are unknown. */

import { useState } from "preact/hooks";
import { ExportButton } from "../../shared/ExportButton";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import {
  formatBytes,
  formatCompiled,
  formatParameters,
  formatShapes,
  formatTrained,
} from "../labels";
import type { ModelEntry, ModelSummary } from "../protocol";
import { messageOf, type SummaryStore } from "../store";
import { Trainable } from "./Trainable";

interface ModelDetailsProps {
  store: SummaryStore;
  entry: ModelEntry;
  summary: ModelSummary | null;
}

export function ModelDetails({ store, entry, summary }: ModelDetailsProps) {
  const problem = entry.error ?? store.error(entry.key);
  if (problem) return <p class="kw-error">{problem}</p>;
  if (!summary) return <p class="kw-hint">{t("Reading the model…")}</p>;
  const unknown = summary.inferred_from !== null || summary.guesses.length > 0;
  const incomplete = summary.parameters === null || summary.root.output_shapes === null;
  return (
    <>
      <dl class="kw-facts">
        <Fact name={t("Input")} value={formatShapes(summary.root.input_shapes)} />
        <Fact name={t("Output")} value={formatShapes(summary.root.output_shapes)} />
        <Fact
          name={t("Parameters")}
          value={formatParameters(summary.parameters, summary.trainable_parameters)}
        />
        <Fact name={t("Weights")} value={bytes(summary.weight_bytes)} />
        <Fact name={t("Optimizer")} value={bytes(summary.optimizer_bytes)} />
        <Fact name={t("Compiled")} value={summary.compiled && formatCompiled(summary.compiled)} />
        <Fact name={t("Trained")} value={summary.trained && formatTrained(summary.trained)} />
        <Fact name={t("Name")} value={entry.name} />
        <Fact
          name={t("Also named")}
          value={entry.names.length > 1 ? entry.names.slice(1).join(", ") : null}
        />
      </dl>
      {summary.notes.map((note) => (
        <p key={note} class="kw-hint">
          {note}
        </p>
      ))}
      {(unknown || incomplete) && <InputShape store={store} entry={entry} summary={summary} />}
      {summary.inferred_from === null && (
        <Trainable
          store={store}
          entry={entry}
          layers={[""]}
          trainable={summary.root.trainable}
          knownCode={null}
        />
      )}
      {!incomplete && <ExportButton model={entry.key} />}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  if (value === null || value === "") return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function bytes(value: number | null): string | null {
  return value ? formatBytes(value) : null;
}

function InputShape({ store, entry, summary }: ModelDetailsProps & { summary: ModelSummary }) {
  const [text, setText] = useState(summary.inferred_from ?? summary.guesses[0]?.shapes ?? "");
  const [state, setState] = useState<{ pending: boolean; error: string | null }>({
    pending: false,
    error: null,
  });
  const errorId = useUniqueId("shape-error");
  const infer = async (shapes: string) => {
    setText(shapes);
    setState({ pending: true, error: null });
    try {
      await store.infer(entry.key, shapes);
      setState({ pending: false, error: null });
    } catch (error) {
      setState({ pending: false, error: messageOf(error) });
    }
  };
  return (
    <form
      class="kw-input-shape"
      onSubmit={(event) => {
        event.preventDefault();
        void infer(text);
      }}
    >
      <label>
        {t("Input shape")}
        <input
          type="text"
          value={text}
          placeholder="(28, 28)"
          aria-invalid={state.error !== null}
          aria-describedby={errorId}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" aria-busy={state.pending}>
        {t("Compute shapes")}
      </button>
      {summary.inferred_from !== null && (
        <button type="button" onClick={() => store.forgetInferred(entry.key)}>
          {t("Show the original")}
        </button>
      )}
      <p id={errorId} class="kw-error" role="alert">
        {state.error}
      </p>
      {summary.guesses.length > 0 && (
        <ul class="kw-guesses" aria-label={t("Shapes found in the notebook")}>
          {summary.guesses.map(({ shapes, source }) => (
            <li key={shapes}>
              <button type="button" onClick={() => void infer(shapes)}>
                {shapes}
              </button>{" "}
              {t("from %1", source)}
            </li>
          ))}
        </ul>
      )}
      <p class="kw-hint">
        {summary.inferred_from === null
          ? t("Shapes and parameters are computed without changing the model.")
          : t("Computed for %1. The model itself is unchanged.", summary.inferred_from)}
      </p>
    </form>
  );
}
