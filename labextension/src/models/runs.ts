/** Parses the list of fits that a kernel sends. */

import { FINAL_STATUSES, STATUSES, type Status } from "../live/protocol";
import { Fields } from "../shared/fields";

export interface RunBrief {
  run_id: string;
  model_name: string;
  /** Key of the model in training; null when it no longer exists. */
  model: string | null;
  status: Status;
  /** Unix time at which its view was shown. */
  started_at: number;
  /** The cell whose output has the view, and the connection that executed it; null without one. */
  cell_id: string | null;
  client: string | null;
}

/** Parse the payload of `runs`, latest first. Throws a ProtocolError. */
export function parseRuns(payload: unknown): RunBrief[] {
  return new Fields(payload, "runs").list("runs", (run) => {
    const text = (name: string) => run.nullable(name, () => run.string(name));
    return {
      run_id: run.string("run_id"),
      model_name: run.string("model_name"),
      model: text("model"),
      status: run.oneOf("status", STATUSES),
      started_at: run.finite("started_at"),
      cell_id: text("cell_id"),
      client: text("client"),
    };
  });
}

/** Return whether the fit has not ended yet. */
export function isActive({ status }: RunBrief): boolean {
  return !FINAL_STATUSES.has(status);
}
