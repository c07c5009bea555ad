/** A bar between the tree and the details that sets their heights, and remembers the last one. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";

const STORAGE_KEY = "kwidgets.details-share";
const DEFAULT_PERCENT = 34;
const MIN_PERCENT = 15;
const MAX_PERCENT = 80;
const STEP_PERCENT = 5;

/** Draw `children` below the bar, at the remembered share of the parent's height. */
export function BelowSplitter({ children }: { children: ComponentChildren }) {
  const [percent, setPercent] = useState(readPercent);
  const frame = useRef<HTMLDivElement>(null);
  const set = (wanted: number) => {
    const within = Math.round(Math.min(Math.max(wanted, MIN_PERCENT), MAX_PERCENT));
    setPercent(within);
    try {
      localStorage.setItem(STORAGE_KEY, String(within));
    } catch {
      // Without storage it is remembered until the page is closed.
    }
  };
  const onPointerMove = (event: PointerEvent) => {
    const bar = event.currentTarget as HTMLElement;
    const whole = frame.current?.parentElement?.getBoundingClientRect();
    if (!whole?.height || !bar.hasPointerCapture(event.pointerId)) return;
    set((100 * (whole.bottom - event.clientY)) / whole.height);
  };
  const steps: Record<string, number> = {
    ArrowUp: percent + STEP_PERCENT,
    ArrowDown: percent - STEP_PERCENT,
    Home: MAX_PERCENT,
    End: MIN_PERCENT,
  };
  return (
    <div ref={frame} class="kw-below" style={{ flexBasis: `${percent}%` }}>
      {/* biome-ignore lint/a11y/useSemanticElements: an hr has no value and no keys */}
      <div
        class="kw-splitter"
        role="separator"
        aria-orientation="horizontal"
        aria-label={t("Height of the details")}
        aria-valuenow={percent}
        aria-valuemin={MIN_PERCENT}
        aria-valuemax={MAX_PERCENT}
        tabIndex={0}
        title={t("Drag to resize; double-click to reset")}
        onPointerDown={(event) => {
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onPointerMove}
        onDblClick={() => set(DEFAULT_PERCENT)}
        onKeyDown={(event) => {
          const wanted = steps[event.key];
          if (wanted === undefined) return;
          event.preventDefault();
          set(wanted);
        }}
      />
      {children}
    </div>
  );
}

function readPercent(): number {
  try {
    const saved = Number(localStorage.getItem(STORAGE_KEY));
    return saved >= MIN_PERCENT && saved <= MAX_PERCENT ? saved : DEFAULT_PERCENT;
  } catch {
    return DEFAULT_PERCENT;
  }
}
