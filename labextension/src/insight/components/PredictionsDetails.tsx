/** What is shown of an epoch's predictions besides the figures, as its task needs it. */

import { useMemo, useState } from "preact/hooks";
import { t } from "../../shared/translation";
import type { Filter } from "../filter";
import { type Cell, matrixOf } from "../matrix";
import type { Details, PredictionsPart } from "../protocol";
import type { InsightSource } from "../source";
import { matrixAt, tableAt } from "../threshold";
import { ClassCurvesPlots } from "./ClassCurvesPlots";
import { ClassesTableView } from "./ClassesTableView";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { useHold } from "./hooks";
import { MostConfused } from "./MostConfused";
import { RegressionPlots } from "./RegressionPlots";
import { SamplesView } from "./SamplesView";
import { Threshold } from "./Threshold";

interface PredictionsDetailsProps {
  source: InsightSource;
  part: PredictionsPart;
  details: Details;
  /** Whether other predictions were asked for, and have not come yet. */
  busy: boolean;
}

export function PredictionsDetails({ source, part, details, busy }: PredictionsDetailsProps) {
  const [filter, setFilter] = useState<Filter>(null);
  const [moved, setMoved] = useState<number | null>(null);
  const { classes, curves, regression } = details;
  const scores = classes?.scores ?? null;
  const threshold = moved ?? scores?.threshold ?? 0.5;
  const table = useMemo(
    () => (classes && moved !== null ? tableAt(classes, moved) : classes),
    [classes, moved],
  );
  const isBinary = classes?.names.length === 2 && part.task === "binary";
  const confusion =
    details.confusion && scores && moved !== null && isBinary
      ? matrixAt(details.confusion, scores, threshold)
      : details.confusion;
  const matrix = confusion && matrixOf(confusion);
  const className = (index: number) => classes?.names[index] ?? String(index);
  const held = useHold(table);
  const toggle = (cell: Cell) =>
    setFilter((now) => (now?.true === cell.true && now.predicted === cell.predicted ? null : cell));
  return (
    <div class="kw-i-details" data-busy={busy} aria-busy={busy}>
      {scores && (
        <Threshold
          value={threshold}
          bins={scores.bins}
          first={scores.threshold}
          onChange={setMoved}
        />
      )}
      <div class="kw-i-columns" data-single={!matrix}>
        {confusion &&
          (matrix ? (
            <ConfusionMatrix
              matrix={matrix}
              className={className}
              selected={filter}
              onSelect={toggle}
              onClear={() => setFilter(null)}
            />
          ) : (
            <MostConfused
              confusion={confusion}
              support={classes?.support ?? []}
              className={className}
              selected={filter}
              onSelect={toggle}
            />
          ))}
        {held.value && (
          <ClassesTableView
            table={held.value}
            selected={filter}
            onSelect={(row) =>
              setFilter((now) =>
                now?.true === row && now.predicted === undefined ? null : { true: row },
              )
            }
            hold={held}
          />
        )}
        {regression && <RegressionPlots regression={regression} />}
      </div>
      <SamplesView
        source={source}
        part={part}
        details={details}
        filter={filter}
        className={className}
        onClear={() => setFilter(null)}
      />
      {curves && (
        <details class="kw-i-more">
          <summary>
            {curves.roc.length > 0 ? t("Reliability, ROC and precision–recall") : t("Reliability")}
          </summary>
          <ClassCurvesPlots curves={curves} />
        </details>
      )}
    </div>
  );
}
