/** Computes which rows of a long list are on screen, so that only they are drawn. */

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useRedraw } from "../../shared/hooks";

const ROW_HEIGHT = 44;
const OVERSCAN = 8;

export interface VirtualRows {
  scroller: { current: HTMLDivElement | null };
  items: VirtualItem[];
  height: number;
  /** The `ref` of each row's element, which measures its height. */
  measure: (element: HTMLElement | null) => void;
  reveal(index: number): void;
}

/** @param keyOf returns the key of a row, under which its height is kept when the list changes */
export function useVirtualRows(count: number, keyOf: (index: number) => string): VirtualRows {
  const redraw = useRedraw();
  const scroller = useRef<HTMLDivElement>(null);
  const ref = useRef<Virtualizer<HTMLDivElement, HTMLElement> | null>(null);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: keyOf,
    overscan: OVERSCAN,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: redraw,
  };
  ref.current ??= new Virtualizer<HTMLDivElement, HTMLElement>(options);
  const virtualizer = ref.current;
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  return {
    scroller,
    items: virtualizer.getVirtualItems(),
    height: virtualizer.getTotalSize(),
    measure: (element) => virtualizer.measureElement(element),
    reveal: (index) => virtualizer.scrollToIndex(index, { align: "auto" }),
  };
}
