/** The context of all fields of one form: sends changes, draws the fields of a nested object. */

import { createContext, type FunctionComponent } from "preact";
import { useContext } from "preact/hooks";
import type { Parameter, Path, Reply, Value } from "../../protocol";

/** Sends changes to the kernel; the field itself shows a refusal. */
export interface Changes {
  setText(path: Path, text: string): Promise<Reply>;
  setValue(path: Path, value: Value): Promise<Reply>;
  reset(path: Path): Promise<Reply>;
}

export interface FieldListProps {
  parameters: readonly Parameter[];
  values: Record<string, Value>;
  /** By parameter. */
  errors: Record<string, string>;
  /** Of the object that the parameters belong to. */
  path: Path;
}

export interface FormContextValue {
  changes: Changes;
  /** Draws the fields of an object inside the form. Passed in, since a field list draws fields. */
  FieldList: FunctionComponent<FieldListProps>;
}

export const FormContext = createContext<FormContextValue | null>(null);

export function useFormContext(): FormContextValue {
  return useContext(FormContext)!;
}

export function useChanges(): Changes {
  return useFormContext().changes;
}
