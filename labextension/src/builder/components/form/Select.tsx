/** A native select over options with ids; shows the kernel's value until a choice is accepted. */

import { t } from "../../../shared/translation";

export interface SelectOption {
  id: string;
  label: string;
  group?: string;
}

interface SelectProps {
  id?: string;
  label?: string;
  options: readonly SelectOption[];
  selected: string;
  describedBy?: string;
  invalid?: boolean;
  required?: boolean;
  /** It starts an action, and does not show the chosen option. */
  prompt?: boolean;
  onChoose: (id: string) => Promise<unknown>;
}

export function Select(props: SelectProps) {
  const { options, selected, onChoose } = props;
  const groups = [...new Set(options.map(({ group }) => group ?? ""))];
  const draw = (group: string) =>
    options
      .filter((option) => (option.group ?? "") === group)
      .map(({ id, label }) => (
        <option key={id} value={id} selected={id === selected}>
          {label}
        </option>
      ));
  return (
    <select
      id={props.id}
      class="kw-b-select"
      aria-label={props.label}
      aria-invalid={props.invalid}
      aria-required={props.required}
      aria-describedby={props.describedBy}
      value={selected}
      onChange={(event) => {
        const element = event.currentTarget;
        void onChoose(element.value).then((ok) => {
          if (ok === false || props.prompt) element.value = selected;
        });
      }}
    >
      {groups.map((group) =>
        group ? (
          <optgroup key={group} label={group}>
            {draw(group)}
          </optgroup>
        ) : (
          draw(group)
        ),
      )}
    </select>
  );
}

/** Return the option of a select in which nothing is chosen yet; it cannot be chosen again. */
export function noChoice(): SelectOption {
  return { id: "", label: t("Choose…") };
}
