/** How the user chose to see a run, kept in the page. */

import { useState } from "preact/hooks";
import type { ChartOptions } from "../chart/curves";
import type { RunInfo } from "../protocol";
import { firstChoices, saveLastingChoices, saveViewChoices } from "../viewChoices";

export function useViewChoices(run: RunInfo) {
  const [choices, setChoices] = useState(() => firstChoices(run.run_id, run.options));
  const choose = (change: Partial<typeof choices>) => {
    setChoices((now) => ({ ...now, ...change }));
    saveViewChoices(run.run_id, change);
    const { options, table, metrics } = change;
    saveLastingChoices({
      ...(options && { options }),
      ...(table !== undefined && { table }),
      ...(metrics !== undefined && { metrics }),
    });
  };
  const setOptions = (change: Partial<ChartOptions>) =>
    choose({ options: { ...choices.options, ...change } });
  return { choices, choose, setOptions };
}
