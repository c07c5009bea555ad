/** The details of the selected rows: a model's totals, a layer's config and weights, or a group. */

import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import { findLayer } from "../findLayer";
import { pathsOf } from "../freeze";
import { formatParameters } from "../labels";
import type { ModelEntry, ModelSummary } from "../protocol";
import type { SummaryStore } from "../store";
import type { TreeNode } from "../treeNode";
import type { Row } from "../treeRows";
import { LayerDetails } from "./LayerDetails";
import { ModelDetails } from "./ModelDetails";
import { Trainable } from "./Trainable";

interface DetailsProps {
  store: SummaryStore;
  entry: ModelEntry;
  rows: readonly Row[];
}

export function Details({ store, entry, rows }: DetailsProps) {
  const summary = store.summary(entry.key);
  const path = store.selected?.slice(entry.key.length + 1) ?? "";
  const selected = store.selection;
  const nodes = rows.flatMap(({ id, node }) => (node && selected.includes(id) ? [node] : []));
  const isGroup = nodes.length > 1 || nodes[0]?.layer === null;
  const layer = !isGroup && summary && path ? findLayer(summary.root, path) : null;
  if (path && !layer && !isGroup) return null;
  const [name, kind] = isGroup
    ? nameOfGroup(nodes)
    : [layer?.name ?? entry.names[0] ?? entry.name, layer?.class_name ?? entry.class_name];
  return (
    <section class="kw-details" aria-label={t("Details of %1", name)}>
      <header>
        <h3>
          {name} <span class="kw-class">{kind}</span>
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
      {isGroup && summary ? (
        <GroupDetails store={store} entry={entry} nodes={nodes} summary={summary} />
      ) : layer && summary ? (
        <LayerDetails store={store} entry={entry} layer={layer} inferred={summary.inferred_from} />
      ) : (
        <ModelDetails store={store} entry={entry} summary={summary} />
      )}
    </section>
  );
}

function nameOfGroup(nodes: readonly TreeNode[]): [string, string] {
  const [only] = nodes;
  const layers = nodes.reduce((sum, node) => sum + node.count, 0);
  const count = t("%1 layers", formatCount(layers));
  return only && nodes.length === 1 ? [only.label, count] : [count, t("selected")];
}

interface GroupDetailsProps {
  store: SummaryStore;
  entry: ModelEntry;
  nodes: TreeNode[];
  summary: ModelSummary;
}

function GroupDetails({ store, entry, nodes, summary }: GroupDetailsProps) {
  const sum = (value: (node: TreeNode) => number | null) =>
    nodes.reduce<number | null>((total, node) => {
      const part = value(node);
      return total === null || part === null ? null : total + part;
    }, 0);
  const parameters = sum((node) => node.parameters);
  const trainable = sum((node) => node.trainable);
  const layers = [...new Set(nodes.flatMap(pathsOf))];
  return (
    <>
      <p>{formatParameters(parameters, trainable)}</p>
      {layers.length > 0 && summary.inferred_from === null && (
        <Trainable
          store={store}
          entry={entry}
          layers={layers}
          trainable={trainable === 0 ? false : trainable === parameters ? true : null}
          knownCode={null}
        />
      )}
    </>
  );
}
