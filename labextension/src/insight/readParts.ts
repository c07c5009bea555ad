/** Parses the parts of a store when they are shown, each once. */

import { ProtocolError } from "../shared/fields";
import { parseData, parseLayers, parsePredictions } from "./parse";
import { parseSampleDetails, parseSamplesPart } from "./parseSamples";
import type { DataPart, LayersPart, PredictionsPart, SampleDetails, SamplesPart } from "./protocol";
import type { InsightStore } from "./store";

const parsed = new WeakMap<object, unknown>();

/** Return what `parse` makes of a value; null for none, and for one of another version. */
function parseOnce<T>(value: unknown, parse: (value: unknown) => T): T | null {
  if (typeof value !== "object" || value === null) return null;
  if (!parsed.has(value)) {
    try {
      parsed.set(value, parse(value));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      console.warn(`kwidgets: message ignored. ${error.message}`);
      parsed.set(value, null);
    }
  }
  return parsed.get(value) as T | null;
}

export function readPredictions(store: InsightStore, fit: number): PredictionsPart | null {
  return parseOnce(store.part(fit, "predictions"), parsePredictions);
}

/** Return the predictions of an epoch with their details, or null. */
export function readEpoch(
  store: InsightStore,
  fit: number,
  output: string,
  epoch: number,
): PredictionsPart | null {
  return parseOnce(store.epoch(fit, output, epoch), parsePredictions);
}

export function readSamples(store: InsightStore, fit: number): SamplesPart | null {
  return parseOnce(store.part(fit, "samples"), parseSamplesPart);
}

/** Return what is known of one sample, or null. */
export function readSample(store: InsightStore, fit: number, key: string): SampleDetails | null {
  const details = parseOnce(store.part(fit, "sample"), parseSampleDetails);
  return details?.sample.key === key ? details : null;
}

export function readLayers(store: InsightStore, fit: number): LayersPart | null {
  return parseOnce(store.part(fit, "layers"), parseLayers);
}

export function readData(store: InsightStore, fit: number): DataPart | null {
  return parseOnce(store.part(fit, "data"), parseData);
}
