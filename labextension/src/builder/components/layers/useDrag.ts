/** Drags a card, with the mouse or by its grip with a finger, to another gap of the list. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type ListBox, nearestSlot, type Slot, slotsOf } from "../../dropSlots";

const THRESHOLD_PIXELS = 5;
const EDGE_PIXELS = 36;
const SCROLL_PIXELS = 9;

interface Drag {
  dragged: string | null;
  slot: Slot | null;
}

const NO_DRAG: Drag = { dragged: null, slot: null };

export function useDrag(
  list: RefObject<HTMLElement>,
  onDrop: (uid: string, slot: Slot) => void,
): Drag & { onPointerDown: (event: PointerEvent) => void } {
  const [drag, setDrag] = useState<Drag>(NO_DRAG);
  const drop = useRef(onDrop);
  drop.current = onDrop;
  const lifetime = useRef<AbortController>();
  useEffect(() => () => lifetime.current?.abort(), []);

  const onPointerDown = (event: PointerEvent) => {
    const target = event.target as Element;
    const item = target.closest<HTMLElement>("[data-uid]");
    if (event.button !== 0 || !item || !target.closest(".kw-b-card")) return;
    if (target.closest("button, a, input")) return;
    // A finger that moves over a card scrolls.
    if (event.pointerType === "touch" && !target.closest(".kw-b-grip")) return;
    lifetime.current?.abort();
    lifetime.current = startDrag(list.current!, item, event, setDrag, (slot) =>
      drop.current(item.dataset.uid!, slot),
    );
  };
  return { ...drag, onPointerDown };
}

function startDrag(
  list: HTMLElement,
  item: HTMLElement,
  start: PointerEvent,
  show: (drag: Drag) => void,
  drop: (slot: Slot) => void,
): AbortController {
  const lifetime = new AbortController();
  const options = { signal: lifetime.signal, capture: true };
  const uid = item.dataset.uid!;
  const pointer = { x: start.clientX, y: start.clientY };
  let slots: Slot[] | null = null;
  let slot: Slot | null = null;

  const updateSlot = () => {
    const box = list.getBoundingClientRect();
    const next = nearestSlot(slots!, pointer.x - box.left, pointer.y - box.top);
    if (slot && next?.parent === slot.parent && next.index === slot.index) return;
    slot = next;
    show({ dragged: uid, slot });
  };
  const scroll = () => {
    if (lifetime.signal.aborted) return;
    const frame = list.closest<HTMLElement>(".kw-b-stack");
    if (frame && scrollNearEdge(frame, pointer.y)) updateSlot();
    requestAnimationFrame(scroll);
  };
  const end = () => {
    lifetime.abort();
    show(NO_DRAG);
  };
  window.addEventListener(
    "pointermove",
    (event) => {
      if (event.pointerId !== start.pointerId) return;
      [pointer.x, pointer.y] = [event.clientX, event.clientY];
      if (!slots) {
        const far = Math.hypot(pointer.x - start.clientX, pointer.y - start.clientY);
        if (far < THRESHOLD_PIXELS) return;
        slots = slotsOf(measure(list, item));
        capture(list, start.pointerId);
        requestAnimationFrame(scroll);
      }
      event.preventDefault();
      updateSlot();
    },
    options,
  );
  window.addEventListener(
    "pointerup",
    (event) => {
      if (event.pointerId !== start.pointerId) return;
      const target = slot;
      end();
      if (target) drop(target);
    },
    options,
  );
  window.addEventListener("pointercancel", end, options);
  // Without capture: only the window's own blur, not that of elements.
  window.addEventListener("blur", end, { signal: lifetime.signal });
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !slots) return;
      event.preventDefault();
      event.stopPropagation();
      end();
    },
    options,
  );
  return lifetime;
}

/** Receive the pointer's events outside of the window too. */
function capture(element: HTMLElement, pointerId: number): void {
  try {
    element.setPointerCapture(pointerId);
  } catch {
    // It has been lifted in the meantime; pointerup follows.
  }
}

/** The boxes of all lists but those inside the dragged item, relative to the outermost list. */
function measure(list: HTMLElement, dragged: HTMLElement): ListBox[] {
  const origin = list.getBoundingClientRect();
  const lists = [list, ...list.querySelectorAll<HTMLElement>("[data-list]")];
  return lists
    .filter((element) => !dragged.contains(element))
    .map((element) => {
      const box = element.getBoundingClientRect();
      const items = [...element.children].filter((child) => child.matches("[data-uid]"));
      return {
        parent: element.dataset.list || null,
        x: box.left - origin.left,
        width: box.width,
        top: box.top - origin.top,
        bottom: box.bottom - origin.top,
        cards: items.map((child) => {
          const { top, bottom } = child.getBoundingClientRect();
          return { top: top - origin.top, bottom: bottom - origin.top };
        }),
      };
    });
}

function scrollNearEdge(frame: HTMLElement, y: number): boolean {
  const { top, bottom } = frame.getBoundingClientRect();
  const by = y < top + EDGE_PIXELS ? -1 : y > bottom - EDGE_PIXELS ? 1 : 0;
  const before = frame.scrollTop;
  if (by) frame.scrollTop += by * SCROLL_PIXELS;
  return frame.scrollTop !== before;
}
