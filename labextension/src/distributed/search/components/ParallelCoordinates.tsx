/** Parallel coordinates: an axis for each hyperparameter and one for the value, a line a trial. */

import { formatShort } from "../../../shared/format";
import { t } from "../../../shared/translation";
import { formatParam, trialTitle } from "../labels";
import type { Param, Trial } from "../protocol";
import type { SearchStore } from "../store";
import { placeOnAxis, ranks, robustRange } from "../trials";
import { useWidth } from "./useWidth";

const HEIGHT = 230;
const TOP = 34;
const BOTTOM = HEIGHT - 14;
/** Pixels that an axis needs for its labels; further hyperparameters scroll. */
const MIN_GAP = 92;
const MAX_LINES = 300;

export function ParallelCoordinates({ store }: { store: SearchStore }) {
  const { search, highlighted } = store;
  const [element, width] = useWidth<HTMLDivElement>(720);
  const trials = drawnTrials(store);
  const axes = search.params.length + 1;
  const inner = Math.max(width, (axes - 1) * MIN_GAP + 120);
  const left = 46;
  const gap = (inner - left - 60) / Math.max(1, axes - 1);
  const metric = search.metric || t("value");
  const yRange = robustRange(
    trials.flatMap(({ value }) => value ?? []),
    search.direction,
  );
  const y = (share: number) => BOTTOM - share * (BOTTOM - TOP);
  const valueAt = ({ value }: Trial) => {
    if (value === null || !Number.isFinite(value)) return null;
    const share = (value - yRange[0]) / (yRange[1] - yRange[0]);
    return Math.min(1, Math.max(0, share));
  };
  const rank = ranks(store.trials.values(), search.direction);
  return (
    <figure class="kw-search-wide">
      <figcaption>
        {t("Hyperparameters and %1", metric)}
        <span class="kw-hint"> {t("One line a trial; the better, the stronger.")}</span>
      </figcaption>
      {search.params.length === 0 || trials.length === 0 ? (
        <p class="kw-search-nothing">{t("Each trial appears here when it has begun.")}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by key
        <div
          class="kw-search-plot kw-search-scroll"
          ref={element}
          tabIndex={inner > width ? 0 : -1}
        >
          <svg
            role="img"
            aria-label={t("Parallel coordinates of %1 trials", trials.length)}
            width={inner}
            height={HEIGHT}
            viewBox={`0 0 ${inner} ${HEIGHT}`}
            onPointerLeave={() => store.point(null)}
          >
            {trials.map((trial) => {
              const places = [
                ...search.params.map((param) => placeOnAxis(param, trial.params.get(param.name))),
                valueAt(trial),
              ];
              const path = pathOf(places, (i) => left + i * gap, y);
              return (
                // biome-ignore lint/a11y/noStaticElementInteractions: the table has the same for keys
                <g
                  key={trial.number}
                  class="kw-search-trial"
                  data-state={trial.state}
                  data-best={trial.number === search.best}
                  data-lit={trial.number === highlighted}
                  style={{ "--kw-rank": (rank.get(trial.number) ?? 0).toFixed(2) }}
                  onPointerEnter={() => store.point(trial.number)}
                  onPointerDown={() => store.choose(trial.number)}
                >
                  <title>{trialTitle(trial)}</title>
                  <path class="kw-search-near" d={path} />
                  <path class="kw-search-line" d={path} />
                </g>
              );
            })}
            {search.params.map((param, i) => (
              <ParamAxis key={param.name} param={param} x={left + i * gap} y={y} gap={gap} />
            ))}
            <g class="kw-search-axis">
              <path d={`M${left + (axes - 1) * gap} ${TOP}V${BOTTOM}`} />
              <text class="kw-search-name" x={inner - 6} y={14} text-anchor="end">
                {metric}
              </text>
              {[0, 0.5, 1].map((share) => (
                <text key={share} x={left + (axes - 1) * gap + 6} y={y(share) + 4}>
                  {formatShort(yRange[0] + share * (yRange[1] - yRange[0]))}
                </text>
              ))}
            </g>
          </svg>
        </div>
      )}
    </figure>
  );
}

interface ParamAxisProps {
  param: Param;
  x: number;
  y: (share: number) => number;
  gap: number;
}

function ParamAxis({ param, x, y, gap }: ParamAxisProps) {
  const ticks = param.choices.length
    ? param.choices.map(
        (choice, i) => [(i + 0.5) / param.choices.length, formatParam(choice)] as const,
      )
    : numberTicks(param);
  const room = Math.max(4, Math.floor(gap / 7) - 2);
  // More choices than lines of text: every second, third…
  const step = Math.ceil(ticks.length / 12);
  return (
    <g class="kw-search-axis">
      <path d={`M${x} ${TOP}V${BOTTOM}`} />
      <text class="kw-search-name" x={Math.max(4, x - 40)} y={14}>
        {cut(param.name, room)}
        <title>{param.name}</title>
      </text>
      {ticks
        .filter((_, i) => i % step === 0)
        .map(([share, label]) => (
          <text key={share} x={x + 6} y={y(share) + 4}>
            {cut(label, room)}
          </text>
        ))}
    </g>
  );
}

function numberTicks(param: Param): (readonly [number, string])[] {
  const { low, high, log } = param;
  if (low === null || high === null) return [];
  const isLog = log && low > 0;
  const at = (share: number) => (isLog ? low * (high / low) ** share : low + share * (high - low));
  return (low === high ? [0.5] : [0, 0.5, 1]).map((share) => [share, formatParam(nice(at(share)))]);
}

/** Return a number without the noise of its computation. */
function nice(value: number): number {
  return Number(value.toPrecision(3));
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function pathOf(
  places: readonly (number | null)[],
  x: (i: number) => number,
  y: (share: number) => number,
): string {
  let path = "";
  let pen = "M";
  places.forEach((place, i) => {
    if (place === null) {
      pen = "M";
      return;
    }
    path += `${pen}${x(i).toFixed(1)} ${y(place).toFixed(1)}`;
    pen = "L";
  });
  return path;
}

/** Return the trials that are drawn, the best ones last, which is on top. */
function drawnTrials(store: SearchStore): Trial[] {
  const { search, highlighted } = store;
  const rank = ranks(store.trials.values(), search.direction);
  const importance = ({ number }: Trial) =>
    number === highlighted ? 3 : number === search.best ? 2 : (rank.get(number) ?? -1);
  return [...store.trials.values()]
    .filter(({ params, state }) => params.size && state !== "interrupted" && state !== "queued")
    .sort((a, b) => importance(b) - importance(a))
    .slice(0, MAX_LINES)
    .reverse();
}
