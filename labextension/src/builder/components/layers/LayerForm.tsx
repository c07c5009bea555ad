/** The right pane: the form of the selected layer or input, or a hint to select one. */

import { t } from "../../../shared/translation";
import { INPUT, type State } from "../../protocol";
import { useBuilder } from "../builderContext";
import { Form } from "../form/Form";

interface LayerFormProps {
  state: State;
  /** A layer's uid, "input", or null when nothing is selected. */
  target: string | null;
}

export function LayerForm({ state, target }: LayerFormProps) {
  const { catalog } = useBuilder();
  const layer = target === INPUT ? state.input : target === null ? null : state.layers[target];
  if (!layer) {
    return (
      <p class="kw-b-hint">{t("Select the input or a layer to see and edit its arguments.")}</p>
    );
  }
  const entry = catalog?.entries[layer.class_name];
  const wrongParameter = layer.error?.parameter;
  const title = target === INPUT ? t("Input") : layer.title;
  return (
    <section class="kw-b-form-frame" aria-label={t("Arguments of %1", title)}>
      <h3 class="kw-b-form-title">
        {title}
        {layer.name && <span class="kw-b-layer-name">“{layer.name}”</span>}
      </h3>
      {entry?.summary && <p class="kw-b-form-summary">{entry.summary}</p>}
      {layer.error && !wrongParameter && <p class="kw-b-error">{layer.error.text}</p>}
      {catalog && !entry ? (
        <p class="kw-b-hint">
          {t("The arguments of this class are unknown; it is kept unchanged.")}
        </p>
      ) : (
        <Form
          parameters={entry?.parameters ?? null}
          values={layer.arguments}
          errors={wrongParameter ? { [wrongParameter]: layer.error!.text } : NO_ERRORS}
          target={target!}
        />
      )}
    </section>
  );
}

const NO_ERRORS: Record<string, string> = {};
