/** Encodes a store as the snapshot that a notebook saves and `parse.ts` reads. */

import { partsToSave } from "../insight/saved";
import { type Envelope, PROTOCOL_VERSION, type WireNumber } from "../protocol";
import type { Columns } from "./columns";
import type { RunStore } from "./store";

/** Return a snapshot of the whole store, or null while it is empty. */
export function encodeSnapshot(store: RunStore): Envelope | null {
  const { run, progress } = store;
  if (!run || !progress) return null;
  const rate = progress.learning_rate;
  const insight = partsToSave(store.insight, run.fit);
  return {
    v: PROTOCOL_VERSION,
    kind: "snapshot",
    payload: {
      sequence: store.sequence,
      run,
      progress: { ...progress, learning_rate: rate === null ? null : wireNumber(rate) },
      batch: encodeTable(store.batch),
      epoch: encodeTable(store.epoch),
      best: Object.fromEntries(store.best),
      marks: store.marks,
      earlier_start: store.earlierStart,
      earlier: store.earlier.map(({ summary, saved }) => ({ summary, snapshot: saved })),
      ...(insight.length && { insight }),
      ...(store.workers && { workers: store.workers }),
    },
  };
}

function encodeTable(table: Columns): object {
  const { names, rows } = table;
  const bytes = new DataView(new ArrayBuffer(4 * names.length * rows));
  names.forEach((name, i) => {
    table.get(name)?.forEach((value, row) => {
      bytes.setFloat32(4 * (i * rows + row), value, true);
    });
  });
  // nbformat writes each number of a list on a line of its own: hence text.
  return { start: 0, rows, columns: names, data: base64(new Uint8Array(bytes.buffer)) };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}

function wireNumber(value: number): WireNumber {
  return Number.isFinite(value) ? value : (String(value) as WireNumber);
}
