/** Mounts the summary of one model into a page's element, with its style sheets. */

import { render } from "preact";
import common from "../../../style/common.raw.css";
import models from "../../../style/models.raw.css";
import { useSubscription, useTheme } from "../../shared/hooks";
import { keepKeys } from "../../shared/keys";
import { addStyleSheets } from "../../shared/styleSheets";
import { pageLanguage, t } from "../../shared/translation";
import type { SummaryStore } from "../store";
import { ModelsView } from "./ModelsView";
import { ModelFacts } from "./TreeRow";

/** Draw the summary of the store's model, as in a cell; the returned function unmounts it. */
export function mountModel(element: HTMLElement, store: SummaryStore): () => void {
  const stopWaiting = addStyleSheets(element, { common, models });
  render(<ModelCell store={store} />, element);
  const releaseKeys = keepKeys(element);
  return () => {
    releaseKeys();
    stopWaiting();
    render(null, element);
  };
}

function ModelCell({ store }: { store: SummaryStore }) {
  const { theme } = useTheme();
  useSubscription(store);
  const entry = store.entries?.[0];
  const name = entry?.names[0] ?? "";
  return (
    <section
      class="kw-root kw-model-cell"
      aria-label={t("Summary of %1", name)}
      lang={pageLanguage()}
      data-kw-theme={theme}
    >
      {entry && (
        <header class="kw-cell-header">
          <ModelFacts model={entry} error={null} />
          <button
            type="button"
            aria-expanded={store.detailsOpen && store.selected === entry.key}
            onClick={() => {
              if (store.detailsOpen && store.selected === entry.key) store.closeDetails();
              else store.select(entry.key, true);
            }}
          >
            {t("Details")}
          </button>
        </header>
      )}
      <ModelsView store={store} />
    </section>
  );
}
