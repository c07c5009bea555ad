/** Choose a checkpoint of the running fit and return to it. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import type { RunSession } from "../session";
import { useCommands } from "./useCommands";

/** Below the charts: the first checkpoint comes while the fit runs, and must not move them. */
export function Rewind({ session }: { session: RunSession }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const { run, progress } = session.store;
  const commands = useCommands(session, progress!.status);
  const checkpoints = run?.checkpoints ?? [];
  const latest = checkpoints.at(-1);
  if (latest === undefined) return null;
  const selected = checkpoints.some(({ name }) => name === chosen) ? chosen! : latest.name;
  const { pending, error } = commands.state("rewind");
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
        title={t(
          "Restores the state of the checkpoint and continues training as a branch. An epoch that has begun trains its remaining batches.",
        )}
        aria-busy={pending}
        onClick={() => {
          if (!pending) void commands.run("rewind", { text: selected });
        }}
      >
        {t("Rewind")}
      </button>
      {error && (
        <p class="kw-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
