/** Chooses which of a loop's optimizers has its learning rate shown and set. */

import { useEffect, useState } from "preact/hooks";
import { t } from "../../shared/translation";

interface OptimizerChoiceProps {
  names: readonly string[];
  chosen: string;
  /** Resolves with whether the kernel did it. */
  onChoose: (name: string) => Promise<boolean>;
}

export function OptimizerChoice({ names, chosen, onChoose }: OptimizerChoiceProps) {
  // Chosen here, and not yet by the kernel.
  const [wanted, setWanted] = useState<string | null>(null);
  useEffect(() => {
    if (wanted === chosen) setWanted(null);
  }, [wanted, chosen]);
  return (
    <label class="kw-optimizer">
      <span>{t("Optimizer")}</span>
      <select
        value={wanted ?? chosen}
        onChange={(event) => {
          const name = event.currentTarget.value;
          setWanted(name);
          void onChoose(name).then((ok) => {
            if (!ok) setWanted((now) => (now === name ? null : now));
          });
        }}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
