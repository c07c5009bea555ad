/** A part of the view below the table, with a heading and a button that closes it. */

import { t } from "../../shared/translation";

interface PanelProps {
  label: string;
  heading: preact.ComponentChildren;
  onClose: () => void;
  children: preact.ComponentChildren;
}

export function Panel({ label, heading, onClose, children }: PanelProps) {
  return (
    <section class="kw-run-panel" aria-label={label}>
      <header>
        <h3>{heading}</h3>
        <button
          type="button"
          class="kw-chart-button"
          aria-label={t("Close")}
          title={t("Close")}
          onClick={onClose}
        >
          <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
            <path d="M3 3l10 10M13 3L3 13" fill="none" stroke="currentColor" stroke-width="1.5" />
          </svg>
        </button>
      </header>
      {children}
    </section>
  );
}
