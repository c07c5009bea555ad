/** A list of samples as buttons; arrows move among them, Enter opens one. */

import { useState } from "preact/hooks";
import { t } from "../../shared/translation";
import { formatShort, sampleName } from "../labels";
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
          {sample.looks && (
            <LooksView
              looks={sample.looks}
              pictures={store.pictures}
              task={task}
              overlay={overlay}
              size="small"
            />
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
  const texts = [
    predicted && (right === null ? t("predicted %1", said) : t("said %1", said)),
    truth && (right === null ? t("true %1", truth) : t("is %1", truth)),
  ].filter(Boolean);
  if (texts.length === 0 && !Number.isNaN(loss)) texts.push(t("loss %1", formatShort(loss)));
  return (
    <span class="kw-i-tile-text" data-right={right}>
      {texts.map((text) => (
        <span key={text}>{text}</span>
      ))}
    </span>
  );
}
