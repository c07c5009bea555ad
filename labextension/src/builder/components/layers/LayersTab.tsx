/** The Layers tab: the Add layer field, the list of layers, and the form of the selected one. */

import type { RefObject } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../../shared/translation";
import { placeToAdd } from "../../layerTree";
import type { State } from "../../protocol";
import { AdviceList } from "../AdviceList";
import { useBuilder } from "../builderContext";
import { AddLayer } from "./AddLayer";
import { EmptyStack } from "./EmptyStack";
import { InputCard } from "./InputCard";
import { LayerForm } from "./LayerForm";
import { LayerList } from "./LayerList";
import { TemplateMenu } from "./TemplateMenu";
import { useLayerActions } from "./useLayerActions";

interface LayersTabProps {
  state: State;
  selected: string | null;
  onSelect: (target: string | null) => void;
  onTarget: (target: string) => void;
}

export function LayersTab({ state, selected, onSelect, onTarget }: LayersTabProps) {
  const { session } = useBuilder();
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const pane = useRef<HTMLDivElement>(null);
  const now = useRef({ state, selected, folded });
  now.current = { state, selected, folded };
  const select = useCallback(
    (target: string | null) => {
      // A layer that is added right after another must be placed behind it.
      now.current = { ...now.current, selected: target };
      onSelect(target);
    },
    [onSelect],
  );
  const fold = useCallback((uid: string, fold: boolean) => {
    setFolded((before) => {
      const after = new Set(before);
      if (fold) after.add(uid);
      else after.delete(uid);
      return after;
    });
  }, []);
  /** What was selected before each new layer, in case the kernel refuses it. */
  const beforeAdding = useRef(new Map<string, string | null>());
  const actions = useLayerActions(now, pane, select);
  useUnfoldSelected(state, selected, folded, fold);
  useScrollToSelected(pane, selected, selected !== null && selected in state.layers);
  const empty = state.order.length === 0;
  const layers = useMemo(
    () => ({ order: state.order, layers: state.layers }),
    [state.order, state.layers],
  );
  const shownTarget =
    selected === "input" || (selected && state.layers[selected]) ? selected : null;
  const rootAdvice = state.advice.filter(({ target }) => target !== "compile" && target !== "fit");
  return (
    <>
      <div class="kw-b-addbar">
        <AddLayer
          place={() => placeToAdd(session.store.state ?? state, now.current.selected)}
          placement={placementText(state, selected)}
          onAdded={(uid) => {
            beforeAdding.current.set(uid, now.current.selected);
            select(uid);
          }}
          onRefused={(uid) => {
            if (now.current.selected === uid) select(beforeAdding.current.get(uid) ?? null);
          }}
        />
        {!empty && <TemplateMenu />}
      </div>
      <AdviceList advice={rootAdvice} onTarget={onTarget} />
      <div class="kw-b-panes">
        <div ref={pane} class="kw-b-stack">
          <InputCard
            input={state.input}
            selected={selected === "input"}
            onSelect={select}
            onDown={() => actions.focusFirst()}
          />
          {empty && <EmptyStack undo={state.history.undo} />}
          <LayerList
            tree={layers}
            total={state.totals.parameters}
            selected={selected}
            folded={folded}
            onSelect={select}
            onFold={fold}
            actions={actions}
          />
        </div>
        <div class="kw-b-detail">
          <LayerForm key={shownTarget} state={state} target={shownTarget} />
        </div>
      </div>
    </>
  );
}

/** Return a text that says where the next layer is added. */
export function placementText(state: State, selected: string | null): string {
  if (selected === "input") return t("will be added at the start");
  const layer = selected === null ? undefined : state.layers[selected];
  if (!layer) return t("will be added at the end");
  return layer.children
    ? t("will be added at the end of %1", layer.title)
    : t("will be added after %1", layer.title);
}

/** Unfold the block of a layer that was selected elsewhere, such as by advice or undo. */
function useUnfoldSelected(
  state: State,
  selected: string | null,
  folded: ReadonlySet<string>,
  fold: (uid: string, fold: boolean) => void,
): void {
  useEffect(() => {
    if (!selected || folded.size === 0) return;
    for (const layer of Object.values(state.layers)) {
      if (folded.has(layer.uid) && layer.children?.includes(selected)) fold(layer.uid, false);
    }
    // Not after folding, which would unfold again.
  }, [selected]);
}

/** Scroll the pane, but not the page, to the selected card, such as that of a new layer. */
function useScrollToSelected(
  pane: RefObject<HTMLElement>,
  selected: string | null,
  isThere: boolean,
): void {
  useEffect(() => {
    const card = isThere && pane.current?.querySelector(`[data-uid="${selected}"]`);
    if (!card || !pane.current) return;
    const inside = card.getBoundingClientRect();
    const frame = pane.current.getBoundingClientRect();
    if (inside.bottom > frame.bottom) pane.current.scrollTop += inside.bottom - frame.bottom + 8;
    else if (inside.top < frame.top) pane.current.scrollTop -= frame.top - inside.top + 8;
  }, [pane, selected, isThere]);
}
