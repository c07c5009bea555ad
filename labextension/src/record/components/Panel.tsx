/** A part of the view below the table, with a heading and a button that closes it. */

import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";

interface PanelProps {
  heading: preact.ComponentChildren;
  onClose: () => void;
  children: preact.ComponentChildren;
}

export function Panel({ heading, onClose, children }: PanelProps) {
  const id = useUniqueId("panel");
  return (
    <section class="kw-run-panel" aria-labelledby={id}>
      <header>
        <h3 id={id}>{heading}</h3>
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
