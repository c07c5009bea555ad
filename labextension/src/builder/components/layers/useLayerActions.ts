/**
 * Moves, duplicates, switches off and deletes layers, with the focus and the selection, at once: the
 * kernel may answer much later, when the user is elsewhere.
 */

import type { RefObject } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { newId } from "../../../shared/newId";
import { t } from "../../../shared/translation";
import {
  childrenOf,
  neighbourOf,
  type Place,
  placement,
  placeOf,
  placeOneStep,
} from "../../layerTree";
import type { Edit, State } from "../../protocol";
import { useBuilder } from "../builderContext";
import { useCardFocus } from "./useCardFocus";

export type ActionName = "up" | "down" | "duplicate" | "toggle" | "remove";

export interface LayerActions {
  run(action: ActionName, uid: string): void;
  move(uid: string, place: Place): void;
  focus(uid: string): void;
  focusFirst(): void;
}

interface CurrentView {
  state: State;
  selected: string | null;
  folded: ReadonlySet<string>;
}

export function useLayerActions(
  now: RefObject<CurrentView>,
  pane: RefObject<HTMLElement>,
  onSelect: (uid: string | null) => void,
): LayerActions {
  const context = useBuilder();
  const latest = useRef(context);
  latest.current = context;
  const focus = useCardFocus(pane);
  return useMemo(() => {
    // The store's state: the one that was drawn may lack the edit of the key before.
    const current = () => {
      const { state } = latest.current.session.store;
      return state ? { ...now.current!, state } : now.current!;
    };
    const title = (uid: string) => current().state.layers[uid]?.title ?? t("Layer");
    /** @param next the layer to select */
    const perform = (edit: Edit, next: string | null, done: () => string) => {
      const reply = latest.current.edit(edit);
      const text = done();
      onSelect(next);
      focus.request(next);
      void reply.then(({ ok }) => ok && latest.current.announce(text));
    };
    const move = (uid: string, place: Place) =>
      perform({ action: "move", uid, ...placement(current().state, place, uid) }, uid, () => {
        const { state } = current();
        const at = placeOf(state, uid) ?? place;
        const count = childrenOf(state, at.parent).length;
        return t("%1 moved to position %2 of %3", title(uid), at.index + 1, count);
      });
    const step = (uid: string, direction: -1 | 1) => {
      const { state, folded } = current();
      const place = placeOneStep(state, uid, direction, folded);
      if (place) move(uid, place);
    };
    const actions: Record<ActionName, (uid: string) => void> = {
      up: (uid) => step(uid, -1),
      down: (uid) => step(uid, 1),
      duplicate: (uid) => {
        const copy = newId();
        const text = t("%1 duplicated", title(uid));
        perform({ action: "duplicate", uid, copy }, copy, () => text);
      },
      toggle: (uid) => {
        const enabled = !current().state.layers[uid]?.enabled;
        const name = title(uid);
        perform({ action: "enable", uid, enabled }, uid, () =>
          enabled ? t("%1 enabled", name) : t("%1 disabled", name),
        );
      },
      remove: (uid) => {
        const [name, next] = [title(uid), neighbourOf(current().state, uid)];
        perform({ action: "remove", uid }, next, () => t("%1 deleted", name));
      },
    };
    return {
      run: (action, uid) => actions[action](uid),
      move,
      focus: focus.request,
      focusFirst: () => {
        const uid = current().state.order[0];
        if (uid === undefined) return;
        onSelect(uid);
        focus.request(uid);
      },
    };
  }, [now, onSelect, focus]);
}
