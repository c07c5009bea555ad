/** The header of the builder: the model's name and totals, Undo and Redo. */

import { ExportButton } from "../../shared/ExportButton";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import type { State, Totals } from "../protocol";
import { bytesText, shapeText } from "../values";
import { IconButton } from "./icons";

interface HeaderProps {
  state: State;
  onHistory: (action: "undo" | "redo") => void;
  /** Return the key of the model; null if there can be none, which the user is told. */
  onExport: () => Promise<string | null>;
}

export function Header({ state, onHistory, onExport }: HeaderProps) {
  const { undo, redo } = state.history;
  return (
    <header class="kw-b-header">
      <h2 class="kw-b-name">{state.name}</h2>
      <p class="kw-b-totals">{totalsText(state.totals, state.order.length)}</p>
      <div class="kw-b-history">
        {state.totals.complete && state.order.length > 0 && (
          <ExportButton model={onExport} class="kw-b-button" />
        )}
        <IconButton
          icon="undo"
          label={t("Undo")}
          title={undo ? t("Undo: %1", undo) : t("Nothing to undo")}
          disabled={undo === null}
          onClick={() => onHistory("undo")}
        />
        <IconButton
          icon="redo"
          label={t("Redo")}
          title={redo ? t("Redo: %1", redo) : t("Nothing to redo")}
          disabled={redo === null}
          onClick={() => onHistory("redo")}
        />
      </div>
    </header>
  );
}

export function totalsText(totals: Totals, layers: number): string {
  if (layers === 0) return t("No layers yet");
  const count = formatCount(totals.parameters);
  const parts = [
    totals.trainable === totals.parameters
      ? t("%1 parameters", count)
      : t(
          "%1 parameters (%2 trainable, %3 frozen)",
          count,
          formatCount(totals.trainable),
          formatCount(totals.parameters - totals.trainable),
        ),
    bytesText(totals.weight_bytes),
  ];
  if (totals.output_shape) parts.push(t("output %1", shapeText(totals.output_shape)));
  if (!totals.complete) parts.push(t("so far"));
  return parts.join(" · ");
}
