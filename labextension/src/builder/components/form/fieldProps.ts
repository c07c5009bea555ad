/** The props of a field, and of the control inside it. */

import type { Parameter, Path, Reply, Value } from "../../protocol";

export interface FieldProps {
  parameter: Parameter;
  path: Path;
  /** Undefined when it is left to the default. */
  value: Value | undefined;
  /** What the kernel says is wrong with it, or "". */
  error: string;
}

/** What every kind of control is given. */
export interface ControlProps extends Omit<FieldProps, "error"> {
  id: string;
  /** The ids of help and error. */
  describedBy: string;
  invalid: boolean;
  /** Send a change; its refusal is shown under the field. */
  commit: (change: () => Promise<Reply>) => Promise<boolean>;
  /** What was refused has been taken back. */
  onForget: () => void;
}
