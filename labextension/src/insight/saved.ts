/** Chooses what a page writes of a store into a notebook: as the kernel does when a fit ends. */

import type { InsightStore } from "./store";

type Part = Record<string, unknown>;

/** Of what a notebook keeps; the kernel's own limit is the same. */
const MAX_BYTES = 40_000;
const MAX_MISTAKES = 12;

/** Return the parts of a fit with the pictures that they show, as far as they fit into a notebook. */
export function partsToSave(store: InsightStore, fit: number): Part[] {
  const parts: Part[] = [];
  let room = MAX_BYTES;
  const add = (part: string, value: unknown) => {
    const size = JSON.stringify(value).length;
    if (size > room) return;
    room -= size;
    parts.push({ part, fit, [part]: value });
  };
  const latest = store.part(fit, "predictions") as Part | undefined;
  const pictures: Part = {};
  if (latest) {
    const shown = (store.epoch(fit, String(latest.output), Number(latest.epoch)) ?? latest) as Part;
    const details = shown.details as Part | null;
    const mistakes = listOf(details?.mistakes).slice(0, MAX_MISTAKES);
    const watched = details && { watched: [] };
    add("predictions", { ...shown, details: details && { ...details, mistakes, ...watched } });
    for (const hash of mistakes.flatMap(hashesOf)) {
      const url = store.pictures.get(hash);
      if (url) pictures[hash] = url;
    }
  }
  const data = store.part(fit, "data") as Part | undefined;
  if (data) add("data", { ...data, samples: [] });
  const layers = store.part(fit, "layers");
  if (layers) add("layers", layers);
  if (Object.keys(pictures).length) add("pictures", pictures);
  return parts;
}

function hashesOf(sample: Part): string[] {
  const looks = (sample.looks ?? {}) as Part;
  return [looks.picture, looks.true_picture, looks.predicted_picture].filter(
    (hash) => typeof hash === "string",
  );
}

function listOf(value: unknown): Part[] {
  return Array.isArray(value) ? value : [];
}
