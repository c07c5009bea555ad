/** Exports as a kernel would report them, and a source that answers at once. */

import type {
  ExportRow,
  ExportState,
  RequestKind,
  Requests,
  TargetList,
  TargetRow,
} from "../../src/formats/protocol";
import type { ExportSource } from "../../src/formats/source";

export const text = (key: string) => ({ key, values: [] });

export function target(id: string, change: Partial<TargetRow> = {}): TargetRow {
  return {
    id,
    title: id.toUpperCase(),
    runs_on: text(`runs ${id}`),
    suffix: `.${id}`,
    missing: [],
    install: "",
    chosen: false,
    calibrated: false,
    ...change,
  };
}

export function exportRow(id: string, change: Partial<ExportRow> = {}): ExportRow {
  return {
    target: id,
    title: id.toUpperCase(),
    status: "done",
    path: `/home/ann/exports/net.${id}`,
    num_bytes: 1_000,
    difference: {
      maximum: 0,
      mean: 0,
      scale: 1,
      same_class: 1,
      num_samples: 128,
      output: "scores",
    },
    metrics: [],
    latency: [],
    lost: [],
    notes: [],
    problem: null,
    install: "",
    has_code: true,
    has_server: true,
    seconds: 1,
    ...change,
  };
}

export function exportState(rows: ExportRow[] | null, change: Partial<ExportState> = {}) {
  const state: ExportState = {
    job: "export-1",
    revision: 1,
    state: "running",
    model_name: "net",
    folder: "/home/ann/exports",
    rows,
    samples_from: text("the variable x_test"),
    num_samples: 128,
    validation_from: null,
    num_validation: 0,
    metrics: [],
    notes: [],
    step: null,
    seconds: 1,
    ...change,
  };
  return state;
}

export function targetList(change: Partial<TargetList> = {}): TargetList {
  const data = (name: string, num_samples: number, isInput: boolean) => ({
    name,
    shape: `float32, (${num_samples}, 8)`,
    num_samples,
    fits_inputs: isInput,
    fits_targets: !isInput,
  });
  return {
    model: "k-1",
    model_name: "net",
    targets: [
      target("keras", { chosen: true }),
      target("onnx", { chosen: true, missing: ["onnx"], install: "pip install onnx" }),
      target("int8", { calibrated: true }),
    ],
    data: [
      data("x_test", 64, true),
      data("x_train", 640, true),
      data("y_test", 64, false),
      data("y_train", 640, false),
    ],
    samples: "x_test",
    validation: ["x_test", "y_test"],
    folder: "/home/ann/exports",
    job: null,
    slim: ["int8"],
    ...change,
  };
}

type Answers = {
  [K in RequestKind]?: (payload: Requests[K]["payload"]) => Requests[K]["answer"];
};

/** Answers requests; those without an answer here are refused. */
export class FakeExports implements ExportSource {
  readonly sent: { kind: RequestKind; payload: unknown }[] = [];

  constructor(readonly answers: Answers) {}

  request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]> {
    this.sent.push({ kind, payload });
    const answer = this.answers[kind];
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
}
