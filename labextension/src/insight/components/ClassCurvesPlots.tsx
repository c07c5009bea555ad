/** Whether probabilities can be trusted, and what thresholds would give. */

import { t } from "../../shared/translation";
import { formatFigure } from "../labels";
import type { ClassCurves } from "../protocol";
import { areaUnder, calibrationError } from "../rates";
import { Plot, type Scales } from "./Plot";

const UNIT = [0, 1] as const;

export function ClassCurvesPlots({ curves }: { curves: ClassCurves }) {
  const { reliability, roc, precision_recall } = curves;
  const bins = reliability.filter(([mean, right]) => Number.isFinite(mean + right));
  const error = calibrationError(reliability);
  const most = Math.max(1, ...reliability.map(([, , count]) => count));
  const path = (points: readonly (readonly number[])[], { x, y }: Scales) =>
    points.map(([a, b], i) => `${i ? "L" : "M"}${x(a!)} ${y(b!)}`).join("");
  const diagonal = ({ x, y }: Scales) => (
    <path class="kw-i-equal" d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} />
  );
  return (
    <div class="kw-i-plots">
      <figure>
        <figcaption>
          {t("Reliability: probabilities are off by %1 on average", formatFigure(error))}
        </figcaption>
        <Plot
          label={t("Share that was right, by the predicted probability")}
          xTitle={t("predicted probability")}
          yTitle={t("share that was right")}
          xRange={UNIT}
          yRange={UNIT}
        >
          {(scales) => (
            <>
              {diagonal(scales)}
              <path class="kw-i-line" d={path(bins, scales)} />
              {bins.map(([mean, right, count]) => (
                <circle
                  key={mean}
                  class="kw-i-point"
                  cx={scales.x(mean)}
                  cy={scales.y(right)}
                  r={2 + 4 * Math.sqrt(count / most)}
                >
                  <title>{t("%1 samples", count)}</title>
                </circle>
              ))}
            </>
          )}
        </Plot>
      </figure>
      {roc.length > 1 && (
        <figure>
          <figcaption>{t("ROC: area %1", formatFigure(areaUnder(roc)))}</figcaption>
          <Plot
            label={t("True positive rate by the false positive rate")}
            xTitle={t("false positive rate")}
            yTitle={t("true positive rate")}
            xRange={UNIT}
            yRange={UNIT}
          >
            {(scales) => (
              <>
                {diagonal(scales)}
                <path class="kw-i-line" d={path(roc, scales)} />
              </>
            )}
          </Plot>
        </figure>
      )}
      {precision_recall.length > 1 && (
        <figure>
          <figcaption>
            {t("Precision–recall: area %1", formatFigure(areaUnder(precision_recall)))}
          </figcaption>
          <Plot
            label={t("Precision by recall")}
            xTitle={t("recall")}
            yTitle={t("precision")}
            xRange={UNIT}
            yRange={UNIT}
          >
            {(scales) => <path class="kw-i-line" d={path(precision_recall, scales)} />}
          </Plot>
        </figure>
      )}
    </div>
  );
}
