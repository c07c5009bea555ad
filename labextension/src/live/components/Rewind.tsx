/** Choose a checkpoint of the running fit and return to it. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import type { Checkpoint } from "../protocol";
import type { Commands } from "./useCommands";

interface RewindProps {
  checkpoints: readonly Checkpoint[];
  commands: Commands;
}

export function Rewind({ checkpoints, commands }: RewindProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  const latest = checkpoints.at(-1);
  if (latest === undefined) return null;
  const selected = checkpoints.some(({ name }) => name === chosen) ? chosen! : latest.name;
  const { pending } = commands.state("rewind");
  return (
    <div class="kw-rewind">
      <select
        class="kw-select"
        aria-label={t("Checkpoint to return to")}
        value={selected}
        onChange={(event) => setChosen(event.currentTarget.value)}
      >
        {checkpoints.map(({ name, text, step }) => (
          <option key={name} value={name}>
            {t("%1, step %2", translated(text), formatCount(step))}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="kw-button"
        title={t("Restores the state of the checkpoint and trains from there, as a branch")}
        aria-busy={pending}
        onClick={() => {
          if (!pending) void commands.run("rewind", { text: selected });
        }}
      >
        {t("Rewind")}
      </button>
    </div>
  );
}
