/** What tables and drawings need of the trials: sorted, ranked, placed on axes. */

import type { Direction, Param, ParamValue, Trial } from "./protocol";

/** A column: one of these, or `param:` with the name of a hyperparameter. */
export type SortKey = "number" | "state" | "value" | "epochs" | "seconds" | `param:${string}`;

export interface Sorting {
  key: SortKey;
  descending: boolean;
}

export const NEWEST_FIRST: Sorting = { key: "number", descending: true };

/** Return the trials in the order of a column; what has no value comes last. */
export function sortTrials(trials: Iterable<Trial>, { key, descending }: Sorting): Trial[] {
  const sign = descending ? -1 : 1;
  return [...trials].sort((a, b) => {
    const [first, second] = [cell(a, key), cell(b, key)];
    if (first === second) return b.number - a.number;
    if (first === null) return 1;
    if (second === null) return -1;
    if (typeof first === "number" && typeof second === "number") return sign * (first - second);
    return sign * String(first).localeCompare(String(second));
  });
}

function cell(trial: Trial, key: SortKey): string | number | null {
  if (key.startsWith("param:")) {
    const value = trial.params.get(key.slice("param:".length));
    return value === undefined ? null : typeof value === "number" ? value : String(value);
  }
  const cells = {
    number: trial.number,
    state: trial.state,
    value: trial.value === null || Number.isNaN(trial.value) ? null : trial.value,
    epochs: trial.trained,
    seconds: trial.seconds,
  };
  return cells[key as keyof typeof cells];
}

/** Return how good each complete trial is among the others, from 0 (worst) to 1 (best). */
export function ranks(trials: Iterable<Trial>, direction: Direction): Map<number, number> {
  const known = [...trials].filter(
    ({ state, value }) => state === "complete" && value !== null && Number.isFinite(value),
  );
  const sign = direction === "maximize" ? 1 : -1;
  known.sort((a, b) => sign * (a.value! - b.value!));
  return new Map(known.map(({ number }, i) => [number, (i + 1) / known.length]));
}

/** Return the best value so far after each complete trial: [number, value] where it became better. */
export function bestHistory(trials: Iterable<Trial>, direction: Direction): [number, number][] {
  const steps: [number, number][] = [];
  for (const { number, state, value } of trials) {
    if (state !== "complete" || value === null || !Number.isFinite(value)) continue;
    const best = steps.at(-1)?.[1];
    const isBetter = best === undefined || (direction === "maximize" ? value > best : value < best);
    if (isBetter) steps.push([number, value]);
  }
  return steps;
}

/** Return where a value of a hyperparameter is on its axis, from 0 to 1; null if nowhere. */
export function placeOnAxis(param: Param, value: ParamValue | undefined): number | null {
  if (value === undefined) return null;
  if (param.choices.length) {
    const at = param.choices.indexOf(value);
    return at < 0 ? null : (at + 0.5) / param.choices.length;
  }
  const { low, high } = param;
  if (typeof value !== "number" || low === null || high === null) return null;
  const scale = (number: number) => (param.log && number > 0 ? Math.log(number) : number);
  const size = scale(high) - scale(low);
  return size > 0 ? (scale(value) - scale(low)) / size : 0.5;
}

/** Return a range of values in which the worst outliers do not squeeze the others. */
export function robustRange(values: readonly number[], direction: Direction): [number, number] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return [0, 1];
  let [low, high] = [sorted[0]!, sorted.at(-1)!];
  const quarter = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  const spread = 3 * (quarter(0.75) - quarter(0.25));
  if (sorted.length >= 8 && spread > 0) {
    if (direction === "minimize") high = Math.min(high, quarter(0.75) + spread);
    else low = Math.max(low, quarter(0.25) - spread);
  }
  if (low === high) return [low - 0.5, high + 0.5];
  const margin = 0.04 * (high - low);
  return [low - margin, high + margin];
}
