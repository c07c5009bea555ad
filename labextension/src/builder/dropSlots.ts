/** Computes the gaps where a dragged card can be dropped, and the one nearest to the pointer. */

import type { Place } from "./layerTree";

/** A gap that a card can be dropped into; lengths in pixels from the top left of the stack. */
export interface Slot extends Place {
  y: number;
  x: number;
  width: number;
}

/** One list on screen: its box and those of its cards, from top to bottom. */
export interface ListBox {
  parent: string | null;
  x: number;
  width: number;
  top: number;
  bottom: number;
  cards: { top: number; bottom: number }[];
}

/** Return all gaps of all lists. */
export function slotsOf(lists: readonly ListBox[]): Slot[] {
  return lists.flatMap(({ parent, x, width, top, bottom, cards }) => {
    const at = (index: number, y: number) => ({ parent, index, x, width, y });
    if (cards.length === 0) return [at(0, (top + bottom) / 2)];
    return [...cards, null].map((card, index) => {
      const before = cards[index - 1];
      if (!before) return at(index, card!.top - 3);
      if (!card) return at(index, before.bottom + 3);
      return at(index, (before.bottom + card.top) / 2);
    });
  });
}

/** Return the gap nearest to the pointer; of two at one height the one that begins nearer to it. */
export function nearestSlot(slots: readonly Slot[], x: number, y: number): Slot | null {
  let best: Slot | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const slot of slots) {
    // A block's gap that begins right of the pointer counts as farther than one of the outer list.
    const distance = Math.abs(slot.y - y) + Math.max(0, slot.x - x) * 0.5;
    if (distance < least) {
      least = distance;
      best = slot;
    }
  }
  return best;
}

/**
 * Return the wire's place for a drop into `slot`, whose index does not count the moved layer; null
 * if the layer would not move.
 */
export function dropPlace(from: Place, slot: Place): Place | null {
  if (from.parent !== slot.parent) return { parent: slot.parent, index: slot.index };
  const index = slot.index > from.index ? slot.index - 1 : slot.index;
  return index === from.index ? null : { parent: slot.parent, index };
}
