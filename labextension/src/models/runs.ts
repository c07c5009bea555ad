/** Parses the list of fits that a kernel sends. */

import { FINAL_STATUSES, STATUSES, type Status } from "../live/protocol";
import { Fields } from "../shared/fields";

export interface RunBrief {
  run_id: string;
  model_name: string;
  /** Key of the model in training; null when it no longer exists. */
  model: string | null;
  status: Status;
}

/** Parse the payload of `runs`, latest first. Throws a ProtocolError. */
export function parseRuns(payload: unknown): RunBrief[] {
  return new Fields(payload, "runs").list("runs", (run) => ({
    run_id: run.string("run_id"),
    model_name: run.string("model_name"),
    model: run.nullable("model", () => run.string("model")),
    status: run.oneOf("status", STATUSES),
  }));
}

/** Return whether the fit has not ended yet. */
export function isActive({ status }: RunBrief): boolean {
  return !FINAL_STATUSES.has(status);
}
