/** Models with their layers: what to search and copy, the tree, and the details of what is selected. */

import { useEffect } from "preact/hooks";
import { useRedraw } from "../../components/hooks";
import { t } from "../../strings";
import type { SummaryStore } from "../store";
import { Details } from "./Details";
import { SummaryToolbar } from "./SummaryToolbar";
import { SummaryTree } from "./SummaryTree";

export function ModelsView({ store }: { store: SummaryStore }) {
  const redraw = useRedraw();
  useEffect(() => {
    const lifetime = new AbortController();
    store.subscribe(redraw, lifetime.signal);
    redraw(); // What came between drawing and subscribing.
    return () => lifetime.abort();
  }, [store]);
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
