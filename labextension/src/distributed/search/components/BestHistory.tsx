/** The value of each trial in the order in which they were tried, and the best one so far. */

import { t } from "../../../shared/translation";
import { trialTitle } from "../labels";
import type { SearchStore } from "../store";
import { bestHistory, robustRange } from "../trials";
import { Axes } from "./Axes";
import { STAR } from "./TrialCurves";

export function BestHistory({ store }: { store: SearchStore }) {
  const { search, highlighted } = store;
  const trials = [...store.trials.values()].filter(
    ({ value }) => value !== null && Number.isFinite(value),
  );
  const metric = search.metric || t("value");
  const yRange = robustRange(
    trials.map(({ value }) => value!),
    search.direction,
  );
  const last = Math.max(2, ...store.trials.keys());
  const steps = bestHistory(store.trials.values(), search.direction);
  return (
    <figure>
      <figcaption>{t("Best %1 so far", metric)}</figcaption>
      {trials.length === 0 ? (
        <p class="kw-search-nothing">{t("Each trial appears here when it has ended.")}</p>
      ) : (
        <Axes
          label={t("%1 of each trial, and the best so far", metric)}
          xTitle={t("trial")}
          xRange={[-0.5, last + 0.5]}
          yRange={yRange}
          onLeave={() => store.point(null)}
        >
          {({ x, y }) => {
            const inside = (value: number) => y(Math.min(Math.max(value, yRange[0]), yRange[1]));
            const path = steps
              .map(
                ([number, value], i) =>
                  `${i ? "H" : "M"}${x(number)}${i ? "V" : " "}${inside(value)}`,
              )
              .join("");
            return (
              <>
                {steps.length > 0 && <path class="kw-search-best" d={`${path}H${x(last + 0.5)}`} />}
                {trials.map((trial) => {
                  const [cx, cy] = [x(trial.number), inside(trial.value!)];
                  return (
                    // biome-ignore lint/a11y/noStaticElementInteractions: the table has the same for keys
                    <g
                      key={trial.number}
                      class="kw-search-point"
                      data-state={trial.state}
                      data-best={trial.number === search.best}
                      data-lit={trial.number === highlighted}
                      onPointerEnter={() => store.point(trial.number)}
                      onPointerDown={() => store.choose(trial.number)}
                    >
                      <title>{trialTitle(trial)}</title>
                      <circle class="kw-search-near" cx={cx} cy={cy} r={8} />
                      {trial.number === search.best ? (
                        <path
                          class="kw-search-star"
                          transform={`translate(${cx} ${cy})`}
                          d={STAR}
                        />
                      ) : trial.state === "pruned" ? (
                        <path class="kw-search-cross" d={`M${cx - 3} ${cy - 3}l6 6m0-6l-6 6`} />
                      ) : (
                        <circle class="kw-search-dot" cx={cx} cy={cy} r={3} />
                      )}
                    </g>
                  );
                })}
              </>
            );
          }}
        </Axes>
      )}
    </figure>
  );
}
