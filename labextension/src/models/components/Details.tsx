/** The details of the selected row: a model's totals, or a layer's config and weights. */

import { t } from "../../shared/translation";
import { findLayer } from "../findLayer";
import type { ModelEntry } from "../protocol";
import type { SummaryStore } from "../store";
import { LayerDetails } from "./LayerDetails";
import { ModelDetails } from "./ModelDetails";

export function Details({ store, entry }: { store: SummaryStore; entry: ModelEntry }) {
  const summary = store.summary(entry.key);
  const path = store.selected?.slice(entry.key.length + 1) ?? "";
  const layer = summary && path ? findLayer(summary.root, path) : null;
  if (path && !layer) return null; // A group has no details of its own.
  const name = layer?.name ?? entry.names[0] ?? entry.name;
  return (
    <section class="kw-details" aria-label={t("Details of %1", name)}>
      <header>
        <h3>
          {name} <span class="kw-class">{layer?.class_name ?? entry.class_name}</span>
        </h3>
        <button
          type="button"
          class="kw-close"
          aria-label={t("Close details")}
          onClick={() => store.closeDetails()}
        >
          ×
        </button>
      </header>
      {layer && summary ? (
        <LayerDetails store={store} entry={entry} layer={layer} inferred={summary.inferred_from} />
      ) : (
        <ModelDetails store={store} entry={entry} summary={summary} />
      )}
    </section>
  );
}
