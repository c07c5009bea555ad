/** The form for the arguments of a layer, the input, compile or fit. */

import { useMemo, useState } from "preact/hooks";
import { t } from "../../../shared/translation";
import type { Edit, Parameter, Path, Value } from "../../protocol";
import { useBuilder } from "../builderContext";
import { Field } from "./Field";
import {
  type Changes,
  type FieldListProps,
  FormContext,
  type FormContextValue,
} from "./formContext";

interface FormProps {
  /** Null while the catalog loads. */
  parameters: readonly Parameter[] | null;
  values: Record<string, Value>;
  /** By parameter. */
  errors: Record<string, string>;
  /** The layer's uid, "input", "compile" or "fit". */
  target: string;
}

export function Form({ parameters, values, errors, target }: FormProps) {
  const { session, announce } = useBuilder();
  const context = useMemo<FormContextValue>(() => {
    const send = async (edit: Edit) => {
      const reply = await session.edit(edit);
      if (reply.ok && reply.message) announce(reply.message);
      return reply;
    };
    const changes: Changes = {
      setText: (path, text) => send({ action: "set", target, path, text }),
      setValue: (path, value) => send({ action: "set", target, path, value }),
      reset: (path) => send({ action: "reset", target, path }),
    };
    return { changes, FieldList };
  }, [session, target, announce]);
  if (!parameters) return <p class="kw-b-hint">{t("Loading the Keras catalog…")}</p>;
  return (
    <FormContext.Provider value={context}>
      <FieldList parameters={parameters} values={values} errors={errors} path={ROOT} />
    </FormContext.Provider>
  );
}

const ROOT: Path = [];

/** The basic fields, and the others behind "More". */
function FieldList({ parameters, values, errors, path }: FieldListProps) {
  const basic = parameters.filter((parameter) => parameter.basic || parameter.required);
  const others = parameters.filter((parameter) => !basic.includes(parameter));
  const wrong = others.some(({ name }) => errors[name]);
  const [more, setMore] = useState(false);
  const set = others.filter(({ name }) => name in values).length;
  const draw = (list: readonly Parameter[]) =>
    list.map((parameter) => (
      <Field
        key={parameter.name}
        parameter={parameter}
        path={[...path, parameter.name]}
        value={values[parameter.name]}
        error={errors[parameter.name] ?? ""}
      />
    ));
  if (parameters.length === 0) return <p class="kw-b-hint">{t("Nothing to set.")}</p>;
  // Without basic fields all are shown.
  if (basic.length === 0) return <div class="kw-b-fields">{draw(others)}</div>;
  return (
    <div class="kw-b-fields">
      {draw(basic)}
      {others.length > 0 && (
        <details
          class="kw-b-more"
          open={more || wrong}
          onToggle={(event) => setMore(event.currentTarget.open)}
        >
          <summary>
            {t("More")}
            {set > 0 && <span class="kw-b-more-count"> {t("(%1 set)", set)}</span>}
          </summary>
          {(more || wrong) && <div class="kw-b-fields">{draw(others)}</div>}
        </details>
      )}
    </div>
  );
}
