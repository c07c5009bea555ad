/** The controls of a running fit: Pause, Stop and the learning rate, with notes below them. */

import { formatLearningRate } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Progress } from "../protocol";
import { Icon } from "./icons";
import { LearningRate } from "./LearningRate";
import { OptimizerChoice } from "./OptimizerChoice";
import type { Command, Commands } from "./useCommands";
import { useKeepFocus } from "./useKeepFocus";

interface ControlsProps {
  /** The names of the optimizers, if there are several. */
  optimizers: readonly string[];
  progress: Progress;
  commands: Commands;
  /** Why the typed text is not a learning rate, or null. */
  rateRefusal: string | null;
  onRateRefusal: (reason: string | null) => void;
  noteId: string;
  /** Whether a fit has begun: workers may be starting. */
  hasBegun: boolean;
}

export function Controls({
  optimizers,
  progress,
  commands,
  rateRefusal,
  onRateRefusal,
  noteId,
  hasBegun,
}: ControlsProps) {
  const { status } = progress;
  const toggle: Command = status === "paused" ? "resume" : "pause";
  const stopping = status === "stopping" || commands.state("stop").pending;
  const rate = commands.state("set_learning_rate");
  return (
    <div class="kw-controls" ref={useKeepFocus()}>
      <div class="kw-buttons">
        <button
          type="button"
          class="kw-button"
          disabled={stopping}
          aria-busy={commands.state(toggle).pending}
          onClick={() => {
            if (!commands.state(toggle).pending) void commands.run(toggle, {});
          }}
        >
          <Icon name={toggle} />
          {toggle === "pause" ? t("Pause") : t("Resume")}
        </button>
        <button
          type="button"
          class="kw-button"
          aria-busy={stopping}
          onClick={() => {
            if (!stopping) void commands.run("stop", {});
          }}
        >
          <Icon name="stop" />
          {t("Stop")}
        </button>
        {progress.can_checkpoint && (
          <button
            type="button"
            class="kw-button"
            title={t("Saves weights, optimizer and all else that resuming or rewinding needs")}
            aria-busy={commands.state("checkpoint").pending}
            onClick={() => {
              if (!commands.state("checkpoint").pending)
                void commands.run("checkpoint", { text: "" });
            }}
          >
            <Icon name="checkpoint" />
            {t("Checkpoint")}
          </button>
        )}
      </div>
      {optimizers.length > 1 && (
        <OptimizerChoice
          names={optimizers}
          chosen={progress.chosen_optimizer}
          onChoose={(name) => commands.run("choose_optimizer", { name })}
        />
      )}
      {hasBegun && (
        <LearningRate
          // What is typed or was set belongs to one optimizer.
          key={progress.chosen_optimizer}
          value={progress.learning_rate}
          schedule={progress.learning_rate_schedule}
          overridden={progress.learning_rate_held}
          wrong={rateRefusal !== null || rate.error !== null}
          pending={rate.pending}
          noteId={noteId}
          onRefuse={(reason) => {
            if (reason === null) commands.clearError("set_learning_rate");
            onRateRefusal(reason);
          }}
          onApply={(value) => commands.run("set_learning_rate", { value })}
          onFollow={() => void commands.run("follow_schedule", {})}
        />
      )}
      {progress.nan_guard !== null && (
        <label
          class="kw-check"
          title={t(
            "If the loss or the weights become NaN or infinite, restores the last good state with half the learning rate.",
          )}
        >
          <input
            type="checkbox"
            // Until the kernel has answered, as the user wants it.
            checked={progress.nan_guard !== commands.state("set_nan_guard").pending}
            onChange={(event) =>
              void commands.run("set_nan_guard", { on: event.currentTarget.checked })
            }
          />
          {t("NaN guard")}
        </label>
      )}
    </div>
  );
}

/** What is left of the controls after the end: the learning rate that the fit ended with. */
export function FinalRate({ progress }: { progress: Progress }) {
  const { learning_rate: rate } = progress;
  return (
    <p class="kw-final-rate">
      {rate !== null && finalRateText(progress.chosen_optimizer, formatLearningRate(rate))}
    </p>
  );
}

/** The commands whose refusal is shown below the controls, without a place of its own. */
const ANSWERED_BELOW = [
  "pause",
  "resume",
  "stop",
  "follow_schedule",
  "choose_optimizer",
  "answer",
  "checkpoint",
  "set_nan_guard",
] as const;
function finalRateText(optimizer: string, rate: string): string {
  if (!optimizer) return t("Learning rate at the end: %1", rate);
  return t("Learning rate of %1 at the end: %2", optimizer, rate);
}

interface ControlNotesProps {
  commands: Commands;
  rateRefusal: string | null;
  noteId: string;
  /** The kernel receives commands only once the cell has ended. */
  afterCell: boolean;
}

/** Notes below the controls: refused commands, and when to expect an answer. */
export function ControlNotes({ commands, rateRefusal, noteId, afterCell }: ControlNotesProps) {
  const errors = ANSWERED_BELOW.map((command) => commands.state(command).error).filter(
    (error) => error !== null,
  );
  const { unacknowledged } = commands;
  let hint = "";
  if (unacknowledged) {
    hint = t(
      "The kernel has not answered yet. It may be compiling or running a long step. To stop safely, interrupt the kernel (■).",
    );
  } else if (afterCell) {
    hint = t(
      "The buttons take effect when the cell ends. To stop safely now, interrupt the kernel (■).",
    );
  }
  return (
    <div class="kw-notes" aria-live="polite">
      <p id={noteId} class="kw-error">
        {rateRefusal ?? commands.state("set_learning_rate").error}
      </p>
      {errors.map((error) => (
        <p key={error} class="kw-error">
          {error}
        </p>
      ))}
      <p class={unacknowledged ? "kw-hint kw-hint-strong" : "kw-hint"}>
        {hint || commands.state("checkpoint").note}
      </p>
    </div>
  );
}

/** Return a text for the command that the kernel has not carried out yet, or "". */
export function pendingCommandText(
  { status, detail, phase }: Progress,
  commands: Commands,
): string {
  const starting = phase === "starting";
  if (status === "stopping") return detail || t("Stopping after this batch…");
  if (commands.state("stop").pending) {
    if (status === "paused") return t("Stopping…");
    return starting ? t("Stopping before the first batch…") : t("Stopping after this batch…");
  }
  if (commands.state("pause").pending && status === "running") {
    return starting ? t("Pausing before the first batch…") : t("Pausing after this batch…");
  }
  if (commands.state("resume").pending) return t("Resuming…");
  return "";
}
