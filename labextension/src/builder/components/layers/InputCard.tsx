/** The card of the model's input, above the list of layers. */

import { t } from "../../../shared/translation";
import type { LayerState } from "../../protocol";
import { shapeText } from "../../values";

interface InputCardProps {
  input: LayerState;
  selected: boolean;
  onSelect: (target: string) => void;
  onDown: () => void;
}

export function InputCard({ input, selected, onSelect, onDown }: InputCardProps) {
  const shape = input.output_shape;
  const text = shape
    ? [shapeText(shape), input.output_dtype].filter(Boolean).join(" ")
    : t("Input shape not set. Set it, or let fit infer it.");
  return (
    <>
      <button
        type="button"
        class="kw-b-input-card"
        data-uid="input"
        data-status={input.status}
        aria-label={[t("Input"), text].join(", ")}
        aria-current={selected ? "true" : undefined}
        onClick={() => onSelect("input")}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || event.altKey || event.ctrlKey) return;
          event.preventDefault();
          onDown();
        }}
      >
        <span class="kw-b-title">{t("Input")}</span>
        <span class="kw-b-summary">{text}</span>
      </button>
      {input.error && (
        <div class="kw-b-layer-error">
          <p>{input.error.text}</p>
        </div>
      )}
    </>
  );
}
