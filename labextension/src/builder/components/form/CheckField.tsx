/** The control of a True or False: a checkbox. */

import type { ControlProps } from "./fieldProps";
import { useChanges } from "./formContext";

export function CheckField(props: ControlProps) {
  const { parameter, path, value, id, describedBy, invalid, commit } = props;
  const changes = useChanges();
  const checked = (value === undefined ? parameter.default : value) === true;
  return (
    <span class="kw-b-check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        onChange={(event) => {
          const box = event.currentTarget;
          const wanted = box.checked;
          void commit(() =>
            wanted === parameter.default ? changes.reset(path) : changes.setValue(path, wanted),
          ).then((ok) => {
            if (!ok) box.checked = !wanted;
          });
        }}
      />
      <span aria-hidden="true">{checked ? "True" : "False"}</span>
    </span>
  );
}
