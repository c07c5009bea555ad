/** The arguments of an object as a form inside the form, folded by its heading. */

import { t } from "../../../shared/translation";
import type { Parameter, Path, Value } from "../../protocol";
import { useFormContext } from "./formContext";

interface ObjectArgumentsProps {
  name: string;
  title: string;
  parameters: readonly Parameter[];
  values: Record<string, Value>;
  path: Path;
}

export function ObjectArguments({ name, title, parameters, values, path }: ObjectArgumentsProps) {
  const { FieldList } = useFormContext();
  if (parameters.length === 0) return null;
  return (
    <details class="kw-b-nested" open>
      <summary>{title}</summary>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend of its own */}
      <div role="group" aria-label={t("Arguments of %1", name)}>
        <FieldList parameters={parameters} values={values} errors={NO_ERRORS} path={path} />
      </div>
    </details>
  );
}

const NO_ERRORS: Record<string, string> = {};
