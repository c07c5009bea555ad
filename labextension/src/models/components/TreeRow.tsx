/** One row of the tree: a model, a layer, or a group of layers. */

import { type ComponentChildren, Fragment } from "preact";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import { formatBytes, formatCompiled, formatShapes, formatShare, formatTrained } from "../labels";
import type { LayerSummary, ModelEntry } from "../protocol";
import type { SummaryStore } from "../store";
import type { TreeNode } from "../treeNode";
import type { Row } from "../treeRows";

interface TreeRowProps {
  row: Row;
  id: string;
  index: number;
  /** Pixels from the top. */
  start: number;
  selected: boolean;
  store: SummaryStore;
  onSelect: (row: Row, event: MouseEvent) => void;
  measure: (element: HTMLElement | null) => void;
}

export function TreeRow({
  row,
  id,
  index,
  start,
  selected,
  store,
  onSelect,
  measure,
}: TreeRowProps) {
  const { node, model, expanded } = row;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys.
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names its row.
    <div
      id={id}
      class="kw-row"
      role="treeitem"
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={selected}
      {...(expanded === null ? {} : { "aria-expanded": expanded })}
      aria-label={describeRow(row)}
      data-index={index}
      data-kind={node ? (node.layer?.kind ?? "group") : "entry"}
      ref={measure}
      style={{ transform: `translateY(${start}px)`, "--kw-level": row.level - 1 }}
      onClick={(event) => onSelect(row, event)}
    >
      <span
        class="kw-twist"
        aria-hidden="true"
        data-expanded={expanded ?? "none"}
        onClick={(event) => {
          if (expanded === null) return;
          event.stopPropagation();
          store.setExpanded(row.id, !expanded);
        }}
      >
        <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
          <path d="M5.5 3.5 10.5 8l-5 4.5" fill="none" stroke="currentColor" stroke-width="1.6" />
        </svg>
      </span>
      {node ? (
        <NodeCells node={node} row={row} />
      ) : (
        <ModelFacts model={model} error={store.error(model.key)} />
      )}
      {!node?.layer && (
        <span
          class="kw-info"
          aria-hidden="true"
          title={t("Details")}
          onClick={(event) => {
            event.stopPropagation();
            store.select(row.id, true);
          }}
        >
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <circle cx="8" cy="8" r="6.3" fill="none" stroke="currentColor" stroke-width="1.3" />
            <path d="M8 7v4.2M8 4.6v1.3" stroke="currentColor" stroke-width="1.5" />
          </svg>
        </span>
      )}
    </div>
  );
}

/** A model in two lines: its names, and its totals. */
export function ModelFacts({ model, error }: { model: ModelEntry; error: string | null }) {
  const problem = model.error ?? error;
  const [first, ...others] = model.names;
  return (
    <span class="kw-cells">
      <span class="kw-cell-name">
        <b>{first}</b>
        <span class="kw-class">{model.class_name}</span>
        {others.length > 0 && (
          <span class="kw-also">{t("also %1", others.slice(0, 4).join(", "))}</span>
        )}
      </span>
      {problem ? (
        <span class="kw-cell-facts kw-error">{problem}</span>
      ) : (
        <span class="kw-cell-facts">
          <span class="kw-count">{parametersOf(model.parameters)}</span>
          {model.weight_bytes ? <span>{formatBytes(model.weight_bytes)}</span> : null}
          {model.run_id !== null && <span class="kw-tag kw-tag-live">{t("training")}</span>}
          {model.compiled ? (
            <span title={t("Compiled with")}>{breakable(formatCompiled(model.compiled))}</span>
          ) : (
            <span>{t("not compiled")}</span>
          )}
          {model.trained && <span title={t("Trained for")}>{formatTrained(model.trained)}</span>}
        </span>
      )}
    </span>
  );
}

