/** The card of one layer: class and arguments, output shape, parameters, error, and its buttons. */

import type { ComponentChildren } from "preact";
import { formatCount } from "../../../shared/format";
import { memo } from "../../../shared/memo";
import { t } from "../../../shared/translation";
import type { LayerState } from "../../protocol";
import { bytesText, shapeText } from "../../values";
import { Icon, IconButton } from "../icons";

interface LayerCardProps {
  layer: LayerState;
  inBlock: boolean;
  /** Percent of the model's parameters. */
  share: number;
  selected: boolean;
  inTabOrder: boolean;
  /** A block that is not folded. */
  open: boolean;
  dragged: boolean;
  children?: ComponentChildren;
}

// `children` of a layer that is no block is always false, so such a card is drawn again only when
// its own layer changes.
export const LayerCard = memo<LayerCardProps>((props) => {
  const { layer, share, selected, inTabOrder, open, dragged, children } = props;
  return (
    <li
      class="kw-b-layer"
      data-uid={layer.uid}
      data-status={layer.status}
      data-dragged={dragged}
      aria-label={layerLabel(layer)}
      aria-current={selected ? "true" : undefined}
      aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Control+D Delete"
      tabIndex={inTabOrder ? 0 : -1}
    >
      <div class="kw-b-card">
        <span class="kw-b-grip" title={t("Drag to move")}>
          <Icon name="grip" />
        </span>
        {layer.children !== null && (
          <span class="kw-b-fold" data-open={open}>
            <IconButton
              icon="chevron"
              label={open ? t("Fold") : t("Unfold")}
              action="fold"
              expanded={open}
              tabIndex={-1}
            />
          </span>
        )}
        <div class="kw-b-card-text">
          <div class="kw-b-card-head">
            <StatusIcon layer={layer} />
            <span class="kw-b-title">{layer.title}</span>
            <span class="kw-b-summary">{layer.summary}</span>
          </div>
          <Facts layer={layer} />
        </div>
        <Actions layer={layer} tabIndex={inTabOrder ? 0 : -1} />
        {share > 0 && (
          <span
            class="kw-b-share"
            title={t("%1 % of the model's parameters", share)}
            style={{ width: `${share}%` }}
          />
        )}
      </div>
      {layer.error && <ErrorText layer={layer} />}
      {children}
    </li>
  );
});

function StatusIcon({ layer }: { layer: LayerState }) {
  const { status } = layer;
  if (status === "ok" || status === "off") {
    if (!layer.trained || status === "off") return null;
    return (
      <span class="kw-b-trained" title={t("Contains trained weights")}>
        <Icon name="trained" />
      </span>
    );
  }
  return <Icon name={status} />;
}

function Facts({ layer }: { layer: LayerState }) {
  if (layer.status === "off") return <div class="kw-b-facts">{t("disabled")}</div>;
  if (layer.status === "blocked")
    return <div class="kw-b-facts">{t("blocked by the error above")}</div>;
  if (layer.status === "error") return <div class="kw-b-facts">{t("not valid yet")}</div>;
  const { parameters, weight_bytes: bytes } = layer;
  return (
    <div class="kw-b-facts">
      <span
        title={
          layer.output_bytes === null
            ? undefined
            : t(
                "Output: %1 per sample, %2",
                bytesText(layer.output_bytes),
                String(layer.output_dtype),
              )
        }
      >
        <span aria-hidden="true">→ </span>
        {layer.output_shape ? shapeText(layer.output_shape) : t("shape not known yet")}
      </span>
      {parameters ? <span>{t("%1 params", formatCount(parameters))}</span> : null}
      {bytes ? <span>{bytesText(bytes)}</span> : null}
    </div>
  );
}

function Actions({ layer, tabIndex }: { layer: LayerState; tabIndex: number }) {
  const { enabled } = layer;
  return (
    <div class="kw-b-actions">
      <IconButton
        icon="up"
        label={t("Move up")}
        title={t("Move up (Alt+↑)")}
        action="up"
        tabIndex={tabIndex}
      />
      <IconButton
        icon="down"
        label={t("Move down")}
        title={t("Move down (Alt+↓)")}
        action="down"
        tabIndex={tabIndex}
      />
      <IconButton
        icon="copy"
        label={t("Duplicate")}
        title={t("Duplicate (Ctrl+D)")}
        action="duplicate"
        tabIndex={tabIndex}
      />
      <IconButton
        icon="off"
        label={enabled ? t("Disable") : t("Enable")}
        action="toggle"
        tabIndex={tabIndex}
      />
      <IconButton
        icon="bin"
        label={t("Delete")}
        title={t("Delete (Del)")}
        action="remove"
        tabIndex={tabIndex}
      />
    </div>
  );
}

function ErrorText({ layer }: { layer: LayerState }) {
  const { text, detail } = layer.error!;
  return (
    <div class="kw-b-layer-error">
      <p>{text}</p>
      {detail && detail !== text && (
        <details>
          <summary>{t("Message from Keras")}</summary>
          <pre>{detail}</pre>
        </details>
      )}
    </div>
  );
}

/** Return the accessible name of the card, which begins with the class's name. */
export function layerLabel(layer: LayerState): string {
  const parts = [layer.title];
  if (layer.summary) parts.push(layer.summary);
  if (layer.status === "off") parts.push(t("disabled"));
  else if (layer.status === "blocked") parts.push(t("blocked by the error above"));
  else if (layer.status === "error") parts.push(t("error: %1", layer.error?.text ?? ""));
  else {
    parts.push(
      layer.output_shape ? t("output %1", shapeText(layer.output_shape)) : t("shape not known"),
    );
    if (layer.parameters !== null) parts.push(t("%1 parameters", formatCount(layer.parameters)));
  }
  return parts.join(", ");
}
