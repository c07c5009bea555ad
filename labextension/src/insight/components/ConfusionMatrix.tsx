/** The confusion matrix: a grid in which a cell lists its samples. */

import { useRef, useState } from "preact/hooks";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { Filter } from "../filter";
import {
  type Cell,
  cellAfterKey,
  cellName,
  cellText,
  MATRIX_MODES,
  type Matrix,
  type MatrixMode,
  strengthOf,
} from "../matrix";

interface ConfusionMatrixProps {
  matrix: Matrix;
  className: (index: number) => string;
  selected: Filter;
  onSelect: (cell: Cell) => void;
  onClear: () => void;
}

/** Pixels: the matrix, what its labels need of them, and the least cell that shows a number. */
const WIDTH = 420;
const LABELS = 64;
const MAX_CELL = 36;
const NUMBER_CELL = 22;

export function ConfusionMatrix(props: ConfusionMatrixProps) {
  const { matrix, className, selected, onSelect, onClear } = props;
  const [mode, setMode] = useState<MatrixMode>("counts");
  const [focused, setFocused] = useState<Cell>({ true: 0, predicted: 0 });
  const grid = useRef<HTMLTableElement>(null);
  const classes = Array.from({ length: matrix.size }, (_, index) => index);
  const cellSize = Math.min(MAX_CELL, Math.floor((WIDTH - LABELS) / matrix.size));
  const strength = strengthOf(matrix, mode);
  const isLong = classes.some((index) => className(index).length > 3);
  const at = {
    true: Math.min(focused.true, matrix.size - 1),
    predicted: Math.min(focused.predicted, matrix.size - 1),
  };
  const focus = (cell: Cell) => {
    setFocused(cell);
    grid.current
      ?.querySelector<HTMLElement>(`[data-cell="${cell.true},${cell.predicted}"]`)
      ?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const to = cellAfterKey(at, matrix.size, event.key, event.ctrlKey);
    if (to) focus(to);
    else if (event.key === "Enter" || event.key === " ") onSelect(at);
    else if (event.key === "Escape" && selected) onClear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section class="kw-i-matrix-box">
      <div class="kw-i-head">
        <h3>{t("Confusion matrix")}</h3>
        <ModeChoice mode={mode} hasChange={matrix.before !== null} onMode={setMode} />
      </div>
      <div class="kw-i-matrix-scroll">
        <table
          ref={grid}
          class="kw-i-matrix"
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its cells are
          role="grid"
          aria-label={t("Confusion matrix, rows true class, columns predicted class")}
          aria-keyshortcuts="Control+Home Control+End"
          data-mode={mode}
          data-numbers={cellSize >= NUMBER_CELL}
          data-long={isLong}
          style={{ "--kw-cell-wide": `${cellSize}px` }}
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr>
              <th scope="col" class="kw-i-corner">
                <span>{t("predicted →")}</span>
                <span>{t("true ↓")}</span>
              </th>
              {classes.map((column) => (
                <th key={column} scope="col" title={className(column)}>
                  <span>{className(column)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((row) => (
              <tr key={row}>
                <th scope="row" title={className(row)}>
                  {className(row)}
                </th>
                {classes.map((column) => {
                  const cell = { true: row, predicted: column };
                  return (
                    <MatrixCell
                      key={column}
                      matrix={matrix}
                      cell={cell}
                      mode={mode}
                      name={cellName(matrix, cell, mode, className)}
                      strength={strength(cell)}
                      isStop={at.true === row && at.predicted === column}
                      isSelected={
                        selected?.true === row &&
                        (selected.predicted === column || selected.predicted === undefined)
                      }
                      onFocus={() => setFocused(cell)}
                      onSelect={() => onSelect(cell)}
                    />
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface MatrixCellProps {
  matrix: Matrix;
  cell: Cell;
  mode: MatrixMode;
  name: string;
  /** Of its colour, from 0 to 1. */
  strength: number;
  /** Whether the Tab key comes to it. */
  isStop: boolean;
  isSelected: boolean;
  onFocus: () => void;
  onSelect: () => void;
}

function MatrixCell(props: MatrixCellProps) {
  const { matrix, cell, mode, name, strength, isStop, isSelected, onFocus, onSelect } = props;
  const text = cellText(matrix, cell, mode);
  const isRight = cell.true === cell.predicted;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys
    <td
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell of a grid
      role="gridcell"
      tabIndex={isStop ? 0 : -1}
      aria-label={name}
      aria-selected={isSelected}
      title={name}
      data-cell={`${cell.true},${cell.predicted}`}
      data-right={isRight}
      data-sign={mode === "change" ? text.charAt(0) : undefined}
      style={{ "--kw-strength": `${Math.round(38 * strength)}%` }}
      onFocus={onFocus}
      onClick={onSelect}
    >
      {text}
    </td>
  );
}

interface ModeChoiceProps {
  mode: MatrixMode;
  hasChange: boolean;
  onMode: (mode: MatrixMode) => void;
}

function ModeChoice({ mode, hasChange, onMode }: ModeChoiceProps) {
  const group = useUniqueId("matrix");
  const labels: Record<MatrixMode, string> = {
    counts: t("Counts"),
    shares: t("Share of row"),
    change: t("Change since last epoch"),
  };
  return (
    <div class="kw-axis" role="radiogroup" aria-label={t("Numbers of the matrix")}>
      {MATRIX_MODES.filter((each) => each !== "change" || hasChange).map((each) => (
        <label key={each} class="kw-segment">
          <input type="radio" name={group} checked={mode === each} onChange={() => onMode(each)} />
          <span>{labels[each]}</span>
        </label>
      ))}
    </div>
  );
}
