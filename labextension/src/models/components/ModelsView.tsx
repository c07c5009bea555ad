/** The view of models: toolbar, tree of models and layers, and details of the selected row. */

import { useSubscription } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { SummaryStore } from "../store";
import { Details } from "./Details";
import { BelowSplitter } from "./Splitter";
import { SummaryToolbar } from "./SummaryToolbar";
import { SummaryTree } from "./SummaryTree";

export function ModelsView({ store }: { store: SummaryStore }) {
  useSubscription(store);
  const rows = store.rows();
  const key = store.selected?.split("/", 1)[0] ?? store.entries?.[0]?.key ?? null;
  const entry = key === null ? null : store.entry(key);
  const names = store.searchedInPart.join(", ");
  const details = entry && (
    <Details
      key={store.selection.join(" ") || entry.key}
      store={store}
      entry={entry}
      rows={rows.rows}
    />
  );
  return (
    <div class="kw-models">
      <SummaryToolbar store={store} matches={rows.matches} entry={entry} />
      {store.single && <ColumnHeadings />}
      <SummaryTree store={store} rows={rows} label={store.single ? t("Layers") : t("Models")} />
      {store.searchedInPart.length > 0 && (
        <p class="kw-tree-foot">
          {t("Only the start and end of long containers were searched: %1", names)}
        </p>
      )}
      {store.detailsOpen &&
        entry &&
        (store.single ? details : <BelowSplitter>{details}</BelowSplitter>)}
    </div>
  );
}

/** Names the columns of a summary in a cell; on a narrow page a layer takes several lines. */
function ColumnHeadings() {
  return (
    <div class="kw-headings" aria-hidden="true">
      <span class="kw-cells">
        <span class="kw-cell-name">{t("Layer")}</span>
        <span class="kw-cell-facts">
          <span>{t("Output shape")}</span>
          <span class="kw-count">{t("Parameters")}</span>
          <span>{t("Share")}</span>
          <span>{t("Notes")}</span>
        </span>
      </span>
    </div>
  );
}
