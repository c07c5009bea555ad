/** Builds messages as a kernel sends them. */

import { parseMessage } from "../../src/live/parse";
import type { KernelMessage, Table } from "../../src/live/protocol";

/** Bytes as base64. */
export function base64(bytes: ArrayBufferLike): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** A table's wire form; `columns` maps names to equally long lists. */
export function wireTable(columns: Record<string, number[]>, start = 0) {
  const names = Object.keys(columns);
  const rows = columns[names[0] ?? ""]?.length ?? 0;
  const values = new Float32Array(names.flatMap((name) => columns[name] ?? []));
  return { start, rows, columns: names, data: base64(values.buffer) as unknown };
}

/** A table as the parser returns it. */
export function table(columns: Record<string, number[]>, start = 0): Table {
  const entries = Object.entries(columns);
  return {
    start,
    rows: entries[0]?.[1].length ?? 0,
    columns: new Map(entries.map(([name, values]) => [name, new Float32Array(values)])),
  };
}

export function wireMetric(name: string, change: Record<string, unknown> = {}) {
  return { name, kind: "mean", direction: "min", group: null, ...change };
}

export function wireRun(change: Record<string, unknown> = {}) {
  return {
    run_id: "r1",
    fit: 1,
    model_name: "digits",
    optimizer: "Adam",
    backend: "tensorflow",
    device: "CPU (2 cores)",
    epochs: 3,
    initial_epoch: 0,
    epochs_before: 0,
    first_epoch: 0,
    metrics: [wireMetric("loss")],
    controls: "live",
    options: { x_axis: "step", smoothing: 0, log_scale: false },
    checkpoints: [],
    ...change,
  };
}

export function wireProgress(change: Record<string, unknown> = {}) {
  return {
    status: "running",
    diverged: false,
    detail: "",
    phase: "training",
    epoch: 1,
    batch: 2,
    batches: 4,
    validation_batch: 0,
    step: 2,
    total_steps: 12,
    elapsed_seconds: 1.5,
    remaining_seconds: 8,
    steps_per_second: 1.3,
    learning_rate: 0.001,
    learning_rate_schedule: null,
    learning_rate_held: false,
    notices: [],
    question: null,
    can_checkpoint: false,
    nan_guard: null,
    devices: [],
    ...change,
  };
}

export function wireWorker(rank: number, change: Record<string, unknown> = {}) {
  return {
    rank,
    host: "node",
    state: "training",
    step: 120,
    step_seconds: 0.052,
    probe_seconds: 0.001,
    waiting: 0.4,
    slow: null,
    devices: [
      {
        kind: "cpu",
        name: "CPU",
        use: 0.34,
        memory_used_bytes: 5e8,
        memory_total_bytes: 1e9,
      },
    ],
    ...change,
  };
}

export function wireWorkers(change: Record<string, unknown> = {}) {
  return {
    state: "training",
    waits_for: null,
    count: 2,
    hosts: 1,
    step_seconds: 0.052,
    rows: [wireWorker(0), wireWorker(1)],
    error: null,
    ...change,
  };
}

export function wireSnapshot(change: Record<string, unknown> = {}) {
  return {
    v: 1,
    kind: "snapshot",
    payload: {
      sequence: 0,
      run: wireRun(),
      progress: wireProgress(),
      batch: wireTable({
        step: [1, 2],
        epoch: [0.25, 0.5],
        seconds: [0.5, 1],
        "mean/loss": [2, 1.5],
      }),
      epoch: wireTable({ step: [], epoch: [], seconds: [] }),
      best: {},
      marks: [],
      earlier_start: 0,
      earlier: [],
      ...change,
    },
  };
}

export function wireUpdate(sequence: number, change: Record<string, unknown> = {}) {
  return { v: 1, kind: "update", payload: { sequence, progress: wireProgress(), ...change } };
}

export function snapshot(change: Record<string, unknown> = {}): KernelMessage {
  return parseMessage(wireSnapshot(change));
}

export function update(sequence: number, change: Record<string, unknown> = {}): KernelMessage {
  return parseMessage(wireUpdate(sequence, change));
}