/** Let long names such as sparse_categorical_crossentropy break at their underscores. */
function breakable(text: string): ComponentChildren {
  return text.split(/(?<=_)/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function NodeCells({ node, row }: { node: TreeNode; row: Row }) {
  const { layer } = node;
  const share = row.total ? (node.parameters ?? 0) / row.total : 0;
  const shapes = formatShapes(node.outputShapes);
  return (
    <span class="kw-cells">
      <span class="kw-cell-name">
        <span class="kw-label">{node.label}</span>
        {layer ? (
          <span class="kw-class">{layer.class_name}</span>
        ) : (
          <span class="kw-class">{layersOf(node)}</span>
        )}
      </span>
      <span class="kw-cell-facts">
        {layer?.problem ? (
          <span class="kw-error">{layer.problem}</span>
        ) : (
          <>
            <span class="kw-shape" title={t("Output shape")} hidden={!layer && shapes === null}>
              {shapes ?? t("shape unknown")}
            </span>
            <span class="kw-count" title={countTitle(node)}>
              {layer?.shared_with != null ? t("shared") : parametersOf(node.parameters, true)}
            </span>
            <span class="kw-share" title={t("Share of the model's parameters")}>
              {share > 0 && (
                <>
                  <span class="kw-share-bar">
                    <span style={{ width: `${Math.max(2, 100 * share)}%` }} />
                  </span>
                  <span class="kw-share-text">{formatShare(node.parameters ?? 0, row.total)}</span>
                </>
              )}
            </span>
            {layer && <Marks layer={layer} />}
          </>
        )}
        {layer && <Inbound layer={layer} previousLabel={row.previousLabel} />}
      </span>
    </span>
  );
}

function Marks({ layer }: { layer: LayerSummary }) {
  const frozen = !layer.trainable && (layer.parameters ?? 0) > 0;
  return (
    <span class="kw-tags">
      {layer.activation && <span class="kw-tag">{layer.activation}</span>}
      {layer.dtype && layer.dtype !== "float32" && <span class="kw-tag">{layer.dtype}</span>}
      {frozen && <span class="kw-tag kw-tag-frozen">{t("frozen")}</span>}
      {layer.calls > 1 && <span class="kw-tag">{t("called %1 times", layer.calls)}</span>}
    </span>
  );
}

/** The inputs of a layer, unless its only input is the row before. */
function Inbound(props: { layer: LayerSummary; previousLabel: string | null }) {
  const { layer, previousLabel } = props;
  const { inbound } = layer;
  if (
    !inbound.length ||
    (inbound.length === 1 && (inbound[0] === previousLabel || previousLabel === null))
  ) {
    return null;
  }
  return <span class="kw-inbound">{t("from %1", inbound.join(", "))}</span>;
}

function layersOf({ count }: TreeNode): string {
  return count === 1 ? t("1 layer") : t("%1 layers", formatCount(count));
}

function parametersOf(parameters: number | null, short = false): string {
  if (parameters === null) return t("not built");
  const number = formatCount(parameters);
  if (short) return parameters ? number : "0";
  return parameters === 1 ? t("1 parameter") : t("%1 parameters", number);
}

function countTitle({ parameters, trainable }: TreeNode): string {
  if (parameters === null || trainable === null) return t("Its weights do not exist yet");
  return t(
    "Parameters: %1 trainable, %2 non-trainable",
    formatCount(trainable),
    formatCount(parameters - trainable),
  );
}

/** Return the accessible name of a row, which begins with the name of the model or layer. */
function describeRow({ node, model, total }: Row): string {
  if (!node) {
    const facts = model.error ?? parametersOf(model.parameters);
    return [model.names[0] ?? model.name, model.class_name, facts].join(", ");
  }
  const { layer } = node;
  const parts = [node.label, layer?.class_name ?? layersOf(node)];
  if (layer?.problem) parts.push(layer.problem);
  const shapes = formatShapes(node.outputShapes);
  if (shapes) parts.push(t("output %1", shapes));
  parts.push(layer?.shared_with != null ? t("shared") : parametersOf(node.parameters));
  const share = formatShare(node.parameters ?? 0, total);
  if (share) parts.push(share);
  if (layer?.activation) parts.push(layer.activation);
  if (layer && !layer.trainable && layer.parameters) parts.push(t("frozen"));
  return parts.join(", ");
}
