/** The samples of an epoch: the worst mistakes or those of a cell, and the watched ones. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Filter } from "../filter";
import type { Details, PredictionsPart, Sample, Task } from "../protocol";
import { readSamples } from "../readParts";
import type { InsightSource } from "../source";
import { useHold, useKeepFocusIn } from "./hooks";
import { hasOverlay } from "./LooksView";
import { SampleDialog } from "./SampleDialog";
import { SampleList } from "./SampleList";

interface SamplesViewProps {
  source: InsightSource;
  part: PredictionsPart;
  details: Details;
  filter: Filter;
  className: (index: number) => string;
  onClear: () => void;
}

export function SamplesView(props: SamplesViewProps) {
  const { source, part, details, filter, className, onClear } = props;
  const root = useKeepFocusIn<HTMLDivElement>();
  const [overlay, setOverlay] = useState(true);
  const [open, setOpen] = useState<{ sample: Sample; opener: HTMLElement } | null>(null);
  const listed = useListed(source, part, details, filter, className);
  const asked = `${JSON.stringify(filter)} ${listed.samples !== null} ${part.output}`;
  const { watched } = details;
  const newest = useMemo(() => ({ listed, watched }), [listed.samples, watched]);
  const held = useHold(newest, asked);
  const { samples, count } = held.value.listed;
  const all = [...(samples ?? []), ...held.value.watched];
  const canOverlay = all.some(({ looks }) => looks && hasOverlay(looks, part.task));
  const isFiltered = filter !== null;
  const name = isFiltered
    ? filterName(filter, className, samples?.length ?? 0, count)
    : unfilteredName(part.task, formatCount(samples?.length ?? 0), formatCount(count ?? 0));
  const common = {
    store: source.store,
    task: part.task,
    overlay,
    onOpen: (sample: Sample, opener: HTMLElement) => setOpen({ sample, opener }),
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key for the buttons inside
    <div
      ref={root}
      class="kw-i-samples"
      aria-keyshortcuts={canOverlay ? "O" : undefined}
      onKeyDown={(event) => {
        if (canOverlay && event.key.toLowerCase() === "o" && !event.ctrlKey && !event.metaKey) {
          setOverlay(!overlay);
        }
        if (event.key === "Escape" && isFiltered && !open) onClear();
      }}
      {...held.handlers}
    >
      <div class="kw-i-head">
        <h3>{name}</h3>
        {isFiltered && (
          <button type="button" onClick={onClear}>
            {t("Show the worst of all")}
          </button>
        )}
        {canOverlay && (
          <button
            type="button"
            class="kw-toggle"
            aria-pressed={overlay}
            aria-keyshortcuts="O"
            title={t("Key O")}
            onClick={() => setOverlay(!overlay)}
          >
            {t("Overlay")}
          </button>
        )}
        {held.waits && (
          <span class="kw-i-note">{t("Newer samples wait until you leave the list.")}</span>
        )}
      </div>
      {samples === null ? (
        <p class="kw-i-note">{t("Loading…")}</p>
      ) : samples.length === 0 ? (
        <p class="kw-i-note">
          {isFiltered
            ? count === null
              ? t("None of these samples was saved.")
              : t("No samples here.")
            : count
              ? t("The samples of this epoch were not saved.")
              : t("No mistakes in these samples.")}
        </p>
      ) : (
        <SampleList label={name} samples={samples} {...common} />
      )}
      {held.value.watched.length > 0 && (
        <details class="kw-i-more">
          <summary>
            {t("Watched samples: the same %1 in each epoch", formatCount(watched.length))}
          </summary>
          <SampleList label={t("Watched samples")} samples={held.value.watched} {...common} />
        </details>
      )}
      {open && (
        <SampleDialog
          key={open.sample.key}
          source={source}
          {...open}
          isPredicted
          task={part.task}
          overlay={overlay}
          onOverlay={setOverlay}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  );
}

interface Listed {
  /** Null while they are on their way. */
  samples: Sample[] | null;
  /** Null where it is not known: a notebook keeps some of them. */
  count: number | null;
}

/** Return the samples that match the filter, and ask the kernel for them. */
function useListed(
  source: InsightSource,
  part: PredictionsPart,
  { mistakes, mistake_count }: Details,
  filter: Filter,
  className: (index: number) => string,
): Listed {
  const { output, epoch } = part;
  const { interactive } = source;
  useEffect(() => {
    if (filter && interactive) {
      void source.request({ request: "show_samples", output, epoch, ...filter });
    }
  }, [source, interactive, output, epoch, filter]);
  if (!filter) return { samples: mistakes, count: mistake_count };
  const answer = readSamples(source.store, source.fit);
  if (
    answer?.output === output &&
    answer.epoch === epoch &&
    answer.true === (filter.true ?? null) &&
    answer.predicted === (filter.predicted ?? null)
  ) {
    return answer;
  }
  if (interactive) return { samples: null, count: 0 };
  // Without a kernel, those of the mistakes that the notebook keeps.
  const isWanted = (index: number | undefined, name: string) =>
    index === undefined || className(index) === name;
  const samples = mistakes.filter(
    (sample) => isWanted(filter.true, sample.true) && isWanted(filter.predicted, sample.predicted),
  );
  return { samples, count: null };
}

/** Return what a list that is not filtered is called. Boxes have no loss of a sample's own. */
function unfilteredName(task: Task, shown: string, count: string): string {
  switch (task) {
    case "regression":
    case "forecast":
    case "image_to_image":
      return t("Largest errors, %1 of %2", shown, count);
    case "boxes":
      return t("Samples, %1 of %2", shown, count);
    default:
      return t("Worst mistakes, %1 of %2", shown, count);
  }
}

function filterName(
  filter: { true?: number; predicted?: number },
  className: (index: number) => string,
  shown: number,
  count: number | null,
): string {
  const name =
    filter.predicted === undefined
      ? t("True %1", className(filter.true ?? 0))
      : filter.true === undefined
        ? t("Predicted %1", className(filter.predicted))
        : t("True %1, predicted %2", className(filter.true), className(filter.predicted));
  return count === null
    ? t("%1: %2 saved", name, formatCount(shown))
    : t("%1: %2 of %3", name, formatCount(shown), formatCount(count));
}
