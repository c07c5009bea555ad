/** The legend of all charts, with only the lines that are drawn. */

import { t } from "../../shared/translation";

export type SwatchKind = "batch" | "smoothed" | "training" | "validation" | "best" | "mark";

/** A sample of a line as the charts draw it, distinguished by dash and marker too. */
export function Swatch({ kind }: { kind: SwatchKind }) {
  return (
    <svg
      class="kw-swatch"
      data-kind={kind}
      viewBox="0 0 24 10"
      width="24"
      height="10"
      aria-hidden="true"
    >
      {kind === "mark" && <path class="kw-swatch-line" d="M12 -1V11" />}
      {kind !== "best" && kind !== "mark" && <path class="kw-swatch-line" d="M1 5H23" />}
      {kind === "training" && <circle class="kw-swatch-marker" cx="12" cy="5" r="3" />}
      {kind === "validation" && <path class="kw-swatch-marker" d="M12 1l4 4-4 4-4-4z" />}
      {kind === "best" && (
        <path
          class="kw-swatch-marker"
          d="M12 0l1.4 3.3 3.6.3-2.7 2.4.8 3.5L12 7.6 8.9 9.5l.8-3.5L7 3.6l3.6-.3z"
        />
      )}
    </svg>
  );
}

export interface LegendProps {
  batch: boolean;
  running: boolean;
  smoothed: boolean;
  training: boolean;
  validation: boolean;
  best: boolean;
  marks: boolean;
}

export function Legend(shown: LegendProps) {
  const items: [SwatchKind, string, boolean][] = [
    ["batch", shown.running ? t("batches (or running value)") : t("batches"), shown.batch],
    ["smoothed", t("batches, smoothed"), shown.batch && shown.smoothed],
    ["training", t("training, per epoch"), shown.training],
    ["validation", t("validation"), shown.validation],
    ["best", t("best epoch"), shown.best],
    ["mark", t("marks"), shown.marks],
  ];
  return (
    <ul class="kw-legend" aria-label={t("Legend")}>
      {items.map(([kind, text, visible]) =>
        visible ? (
          <li key={kind}>
            <Swatch kind={kind} />
            {text}
          </li>
        ) : null,
      )}
    </ul>
  );
}
