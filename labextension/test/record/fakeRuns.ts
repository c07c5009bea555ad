/** Runs as a kernel would list them, and a source that answers at once. */

import { parseMessage } from "../../src/live/parse";
import type { RequestKind, Requests, RunRow } from "../../src/record/protocol";
import type { RunsSource } from "../../src/record/source";
import { wireProgress, wireRun, wireSnapshot, wireTable } from "../live/messages";

export function row(id: string, change: Partial<RunRow> = {}): RunRow {
  return {
    id,
    name: "",
    tags: [],
    notes: "",
    state: "finished",
    diverged: false,
    detail: "",
    kind: "fit",
    created: 1_780_000_000,
    seconds: 60,
    epoch: 2,
    epochs: 2,
    step: 4,
    model_name: "digits",
    optimizer: "Adam",
    backend: "jax",
    device: "CPU",
    notebook: null,
    metrics: [{ name: "loss", direction: "min" }],
    values: new Map([["loss", 0.5]]),
    best: new Map(),
    parent: null,
    bytes: 1000,
    checkpoint_bytes: 0,
    ...change,
  };
}

type Answers = {
  [K in RequestKind]?: (payload: Requests[K]["payload"]) => Requests[K]["answer"];
};

/** Answers requests; those without an answer here are refused. */
export class FakeSource implements RunsSource {
  readonly sent: { kind: RequestKind; payload: unknown }[] = [];
  revision = 1;

  constructor(
    public rows: RunRow[],
    private readonly answers: Answers = {},
  ) {}

  request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]> {
    this.sent.push({ kind, payload });
    const answer = this.answers[kind] ?? this.defaults()[kind];
    try {
      if (!answer) throw new Error(`no answer to ${kind}`);
      return Promise.resolve(answer(payload) as Requests[K]["answer"]);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  of(kind: RequestKind): unknown[] {
    return this.sent.filter((sent) => sent.kind === kind).map(({ payload }) => payload);
  }

  private defaults(): Answers {
    return {
      list_runs: ({ scope }) => ({
        revision: ++this.revision,
        scope,
        folder: "/home/ann/.kwidgets/runs",
        rows: this.rows,
        ids: this.rows.map(({ id }) => id),
        unreadable: [],
      }),
      run_curves: ({ run }) => ({ run, seen: "1", snapshot: curves(run) }),
      edit_run: () => null,
      delete_runs: ({ runs }) => {
        this.rows = this.rows.filter(({ id }) => !runs.includes(id));
        return { bytes: 1000, problems: [] };
      },
    };
  }
}

function curves(run: string) {
  const message = parseMessage(
    wireSnapshot({
      run: wireRun({ run_id: run }),
      progress: wireProgress({ status: "finished" }),
      epoch: wireTable({ step: [2, 4], epoch: [1, 2], seconds: [1, 2], "training/loss": [2, 1] }),
    }),
  );
  return message.kind === "snapshot" ? message.payload : null;
}
