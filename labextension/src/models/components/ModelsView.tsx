/** The view of models: toolbar, tree of models and layers, and details of the selected row. */

import { useSubscription } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { SummaryStore } from "../store";
import { Details } from "./Details";
import { SummaryToolbar } from "./SummaryToolbar";
import { SummaryTree } from "./SummaryTree";

export function ModelsView({ store }: { store: SummaryStore }) {
  useSubscription(store);
  const rows = store.rows();
  const key = store.selected?.split("/", 1)[0] ?? store.entries?.[0]?.key ?? null;
  const entry = key === null ? null : store.entry(key);
  return (
    <div class="kw-models">
      <SummaryToolbar store={store} matches={rows.matches} entry={entry} />
      <SummaryTree store={store} rows={rows} label={store.single ? t("Layers") : t("Models")} />
      {store.detailsOpen && entry && (
        <Details key={store.selected ?? entry.key} store={store} entry={entry} />
      )}
    </div>
  );
}
