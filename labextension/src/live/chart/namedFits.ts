/** Chooses of which fits, of those drawn over each other, a chart has room to show the values. */

import { latestValues } from "../latestValues";
import type { MetricInfo } from "../protocol";
import type { DrawnFit } from "./drawInput";

/** What a chart has room for: values of fits, one of which may be the count of the others. */
export const MAX_ENTRIES = 4;

export interface NamedFits {
  /** The fit that is shown, then the best one, then the newest ones. */
  named: DrawnFit[];
  /** Those that have no place, in the same order. */
  others: DrawnFit[];
  /** Number of the fit with the best value of all; null without a direction or a second value. */
  best: number | null;
}

/** Return the value that stands for a fit: of its validation, or else of its training. */
export function valueOfFit({ store }: DrawnFit, metric: Pick<MetricInfo, "name">): number | null {
  const { validation, training, batch } = latestValues(store, metric);
  return validation ?? training ?? batch;
}

/** Return the fits in the order of their interest, split where there is no more room. */
export function namedFits(
  [shown, ...over]: readonly [DrawnFit, ...DrawnFit[]],
  metric: MetricInfo,
): NamedFits {
  const fits = [shown, ...over.sort((a, b) => b.fit - a.fit)];
  const best = bestFit(fits, metric);
  const rank = (fit: DrawnFit) => (fit === shown ? 0 : fit.fit === best ? 1 : 2);
  fits.sort((a, b) => rank(a) - rank(b));
  const room = fits.length > MAX_ENTRIES ? MAX_ENTRIES - 1 : MAX_ENTRIES;
  return { named: fits.slice(0, room), others: fits.slice(room), best };
}

function bestFit(fits: readonly DrawnFit[], metric: MetricInfo): number | null {
  const sign = metric.direction === "max" ? -1 : 1;
  const known = fits
    .map((fit) => ({ fit: fit.fit, value: valueOfFit(fit, metric) ?? NaN }))
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => sign * (a.value - b.value));
  return metric.direction && known.length > 1 ? known[0]!.fit : null;
}
