/** A row of the table of layers, which opens to its histograms over time. */

import { useState } from "preact/hooks";
import { formatCount, formatShort } from "../../shared/format";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { formatShare } from "../labels";
import type { LayerReading } from "../protocol";
import { HistogramRidge, HistogramStrip } from "./HistogramStrip";
import { Sparkline } from "./Sparkline";

const LARGE_UPDATE = 1e-2;
const TINY_UPDATE = 1e-6;
/** The ends of the bar's scale. */
const LOG_RANGE = [-8, 0] as const;
const BAR_WIDTH = 56;

export function LayerRow({ layer, isMeasured }: { layer: LayerReading; isMeasured: boolean }) {
  const [open, setOpen] = useState(false);
  const id = useUniqueId("layer");
  const { name, class_name, size, sampled, norm, norm_history, measured } = layer;
  const latest = layer.histograms.at(-1);
  const from =
    sampled < size
      ? t("from %1 of %2 values", formatCount(sampled), formatCount(size))
      : t("%1 values", formatCount(size));
  return (
    <>
      <tr>
        <th scope="row">
          <button
            type="button"
            class="kw-link kw-i-layer"
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            title={`${class_name}, ${from}`}
            onClick={() => setOpen(!open)}
          >
            {name}
          </button>{" "}
          <span class="kw-i-note">{class_name}</span>
        </th>
        <td>
          <span class="kw-i-pair">
            {formatShort(norm)} <Sparkline values={norm_history} width={48} />
          </span>
        </td>
        <td>
          <Update value={layer.update} />
        </td>
        <td>{layer.gradient === null ? "–" : formatShort(layer.gradient)}</td>
        <td>{formatShare(layer.zeros)}</td>
        <td>
          {latest && (
            <HistogramStrip
              latest={latest}
              first={layer.histograms[0]!}
              label={t("from %1 to %2", formatShort(layer.low), formatShort(layer.high))}
            />
          )}
        </td>
        {isMeasured &&
          (measured ? (
            <>
              <td>{measured.gradient === null ? "–" : formatShort(measured.gradient)}</td>
              <td>
                {formatShort(measured.mean)} ± {formatShort(measured.deviation)}
              </td>
              <td>{formatShare(measured.zeros)}</td>
              <td data-wrong={measured.dead > 0.5}>
                {formatShare(measured.dead)}
                {measured.dead > 0.5 && <b class="kw-i-mark"> {t("many")}</b>}
              </td>
            </>
          ) : (
            <>
              <td>–</td>
              <td>–</td>
              <td>–</td>
              <td>–</td>
            </>
          ))}
      </tr>
      {open && (
        <tr class="kw-i-open" id={id}>
          <td colSpan={isMeasured ? 10 : 6}>
            <div class="kw-i-layer-details">
              <HistogramRidge
                histograms={layer.histograms}
                low={layer.low}
                high={layer.high}
                name={name}
              />
              <p>
                {class_name} · {from}
              </p>
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

/** The update of a step as a bar on a log scale, with a word where it is unusual. */
function Update({ value }: { value: number | null }) {
  if (value === null || Number.isNaN(value)) return <>–</>;
  const [low, high] = LOG_RANGE;
  const share = value > 0 ? (Math.log10(value) - low) / (high - low) : 0;
  const word = value > LARGE_UPDATE ? t("large") : value < TINY_UPDATE ? t("tiny") : "";
  return (
    <span class="kw-i-pair">
      <b class="kw-i-mark">{word}</b>
      <span>{formatShort(value)}</span>
      <span class="kw-i-log" style={{ width: `${BAR_WIDTH}px` }}>
        <span
          data-unusual={word !== ""}
          style={{ width: `${100 * Math.min(1, Math.max(0, share))}%` }}
        />
      </span>
    </span>
  );
}
