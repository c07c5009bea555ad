/** Reads the text of the learning rate field, and computes the steps of its arrow keys. */

import { t } from "../shared/translation";

export type Entry = { ok: true; value: number } | { ok: false; reason: string };

/** Read a learning rate; the reason says what is valid. */
export function readLearningRate(text: string): Entry {
  const trimmed = text.trim();
  const value = Number(trimmed);
  if (trimmed !== "" && Number.isFinite(value) && value > 0) return { ok: true, value };
  return { ok: false, reason: t("Enter a number above 0, such as 0.001.") };
}

/** Return the next of 1, 2, 5 × 10^k above (`direction` 1) or below (−1) `value`. */
export function stepLearningRate(value: number, direction: 1 | -1): number {
  if (!(value > 0) || !Number.isFinite(value)) return 0.001;
  const exponent = Math.floor(Math.log10(value));
  const ladder: number[] = [];
  for (let k = exponent - 1; k <= exponent + 1; k++) {
    for (const digit of [1, 2, 5]) ladder.push(Number(`${digit}e${k}`));
  }
  const next =
    direction > 0
      ? ladder.find((rung) => rung > value * 1.0001)
      : ladder.filter((rung) => rung < value * 0.9999).at(-1);
  return next ?? value;
}
