/**
 * The list of layers. It handles the events of all cards, so that a card is drawn again only when
 * its layer has changed.
 */

import { useMemo, useRef } from "preact/hooks";
import { t } from "../../../shared/translation";
import { dropPlace } from "../../dropSlots";
import { isWithin, placeOf, visibleRows } from "../../layerTree";
import type { State } from "../../protocol";
import { LayerCard } from "./LayerCard";
import { useDrag } from "./useDrag";
import type { ActionName, LayerActions } from "./useLayerActions";

type Tree = Pick<State, "order" | "layers">;

interface LayerListProps {
  tree: Tree;
  /** Parameters of the whole model. */
  total: number;
  selected: string | null;
  folded: ReadonlySet<string>;
  onSelect: (uid: string) => void;
  onFold: (uid: string, folded: boolean) => void;
  actions: LayerActions;
}

export function LayerList(props: LayerListProps) {
  const { tree, total, selected, folded, onSelect, onFold, actions } = props;
  const list = useRef<HTMLUListElement>(null);
  const rows = useMemo(() => visibleRows(tree, folded), [tree, folded]);
  const drag = useDrag(list, (uid, slot) => {
    const from = placeOf(tree, uid);
    if (!from || isWithin(tree, slot.parent, uid)) return;
    const place = dropPlace(from, slot);
    if (place) actions.move(uid, place);
  });
  const inTabOrder = selected !== null && rows.includes(selected) ? selected : rows[0];

  const onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    const uid = uidAt(target);
    if (!uid) return;
    const action = target.closest<HTMLElement>("[data-action]")?.dataset.action;
    if (action === "fold") onFold(uid, !folded.has(uid));
    else if (action) actions.run(action as ActionName, uid);
    else if (!target.closest("details")) onSelect(uid);
  };
  const go = (event: Event, uid: string | undefined) => {
    event.preventDefault();
    if (uid === undefined) return;
    onSelect(uid);
    actions.focus(uid);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const uid = uidAt(target);
    if (!uid) return;
    const modified = event.ctrlKey || event.metaKey || event.shiftKey;
    if (event.altKey && !modified && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      actions.run(event.key === "ArrowUp" ? "up" : "down", uid);
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "d") {
      event.preventDefault();
      actions.run("duplicate", uid);
      return;
    }
    // The other keys act on the card only, not on its buttons.
    if (target.dataset.uid !== uid || modified || event.altKey) return;
    const at = rows.indexOf(uid);
    const layer = tree.layers[uid];
    switch (event.key) {
      case "ArrowUp":
        if (at === 0) go(event, "input");
        else go(event, rows[at - 1]);
        break;
      case "ArrowDown":
        go(event, rows[at + 1]);
        break;
      case "Home":
        go(event, rows[0]);
        break;
      case "End":
        go(event, rows.at(-1));
        break;
      case "ArrowRight":
        if (layer?.children && folded.has(uid)) onFold(uid, false);
        else if (layer?.children) go(event, layer.children[0]);
        break;
      case "ArrowLeft":
        if (layer?.children && !folded.has(uid)) onFold(uid, true);
        else go(event, placeOf(tree, uid)?.parent ?? undefined);
        break;
      case "Enter":
      case " ":
        event.preventDefault();
        onSelect(uid);
        break;
      case "Delete":
      case "Backspace":
        event.preventDefault();
        actions.run("remove", uid);
        break;
    }
  };

  const draw = (uids: readonly string[], parent: string | null) =>
    uids.map((uid) => {
      const layer = tree.layers[uid];
      if (!layer) return null;
      const open = layer.children !== null && !folded.has(uid);
      return (
        <LayerCard
          key={uid}
          layer={layer}
          inBlock={parent !== null}
          share={total > 0 ? Math.round((100 * (layer.parameters ?? 0)) / total) : 0}
          selected={uid === selected}
          inTabOrder={uid === inTabOrder}
          open={open}
          dragged={uid === drag.dragged}
        >
          {open && (
            <ul class="kw-b-list" aria-label={t("Inside %1", layer.title)} data-list={uid}>
              {draw(layer.children ?? [], uid)}
              {layer.children?.length === 0 && (
                <li class="kw-b-list-empty" role="presentation">
                  {t("Empty. Select the block and add layers, or drag layers here.")}
                </li>
              )}
            </ul>
          )}
        </LayerCard>
      );
    });

  return (
    <ul
      ref={list}
      // biome-ignore lint/a11y/noRedundantRoles: Safari takes the role from a list without bullets
      role="list"
      class="kw-b-list"
      aria-label={t("Layers")}
      aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Control+D Meta+D Delete"
      data-list=""
      data-dragging={drag.dragged !== null}
      onClick={onClick}
      onKeyDown={onKeyDown}
      onPointerDown={drag.onPointerDown}
    >
      {draw(tree.order, null)}
      {drag.slot && (
        <li
          class="kw-b-insertion"
          role="presentation"
          style={{ top: drag.slot.y, left: drag.slot.x, width: drag.slot.width }}
        />
      )}
    </ul>
  );
}

function uidAt(element: Element): string | undefined {
  return element.closest<HTMLElement>("[data-uid]")?.dataset.uid;
}
