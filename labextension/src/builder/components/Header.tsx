/** The model's name and totals, and undo and redo. */

import { formatCount } from "../../format";
import type { State, Totals } from "../protocol";
import { bytesText, shapeText } from "../values";
import { IconButton } from "./icons";

interface HeaderProps {
  state: State;
  onHistory: (action: "undo" | "redo") => void;
}

export function Header({ state, onHistory }: HeaderProps) {
  const { undo, redo } = state.history;
  return (
    <header class="kw-b-header">
      <h2 class="kw-b-name">{state.name}</h2>
      <p class="kw-b-totals">{totalsText(state.totals, state.order.length)}</p>
      <div class="kw-b-history">
        <IconButton
          icon="undo"
          label="Undo"
          title={undo ? `Undo: ${undo}` : "Nothing to undo"}
          disabled={undo === null}
          onClick={() => onHistory("undo")}
        />
        <IconButton
          icon="redo"
          label="Redo"
          title={redo ? `Redo: ${redo}` : "Nothing to redo"}
          disabled={redo === null}
          onClick={() => onHistory("redo")}
        />
      </div>
    </header>
  );
}

export function totalsText(totals: Totals, layers: number): string {
  if (layers === 0) return "No layers yet";
  const parts = [
    `${formatCount(totals.parameters)} parameters`,
    bytesText(totals.weight_bytes),
    ...(totals.trainable === totals.parameters
      ? []
      : [
          `${formatCount(totals.trainable)} trainable`,
          `${formatCount(totals.parameters - totals.trainable)} not`,
        ]),
  ];
  if (totals.output_shape) parts.push(`output ${shapeText(totals.output_shape)}`);
  if (!totals.complete) parts.push("as far as is known");
  return parts.join(" · ");
}
