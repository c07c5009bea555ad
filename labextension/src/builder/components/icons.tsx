/** The builder's icons, each shown beside a text or in a button with a name. */

const PATHS = {
  up: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  down: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  copy: "M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6",
  off: "M8 2v5.5M4.6 4.2a5 5 0 1 0 6.8 0",
  bin: "M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4",
  undo: "M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7",
  redo: "m10 3 3.5 3.5L10 10M13.5 6.5H6a3.5 3.5 0 0 0 0 7h3",
  plus: "M8 3v10M3 8h10",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  chevron: "m6 3.5 4.5 4.5L6 12.5",
  error: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  warning: "M8 2.2 14.4 13.4H1.6zM8 6.4v3.2M8 11.4v.01",
  tip: "M5.6 10.2a4.2 4.2 0 1 1 4.8 0v1.3H5.6zM6.3 14h3.4",
  blocked: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 5v3.2l2 1.6",
  unknown:
    "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM6.3 6.4a1.7 1.7 0 1 1 2.4 1.7c-.5.3-.7.6-.7 1.1M8 11.2v.01",
  info: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 7.3v3.6M8 5v.01",
  reset: "M3 8a5 5 0 1 1 1.5 3.5M3 12.5v-3h3",
  trained: "m3 8.5 3.5 3.5L13 4.5",
  close: "m4 4 8 8M12 4l-8 8",
  play: "M5 3v10l8-5z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="kw-b-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A button that shows only an icon; its label is also its tooltip, unless `title` is given. */
export function IconButton(props: {
  icon: IconName;
  label: string;
  title?: string;
  disabled?: boolean;
  action?: string;
  tabIndex?: number;
  expanded?: boolean;
  controls?: string;
  onClick?: (event: MouseEvent) => void;
}) {
  return (
    <button
      type="button"
      class="kw-b-iconbutton"
      aria-label={props.label}
      title={props.title ?? props.label}
      disabled={props.disabled ?? false}
      data-action={props.action}
      tabIndex={props.tabIndex}
      aria-expanded={props.expanded}
      aria-controls={props.controls}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
