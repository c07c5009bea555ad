/** The toolbar of the charts: x axis, smoothing, log scale, table, and saving a picture. */

import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { ChartAxis, ChartOptions } from "../chart/curves";
import { axisLabel } from "../labels";
import { X_AXES } from "../protocol";

interface ToolbarProps {
  options: ChartOptions;
  axes?: readonly { axis: ChartAxis; label: string }[];
  /** Whether the table of the values is shown; null where there is none. */
  table: boolean | null;
  onOptions: (change: Partial<ChartOptions>) => void;
  onTable?: (shown: boolean) => void;
  onSavePicture: (event: MouseEvent) => void;
}

export function Toolbar(props: ToolbarProps) {
  const { options, table, onOptions, onTable, onSavePicture } = props;
  const axes = props.axes ?? X_AXES.map((axis) => ({ axis, label: axisLabel(axis) }));
  const group = useUniqueId("axis");
  return (
    <div class="kw-toolbar">
      <div class="kw-axis" role="radiogroup" aria-label={t("X axis")}>
        {axes.map(({ axis, label }) => (
          <label key={axis} class="kw-segment">
            <input
              type="radio"
              name={group}
              value={axis}
              checked={options.xAxis === axis}
              onChange={() => onOptions({ xAxis: axis })}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <label class="kw-smoothing">
        <span>{t("Smoothing")}</span>
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          aria-label={t("Smoothing")}
          aria-valuetext={options.smoothing ? options.smoothing.toFixed(2) : t("off")}
          value={options.smoothing}
          onInput={(event) => onOptions({ smoothing: Number(event.currentTarget.value) })}
        />
        <span class="kw-smoothing-value" aria-hidden="true">
          {options.smoothing ? options.smoothing.toFixed(2) : t("off")}
        </span>
      </label>
      <div class="kw-toggles">
        <button
          type="button"
          class="kw-toggle"
          aria-pressed={options.logScale}
          // For all charts, also those that have been set apart.
          onClick={() => onOptions({ logScale: !options.logScale, otherScale: [] })}
        >
          {t("Log scale")}
        </button>
        {table !== null && (
          <button
            type="button"
            class="kw-toggle"
            aria-pressed={table}
            aria-expanded={table}
            onClick={() => onTable?.(!table)}
          >
            {t("Table")}
          </button>
        )}
        <button
          type="button"
          class="kw-toggle"
          title={t("White background; hold Shift to use the colors of the page")}
          onClick={onSavePicture}
        >
          {t("Save picture")}
        </button>
      </div>
    </div>
  );
}
