/** A menu of choices behind an icon: a native select whose text is in its menu only. */

import { t } from "../../shared/translation";

const PATHS = {
  filter: "M2 3.5h12L9.5 8.7v4L6.5 14V8.700z",
  order: "M4.500 3v10M2.200 10.700 4.500 13l2.300-2.300M9 4h5M9 8h4M9 12h3",
  copy: "M5.500 5.500h7.500v8H5.500zM3 10.500v-8h7.500",
} as const;

interface IconSelectProps<T extends string> {
  icon: keyof typeof PATHS;
  label: string;
  /** The current choice; null: a menu of commands. */
  value: T | null;
  choices: [value: T, text: string][];
  /** Whether the tree is as it is without a choice; else the icon stands out. */
  isDefault: boolean;
  onChoose: (value: T) => void;
}

export function IconSelect<T extends string>(props: IconSelectProps<T>) {
  const { icon, label, value, choices, isDefault, onChoose } = props;
  const current = choices.find(([choice]) => choice === value)?.[1];
  return (
    <span
      class="kw-icon-select"
      data-chosen={!isDefault}
      title={current === undefined ? label : t("%1: %2", label, current)}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path
          d={PATHS[icon]}
          fill="none"
          stroke="currentColor"
          stroke-width="1.3"
          stroke-linejoin="round"
          stroke-linecap="round"
        />
      </svg>
      <select
        aria-label={label}
        value={value ?? ""}
        onChange={(event) => {
          const chosen = event.currentTarget.value as T;
          if (value === null) event.currentTarget.value = "";
          onChoose(chosen);
        }}
      >
        {value === null && <option value="" hidden />}
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}
