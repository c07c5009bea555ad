/** The props of a field, and of the control inside it. */

import type { Parameter, Path, Reply, Value } from "../../protocol";

export interface FieldProps {
  parameter: Parameter;
  path: Path;
  /** Undefined for the default. */
  value: Value | undefined;
  /** The kernel's error about it, or "". */
  error: string;
}

/** The props of every kind of control. */
export interface ControlProps extends Omit<FieldProps, "error"> {
  id: string;
  /** The ids of help and error. */
  describedBy: string;
  invalid: boolean;
  /** Send a change; the field shows a refusal. */
  commit: (change: () => Promise<Reply>) => Promise<boolean>;
  /** Called when a refused value has been reverted. */
  onRevert: () => void;
}
