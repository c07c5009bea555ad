/** The view of a hyperparameter search: how it goes, all trials drawn and listed. */

import { useSubscription, useTheme } from "../../../shared/hooks";
import { pageLanguage, t } from "../../../shared/translation";
import type { SearchStore } from "../store";
import { BestHistory } from "./BestHistory";
import { ImportanceBars } from "./ImportanceBars";
import { ParallelCoordinates } from "./ParallelCoordinates";
import { type DrawLive, RunningTrial } from "./RunningTrial";
import { SearchBar } from "./SearchBar";
import { TrialCurves } from "./TrialCurves";
import { TrialDetails } from "./TrialDetails";
import { TrialsTable } from "./TrialsTable";

interface SearchViewProps {
  store: SearchStore;
  /** Draws the live view of the running trial. */
  drawLive: DrawLive;
  /** What is said about a view without a kernel. */
  note?: string;
}

export function SearchView({ store, drawLive, note = "" }: SearchViewProps) {
  useSubscription(store);
  const { theme } = useTheme();
  const { search } = store;
  const stale = note && !store.isLive && !store.hasEnded ? note : "";
  return (
    <section
      class="kw-root kw-search"
      aria-label={t("Hyperparameter search")}
      lang={pageLanguage()}
      data-kw-theme={theme}
    >
      <SearchBar store={store} />
      <Messages store={store} note={stale} />
      <RunningTrial store={store} drawLive={drawLive} />
      {store.trials.size === 0 ? (
        <p class="kw-search-nothing">
          {store.hasEnded
            ? t("The search ended before its first trial.")
            : t("The first trial begins…")}
        </p>
      ) : (
        <>
          <div class="kw-search-charts">
            <TrialCurves store={store} />
            <BestHistory store={store} />
            <ParallelCoordinates store={store} />
          </div>
          {(search.importance.length > 0 || !store.hasEnded) && search.params.length > 1 && (
            <ImportanceBars store={store} />
          )}
          <TrialDetails store={store} />
          <TrialsTable store={store} />
        </>
      )}
    </section>
  );
}

function Messages({ store, note }: { store: SearchStore; note: string }) {
  const { search, problem } = store;
  const isError = search.status === "failed";
  return (
    <div class="kw-search-messages">
      {search.detail && (
        <p class={isError ? "kw-error" : "kw-hint"} role={isError ? "alert" : undefined}>
          {search.detail}
        </p>
      )}
      {problem && (
        <p class="kw-error" role="alert">
          {problem}
        </p>
      )}
      {note && <p class="kw-hint">{note}</p>}
      {search.notes.map((text) => (
        <p key={text} class="kw-hint">
          {text}
        </p>
      ))}
    </div>
  );
}
