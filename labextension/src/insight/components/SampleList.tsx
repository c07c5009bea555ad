/** A list of samples as buttons; arrows move among them, Enter opens one. */

import { useState } from "preact/hooks";
import { formatShort } from "../../shared/format";
import { t } from "../../shared/translation";
import { sampleName } from "../labels";
import type { Sample, Task } from "../protocol";
import type { InsightStore } from "../store";
import { moveAmong } from "./hooks";
import { LooksView } from "./LooksView";

interface SampleListProps {
  label: string;
  samples: readonly Sample[];
  store: InsightStore;
  task: Task;
  overlay: boolean;
  /** Also with the button, to which the focus returns. */
  onOpen: (sample: Sample, opener: HTMLElement) => void;
}

export function SampleList({ label, samples, store, task, overlay, onOpen }: SampleListProps) {
  const [stop, setStop] = useState(0);
  const at = Math.min(stop, samples.length - 1);
  const isWide = samples.some(({ looks }) => looks && !looks.picture);
  const isTriple = samples.some(({ looks }) => looks?.true_picture || looks?.predicted_picture);
  const hasLooks = samples.some(({ looks }) => looks);
  return (
    <ul
      class="kw-i-list"
      // biome-ignore lint/a11y/noRedundantRoles: Safari drops it where the style has no bullets
      role="list"
      aria-label={label}
      data-wide={isWide || isTriple}
      onKeyDown={moveAmong("button", setStop)}
    >
      {samples.map((sample, i) => (
        <li key={sample.key} class="kw-i-tile">
          {sample.looks ? (
            <LooksView
              looks={sample.looks}
              pictures={store.pictures}
              task={task}
              overlay={overlay}
              size="small"
            />
          ) : (
            hasLooks && <span class="kw-i-note">{t("input not kept")}</span>
          )}
          <TileText sample={sample} />
          {/* Over all of it; its name has what is shown, in other words. */}
          <button
            type="button"
            aria-label={sampleName(sample)}
            aria-haspopup="dialog"
            title={sampleName(sample)}
            tabIndex={i === at ? 0 : -1}
            onFocus={() => setStop(i)}
            onClick={(event) => onOpen(sample, event.currentTarget)}
          />
        </li>
      ))}
    </ul>
  );
}

function TileText({ sample }: { sample: Sample }) {
  const { predicted, probability, true: truth, right, loss } = sample;
  const said = probability === null ? predicted : `${predicted} (${probability.toFixed(2)})`;
  const texts = !truth
    ? [predicted && said]
    : right === null
      ? [predicted && t("predicted %1", said), t("true %1", truth)]
      : [predicted && t("said %1", said), t("is %1", truth)];
  const shown = texts.filter(Boolean);
  if (!Number.isNaN(loss)) shown.push(t("loss %1", formatShort(loss)));
  return (
    <span class="kw-i-tile-text" data-right={right}>
      {shown.map((text) => (
        <span key={text}>{text}</span>
      ))}
    </span>
  );
}
