/** Moves, duplicates, switches off and deletes layers, and moves focus and selection afterwards. */

import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../../../shared/translation";
import { childrenOf, neighbourOf, type Place, placeOf, placeOneStep } from "../../layerTree";
import type { Reply, State } from "../../protocol";
import { useBuilder } from "../builderContext";

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
  const focus = useFocusRequest(pane);
  return useMemo(() => {
    const current = () => now.current!;
    const title = (uid: string) => current().state.layers[uid]?.title ?? t("Layer");
    const perform = async (
      edit: () => Promise<Reply>,
      done: (reply: Reply) => { text: string; uid: string | null },
    ) => {
      const reply = await edit();
      if (!reply.ok) return;
      const { text, uid } = done(reply);
      latest.current.announce(text);
      onSelect(uid);
      focus.request(uid);
    };
    const move = (uid: string, place: Place) =>
      perform(
        () => latest.current.edit({ action: "move", uid, ...place }),
        () => {
          const { state } = current();
          const at = placeOf(state, uid) ?? place;
          const count = childrenOf(state, at.parent).length;
          return { uid, text: t("%1 moved to place %2 of %3", title(uid), at.index + 1, count) };
        },
      );
    const actions: Record<ActionName, (uid: string) => void> = {
      up: (uid) => {
        const place = placeOneStep(current().state, uid, -1, current().folded);
        if (place) void move(uid, place);
      },
      down: (uid) => {
        const place = placeOneStep(current().state, uid, 1, current().folded);
        if (place) void move(uid, place);
      },
      duplicate: (uid) => {
        void perform(
          () => latest.current.edit({ action: "duplicate", uid }),
          (reply) => {
            const copy = reply.result.uid;
            return {
              text: t("%1 duplicated", title(uid)),
              uid: typeof copy === "string" ? copy : uid,
            };
          },
        );
      },
      toggle: (uid) => {
        const enabled = !current().state.layers[uid]?.enabled;
        void perform(
          () => latest.current.edit({ action: "enable", uid, enabled }),
          () => {
            const name = title(uid);
            return {
              uid,
              text: enabled ? t("%1 switched on", name) : t("%1 switched off", name),
            };
          },
        );
      },
      remove: (uid) => {
        const [name, next] = [title(uid), neighbourOf(current().state, uid)];
        void perform(
          () => latest.current.edit({ action: "remove", uid }),
          () => ({ uid: next, text: t("%1 deleted", name) }),
        );
      },
    };
    return {
      run: (action, uid) => actions[action](uid),
      move: (uid, place) => void move(uid, place),
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

const FOCUS_RETRY_MS = 1000;

/**
 * Focus a card as soon as it is in the page. A card that moves is removed from the page for a
 * moment and loses the focus, before the reply or after it; so the focus is checked again after
 * each drawing for a while. If the user has moved the focus elsewhere, it stays there.
 */
function useFocusRequest(pane: RefObject<HTMLElement>) {
  const wanted = useRef<{ uid: string; given: boolean; until: number } | null>(null);
  const requests = useMemo(() => {
    const apply = () => {
      const [root, request] = [pane.current, wanted.current];
      if (!root || !request) return;
      const cards = [...root.querySelectorAll<HTMLElement>("[data-uid]")];
      const card = cards.find(({ dataset }) => dataset.uid === request.uid);
      const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
      const nowhere = !active || active === document.body;
      const free = nowhere || (!request.given && root.closest(".kw-builder")?.contains(active));
      if (performance.now() > request.until) wanted.current = null;
      else if (card && free) {
        request.given = true;
        card.focus({ preventScroll: true });
        card.scrollIntoView?.({ block: "nearest" });
      }
    };
    return {
      apply,
      request: (uid: string | null) => {
        const until = performance.now() + FOCUS_RETRY_MS;
        wanted.current = { uid: uid ?? "input", given: false, until };
        apply();
      },
    };
  }, [pane]);
  useLayoutEffect(requests.apply);
  return requests;
}
