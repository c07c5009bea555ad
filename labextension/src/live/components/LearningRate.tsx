/** The learning rate: shows what holds in the kernel, and takes a new one on Enter or blur. */

import { useEffect, useRef, useState } from "preact/hooks";
import { formatLearningRate } from "../../shared/format";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { readLearningRate, stepLearningRate } from "../learningRate";

interface LearningRateProps {
  /** As the kernel told it last; null when unknown. */
  value: number | null;
  /** Class name of the optimizer's schedule, or null without one. */
  schedule: string | null;
  /** Whether the user's value holds in place of the schedule's. */
  held: boolean;
  /** The last one was refused, by us or by the kernel. */
  wrong: boolean;
  pending: boolean;
  /** The element that says why. */
  noteId: string;
  /** What was typed is no learning rate, for this reason; null when that is settled. */
  onRefuse: (reason: string | null) => void;
  onApply: (value: number) => Promise<boolean>;
  /** Give the rate back to the schedule. */
  onFollow: () => void;
}

// After the kernel's consent its next state message brings the new value.
const SETTLE_MS = 1500;

export function LearningRate(props: LearningRateProps) {
  const { value, schedule, held, wrong, pending, noteId, onRefuse, onApply, onFollow } = props;
  // What stands in the field in place of `value`: being typed, or applied and not yet told back.
  const [draft, setDraft] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  // The text that was applied or refused: Enter is followed by a change event, and blur by another.
  const settled = useRef<string | null>(null);
  const scheduleId = useUniqueId("schedule");
  const shown = value === null ? "" : formatLearningRate(value);

  useEffect(() => {
    // The kernel has told back what was applied.
    if (draft !== null && !isFocused(field.current) && Number(draft) === Number(shown)) {
      setDraft(null);
    }
  }, [shown, draft]);

  const apply = () => {
    const text = field.current?.value ?? "";
    if (text === settled.current) return;
    if (draft === null || text === shown) {
      setDraft(null);
      onRefuse(null);
      return;
    }
    const entry = readLearningRate(text);
    if (!entry.ok) {
      settled.current = text;
      onRefuse(entry.reason);
      return;
    }
    onRefuse(null);
    const applied = formatLearningRate(entry.value);
    settled.current = applied;
    setDraft(applied);
    void onApply(entry.value).then((ok) => {
      const forget = () => setDraft((now) => (now === applied ? null : now));
      if (ok) setTimeout(forget, SETTLE_MS);
      else forget();
    });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      apply();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      settled.current = null;
      setDraft(null);
      onRefuse(null);
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      settled.current = null;
      const entry = readLearningRate(field.current?.value ?? "");
      const from = entry.ok ? entry.value : (value ?? 0);
      onRefuse(null);
      setDraft(formatLearningRate(stepLearningRate(from, event.key === "ArrowUp" ? 1 : -1)));
    }
  };

  const text = draft ?? shown;
  return (
    <div class="kw-rate">
      <label>
        <span>{t("Learning rate")}</span>
        <input
          ref={field}
          type="text"
          inputMode="decimal"
          role="spinbutton"
          autocomplete="off"
          spellcheck={false}
          size={9}
          aria-label={t("Learning rate")}
          aria-valuemin={0}
          {...(value !== null && Number.isFinite(value) ? { "aria-valuenow": Number(shown) } : {})}
          aria-valuetext={shown || t("unknown")}
          aria-invalid={wrong}
          aria-busy={pending}
          aria-describedby={`${noteId} ${scheduleId}`}
          value={text}
          onInput={(event) => {
            settled.current = null;
            setDraft(event.currentTarget.value);
            onRefuse(null);
          }}
          onChange={apply}
          onFocus={() => setDraft((now) => now ?? shown)}
          onBlur={() => {
            // A refused text gives way to what holds; the reason stays and names it.
            setDraft((now) =>
              now === null || now === shown || !readLearningRate(now).ok ? null : now,
            );
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <span id={scheduleId} class="kw-schedule">
        {schedule ? (held ? t("held; %1 is set aside", schedule) : t("set by %1", schedule)) : ""}
      </span>
      {schedule && held && (
        <button type="button" class="kw-button" onClick={onFollow}>
          {t("Follow schedule")}
        </button>
      )}
    </div>
  );
}

function isFocused(element: HTMLElement | null): boolean {
  if (!element) return false;
  return (element.getRootNode() as Document | ShadowRoot).activeElement === element;
}
