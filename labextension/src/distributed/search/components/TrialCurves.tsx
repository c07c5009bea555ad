/** The curves of all trials over each other: the metric after each epoch. */

import { linePath } from "../../../shared/drawing";
import { t } from "../../../shared/translation";
import { trialTitle } from "../labels";
import type { Trial } from "../protocol";
import type { SearchStore } from "../store";
import { robustRange } from "../trials";
import { Axes } from "./Axes";

/** More would be a grey area, and slow: the best and the latest ones are drawn. */
const MAX_CURVES = 200;

export function TrialCurves({ store }: { store: SearchStore }) {
  const { search, highlighted } = store;
  const all = [...store.trials.values()].filter(({ values }) => values.length);
  const drawn = drawnTrials(all, store);
  const metric = search.metric || t("value");
  const maxEpoch = Math.max(2, ...drawn.map(({ epochs }) => epochs.at(-1)!));
  const yRange = robustRange(
    drawn.flatMap(({ values }) => values),
    search.direction,
  );
  return (
    <figure>
      <figcaption>
        {t("%1 of each trial", metric)}
        {drawn.length < all.length && (
          <span class="kw-hint"> {t("%1 of %2 trials are drawn", drawn.length, all.length)}</span>
        )}
      </figcaption>
      {drawn.length === 0 ? (
        <p class="kw-search-nothing">
          {store.hasEnded
            ? t("No trial has a curve: no fit in it has this metric.")
            : t("The curves appear after the first epoch.")}
        </p>
      ) : (
        <Axes
          label={t("Curves of %1, one a trial, by epoch", metric)}
          xTitle={t("epoch")}
          xRange={[1, maxEpoch]}
          yRange={yRange}
          onLeave={() => store.point(null)}
        >
          {({ x, y }) => {
            // What hangs out of the range stays at its edge.
            const inside = (value: number) => y(Math.min(Math.max(value, yRange[0]), yRange[1]));
            return drawn.map((trial) => {
              const path = linePath(trial.values, (i) => x(trial.epochs[i]!), inside);
              const last = trial.values.length - 1;
              return (
                // biome-ignore lint/a11y/noStaticElementInteractions: the table has the same for keys
                <g
                  key={trial.number}
                  class="kw-search-curve"
                  data-state={trial.state}
                  data-best={trial.number === search.best}
                  data-lit={trial.number === highlighted}
                  onPointerEnter={() => store.point(trial.number)}
                  onPointerDown={() => store.choose(trial.number)}
                >
                  <title>{trialTitle(trial)}</title>
                  <path class="kw-search-near" d={path} />
                  <path class="kw-search-line" d={path} />
                  <End
                    trial={trial}
                    x={x(trial.epochs[last]!)}
                    y={inside(trial.values[last]!)}
                    isBest={trial.number === search.best}
                  />
                </g>
              );
            });
          }}
        </Axes>
      )}
      <Legend store={store} />
    </figure>
  );
}

/** What stands at the end of a curve: a star for the best, a bar where one was pruned. */
function End(props: { trial: Trial; x: number; y: number; isBest: boolean }) {
  const { trial, x, y, isBest } = props;
  if (!Number.isFinite(y)) return null;
  if (isBest) return <path class="kw-search-star" transform={`translate(${x} ${y})`} d={STAR} />;
  if (trial.state === "pruned") {
    return <path class="kw-search-cut" d={`M${x} ${y - 4}v8`} />;
  }
  return <circle class="kw-search-dot" cx={x} cy={y} r={trial.values.length === 1 ? 3 : 2} />;
}

export const STAR =
  "M0-6.500l1.900 4.200 4.600.500-3.400 3.100 1 4.500L0 3.500l-4.100 2.300 1-4.500-3.400-3.100 4.600-.500z";

function Legend({ store }: { store: SearchStore }) {
  const has = (state: Trial["state"]) =>
    [...store.trials.values()].some((trial) => trial.state === state && trial.values.length);
  return (
    <p class="kw-search-legend">
      {store.search.best !== null && (
        <span>
          <Sample state="complete" best /> {t("best")}
        </span>
      )}
      {has("running") && (
        <span>
          <Sample state="running" /> {t("running")}
        </span>
      )}
      {has("complete") && (
        <span>
          <Sample state="complete" /> {t("complete")}
        </span>
      )}
      {has("pruned") && (
        <span>
          <Sample state="pruned" /> {t("pruned")}
        </span>
      )}
    </p>
  );
}

function Sample({ state, best = false }: { state: Trial["state"]; best?: boolean }) {
  return (
    <svg viewBox="0 0 28 12" width="28" height="12" aria-hidden="true">
      <g class="kw-search-curve" data-state={state} data-best={best}>
        <path class="kw-search-line" d="M1 6H27" />
        {best && <path class="kw-search-star" transform="translate(14 6)" d={STAR} />}
        {state === "pruned" && <path class="kw-search-cut" d="M26 2v8" />}
      </g>
    </svg>
  );
}

/** Return the trials whose curves are drawn, the most important ones last, which is on top. */
function drawnTrials(all: readonly Trial[], { search, highlighted }: SearchStore): Trial[] {
  const importance = (trial: Trial) => {
    if (trial.number === highlighted) return 5;
    if (trial.number === search.best) return 4;
    if (trial.state === "running") return 3;
    return trial.state === "complete" ? 2 : 1;
  };
  return [...all]
    .sort((a, b) => importance(b) - importance(a) || b.number - a.number)
    .slice(0, MAX_CURVES)
    .reverse();
}
