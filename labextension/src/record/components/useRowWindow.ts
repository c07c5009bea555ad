/** Computes which rows of a long table are near the screen: drawing a thousand takes a second. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Pixels; the style sheet gives rows this height. */
export const ROW_HEIGHT = 26;
/** Rows drawn above and below those on the screen, so that a scroll finds them there. */
const MARGIN_ROWS = 20;
/** The window moves by so many rows at once, so that a slow scroll draws nothing. */
const STEP_ROWS = 10;
/** Before the height of the box is known. */
const FIRST_ROWS = 40;

export function useRowWindow(count: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ first: 0, visible: FIRST_ROWS });
  const update = () => {
    const box = scroller.current;
    if (!box) return;
    const first = Math.floor(box.scrollTop / ROW_HEIGHT / STEP_ROWS) * STEP_ROWS;
    const visible = Math.max(FIRST_ROWS, Math.ceil(box.clientHeight / ROW_HEIGHT));
    setPlace((now) => (now.first === first && now.visible === visible ? now : { first, visible }));
  };
  // A filter may have left fewer rows than were scrolled past.
  useLayoutEffect(update, [count]);
  const start = Math.min(Math.max(0, place.first - MARGIN_ROWS), Math.max(0, count - FIRST_ROWS));
  const wanted = Math.max(
    place.first + place.visible + MARGIN_ROWS + STEP_ROWS,
    start + FIRST_ROWS,
  );
  const end = Math.min(count, wanted);
  return {
    scroller,
    onScroll: update,
    start,
    end,
    /** Heights of the rows that are not drawn. */
    above: start * ROW_HEIGHT,
    below: (count - end) * ROW_HEIGHT,
  };
}
