/** The line above the predictions: figures and changes, the epoch, the output and the task. */

import { formatCount, formatShort } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import { formatChange, formatEpochFigure, sourceLabel, taskLabel } from "../labels";
import type { Figure, PredictionsPart, Task } from "../protocol";
import type { Requests } from "./hooks";

interface PredictionsBarProps {
  /** What is shown. */
  part: PredictionsPart;
  /** The latest state, which knows all epochs. */
  latest: PredictionsPart;
  epochs: readonly number[];
  epoch: number;
  /** Whether the newest epoch is shown, whichever it is. */
  follows: boolean;
  onEpoch: (epoch: number) => void;
  onOutput: (output: string) => void;
  /** Null without a kernel. */
  requests: Requests | null;
}

export function PredictionsBar(props: PredictionsBarProps) {
  const { part, latest, epochs, epoch, follows, onEpoch, onOutput, requests } = props;
  return (
    <div class="kw-i-bar">
      <p class="kw-i-facts">
        <b>{sourceLabel({ ...part, last_epoch: latest.last_epoch }, part.epoch)}</b>
        <span>{t("%1 samples", formatCount(part.samples))}</span>
        {part.figures.map((figure) => (
          <FigureText key={figure.name} figure={figure} />
        ))}
      </p>
      <div class="kw-i-choices">
        {epochs.length > 1 && (
          <EpochChoice epochs={epochs} epoch={epoch} follows={follows} onEpoch={onEpoch} />
        )}
        {latest.outputs.length > 1 && (
          <label>
            {t("Output")}
            <select value={part.output} onChange={(event) => onOutput(event.currentTarget.value)}>
              {latest.outputs.map((output) => (
                <option key={output} value={output}>
                  {output}
                </option>
              ))}
            </select>
          </label>
        )}
        <TaskChoice part={part} requests={requests} />
      </div>
    </div>
  );
}

function FigureText({ figure: { name, value, change, direction } }: { figure: Figure }) {
  // Without a sample of a class, or a prediction of it. A loss that is NaN is something else.
  const isUndefined = Number.isNaN(value) && ["precision", "recall", "F1"].includes(name);
  const isBetter = change !== null && (direction === "max" ? change > 0 : change < 0);
  return (
    <span class="kw-i-figure">
      {name} <b>{isUndefined ? "–" : formatEpochFigure(value)}</b>
      {change !== null && !Number.isNaN(change) && (
        <span
          class="kw-i-change"
          data-better={change === 0 ? undefined : isBetter}
          title={t("Change since the epoch before")}
        >
          {" "}
          ({formatChange(change, formatShort)})
        </span>
      )}
    </span>
  );
}

interface EpochChoiceProps {
  epochs: readonly number[];
  epoch: number;
  follows: boolean;
  onEpoch: (epoch: number) => void;
}

function EpochChoice({ epochs, epoch, follows, onEpoch }: EpochChoiceProps) {
  const at = epochs.indexOf(epoch);
  const go = (index: number) => onEpoch(epochs[Math.min(Math.max(index, 0), epochs.length - 1)]!);
  const last = epochs.length - 1;
  return (
    <div class="kw-i-epochs">
      <span aria-hidden="true">{t("Epoch")}</span>
      <button
        type="button"
        class="kw-i-step"
        aria-label={t("Previous epoch")}
        disabled={at <= 0}
        onClick={() => go(at - 1)}
      >
        ◀
      </button>
      <b aria-hidden="true" style={{ minWidth: `${formatCount(epochs[last]!).length}ch` }}>
        {formatCount(epoch)}
      </b>
      <button
        type="button"
        class="kw-i-step"
        aria-label={t("Next epoch")}
        disabled={at >= last}
        onClick={() => go(at + 1)}
      >
        ▶
      </button>
      <input
        type="range"
        aria-label={t("Epoch shown")}
        aria-valuetext={t("epoch %1", formatCount(epoch))}
        min={0}
        max={last}
        value={at}
        onInput={(event) => go(Number(event.currentTarget.value))}
      />
      <button
        type="button"
        class="kw-toggle"
        aria-pressed={follows}
        title={t("Shows each new epoch when it has been validated")}
        onClick={() => go(last)}
      >
        {t("Latest")}
      </button>
    </div>
  );
}

function TaskChoice({ part, requests }: Pick<PredictionsBarProps, "part" | "requests">) {
  const { task, tasks, output, task_note } = part;
  const choices: Task[] = tasks.includes(task) ? tasks : [task, ...tasks];
  const note = task_note ? translated(task_note) : "";
  return (
    <>
      <label>
        {t("Task:")}
        <select
          value={task}
          title={note}
          disabled={!requests}
          onChange={(event) =>
            requests?.send({
              request: "set_task",
              output,
              task: event.currentTarget.value as Task,
            })
          }
        >
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {taskLabel(choice)}
            </option>
          ))}
        </select>
      </label>
      {note && <span class="kw-i-note">{note}</span>}
    </>
  );
}
