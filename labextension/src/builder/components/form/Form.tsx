/** A form for the arguments of anything: a layer, the input, compile, fit, an object inside one. */

import { createContext } from "preact";
import { useContext, useMemo, useState } from "preact/hooks";
import { t } from "../../../shared/translation";
import type { Edit, Parameter, Path, Reply, Value } from "../../protocol";
import { useTools } from "../builderContext";
import { Field } from "./Field";

interface FormProps {
  /** Null while the catalog is on its way. */
  parameters: readonly Parameter[] | null;
  values: Record<string, Value>;
  /** By parameter. */
  errors: Record<string, string>;
  /** Whom edits are for. */
  target: string;
}

/** How a field tells the kernel; refusals are shown by the field itself. */
export interface Changes {
  setText(path: Path, text: string): Promise<Reply>;
  setValue(path: Path, value: Value): Promise<Reply>;
  reset(path: Path): Promise<Reply>;
}

const ChangesContext = createContext<Changes | null>(null);

export function useChanges(): Changes {
  return useContext(ChangesContext)!;
}

export function Form({ parameters, values, errors, target }: FormProps) {
  const { session, say } = useTools();
  const changes = useMemo<Changes>(() => {
    const send = async (edit: Edit) => {
      const reply = await session.edit(edit);
      if (reply.ok && reply.message) say(reply.message);
      return reply;
    };
    return {
      setText: (path, text) => send({ action: "set", target, path, text }),
      setValue: (path, value) => send({ action: "set", target, path, value }),
      reset: (path) => send({ action: "reset", target, path }),
    };
  }, [session, target, say]);
  if (!parameters) return <p class="kw-b-hint">{t("Loading what Keras offers…")}</p>;
  return (
    <ChangesContext.Provider value={changes}>
      <Fields parameters={parameters} values={values} errors={errors} path={ROOT} />
    </ChangesContext.Provider>
  );
}

const ROOT: Path = [];

interface FieldsProps extends Omit<FormProps, "parameters" | "target"> {
  parameters: readonly Parameter[];
  path: Path;
}

/** The basic fields, and the others behind "More". */
export function Fields({ parameters, values, errors, path }: FieldsProps) {
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
  if (parameters.length === 0) return <p class="kw-b-hint">{t("There is nothing to set.")}</p>;
  // Nothing is basic: then all is.
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
