/** A regression: predictions against targets, and how the errors are distributed. */

import { mergeBins, rangeOf, round } from "../../shared/drawing";
import { formatCount, formatShort } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Regression } from "../protocol";
import { Plot } from "./Plot";

export function RegressionPlots({ regression }: { regression: Regression }) {
  const { columns, column, residual_low, residual_high } = regression;
  const counts = mergeBins(regression.residual_counts);
  const range = rangeOf(regression.true, regression.predicted);
  const name = columns[column] ?? "";
  const points = regression.true.length;
  const most = Math.max(1, ...counts);
  const residuals = rangeOf([residual_low, residual_high]);
  const width = (residuals[1] - residuals[0]) / (counts.length || 1);
  return (
    <>
      <section class="kw-i-box">
        <div class="kw-i-head">
          <h3>{t("Predicted and true values")}</h3>
          <span class="kw-i-note">
            {columns.length > 1
              ? t("Column %1, %2 points", name, formatCount(points))
              : t("%1 points", formatCount(points))}
          </span>
        </div>
        <Plot
          label={t(
            "Predicted against true values, from %1 to %2, with the line of equality",
            formatShort(range[0]),
            formatShort(range[1]),
          )}
          xTitle={t("true")}
          yTitle={t("predicted")}
          xRange={range}
          yRange={range}
          width={300}
          height={280}
        >
          {({ x, y }) => (
            <>
              <path
                class="kw-i-equal"
                d={`M${x(range[0])} ${y(range[0])}L${x(range[1])} ${y(range[1])}`}
              />
              <path class="kw-i-dots" d={dots(regression, x, y)} />
            </>
          )}
        </Plot>
      </section>
      <section class="kw-i-box">
        <div class="kw-i-head">
          <h3>{t("Errors, predicted − true")}</h3>
        </div>
        <Plot
          label={t(
            "Histogram of the errors, from %1 to %2",
            formatShort(residual_low),
            formatShort(residual_high),
          )}
          xTitle={t("predicted − true")}
          yTitle={t("samples")}
          xRange={residuals}
          yRange={[0, most]}
          width={300}
          height={280}
        >
          {({ x, y, bottom, left, right, top }) => (
            <>
              {counts.map((count, i) => {
                const from = residuals[0] + i * width;
                return (
                  count > 0 && (
                    <rect
                      key={i}
                      class="kw-i-bar-area"
                      x={x(from)}
                      y={y(count)}
                      width={Math.max(0.5, x(from + width) - x(from) - 0.5)}
                      height={bottom - y(count)}
                    />
                  )
                );
              })}
              {x(0) >= left && x(0) <= right && (
                <path class="kw-i-equal" d={`M${x(0)} ${top}V${bottom}`} />
              )}
            </>
          )}
        </Plot>
      </section>
    </>
  );
}

/** Return one path of dots: lines without a length, which round caps make visible. */
function dots(
  { true: truth, predicted }: Regression,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  for (let i = 0; i < truth.length; i++) {
    const [a, b] = [truth[i]!, predicted[i]!];
    if (Number.isFinite(a) && Number.isFinite(b)) path += `M${round(x(a))} ${round(y(b))}h0`;
  }
  return path;
}
