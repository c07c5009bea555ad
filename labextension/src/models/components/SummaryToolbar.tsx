/** The toolbar of the models: search, filter, order, and a menu that copies the selected model. */

import { useState } from "preact/hooks";
import { copyText } from "../../shared/clipboard";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import type { ExportFormat, ModelEntry } from "../protocol";
import { messageOf, type SummaryStore } from "../store";
import { ORDERS, type Order } from "../summaryTree";
import { FILTERS, type Filter, type Rows } from "../treeRows";
import { IconSelect } from "./IconSelect";

interface SummaryToolbarProps {
  store: SummaryStore;
  matches: Rows["matches"];
  /** The selected model, or the first. */
  entry: ModelEntry | null;
}

export function SummaryToolbar({ store, matches, entry }: SummaryToolbarProps) {
  const { options } = store;
  const filters: Record<Filter, string> = {
    all: t("All layers"),
    weights: t("With weights"),
    trainable: t("Trainable"),
    frozen: t("Frozen"),
  };
  const orders: Record<Order, string> = {
    blocks: t("Model order, in blocks"),
    built: t("Model order"),
    size: t("Largest first"),
    class: t("Grouped by class"),
    magnitude: t("Grouped by size"),
  };
  return (
    <div class="kw-summary-bar">
      <input
        type="search"
        class="kw-search"
        aria-label={t("Search layers")}
        placeholder={t("Search layers")}
        value={options.search}
        onInput={(event) => store.setOptions({ search: event.currentTarget.value })}
      />
      <IconSelect
        icon="filter"
        label={t("Show")}
        value={options.filter}
        choices={FILTERS.map((filter) => [filter, filters[filter]])}
        isDefault={options.filter === FILTERS[0]}
        onChoose={(filter) => store.setOptions({ filter })}
      />
      <IconSelect
        icon="order"
        label={t("Order")}
        value={options.order}
        choices={ORDERS.map((order) => [order, orders[order]])}
        isDefault={options.order === ORDERS[0]}
        onChoose={(order) => store.setOptions({ order })}
      />
      {entry && !entry.error && <CopyMenu store={store} entry={entry} />}
      <span class="kw-matches" role="status">
        {matches ? t("%1 of %2 layers", formatCount(matches.found), formatCount(matches.of)) : ""}
      </span>
    </div>
  );
}

function CopyMenu({ store, entry }: { store: SummaryStore; entry: ModelEntry }) {
  const [message, setMessage] = useState({ text: "", isError: false });
  const copy = async (format: ExportFormat) => {
    try {
      const inferred = store.summary(entry.key)?.inferred_from;
      const payload = { model: entry.key, format };
      const text = await store.request(
        "export",
        inferred == null ? payload : { ...payload, input_shapes: inferred },
      );
      await copyText(text);
      setMessage({ text: t("Copied"), isError: false });
    } catch (error) {
      setMessage({ text: messageOf(error), isError: true });
    }
    setTimeout(() => setMessage({ text: "", isError: false }), 4000);
  };
  return (
    <>
      <IconSelect
        icon="copy"
        label={t("Copy %1 as", entry.names[0] ?? entry.name)}
        value={null}
        choices={[
          ["text", t("Copy as text")],
          ["markdown", t("Copy as Markdown")],
          ["json", t("Copy as JSON")],
        ]}
        isDefault
        onChoose={(format: ExportFormat) => void copy(format)}
      />
      <span class={message.isError ? "kw-error" : "kw-told"} role="status">
        {message.text}
      </span>
    </>
  );
}
