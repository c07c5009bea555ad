/** The learning rate field: shows the kernel's value, and sends a new one on Enter or blur. */

import { useEffect, useRef, useState } from "preact/hooks";
import { formatLearningRate } from "../../shared/format";
import { useUniqueId } from "../../shared/hooks";
import { t } from "../../shared/translation";
import { readLearningRate, stepLearningRate } from "../learningRate";

interface LearningRateProps {
  /** The kernel's last value; null when unknown. */
  value: number | null;
  /** Class name of the optimizer's schedule, or null without one. */
  schedule: string | null;
  /** Whether the user's value overrides the schedule. */
  overridden: boolean;
  /** The last value was refused, by us or by the kernel. */
  wrong: boolean;
  pending: boolean;
  /** Id of the element with the reason. */
  noteId: string;
  /** The typed text is no learning rate, for this reason; null if the reason no longer applies. */
  onRefuse: (reason: string | null) => void;
  onApply: (value: number) => Promise<boolean>;
  /** Give the rate back to the schedule. */
  onFollow: () => void;
}

// After the kernel has accepted a value, its next state message brings it.
const UPDATE_TIMEOUT_MS = 1500;

export function LearningRate(props: LearningRateProps) {
  const { value, schedule, overridden, wrong, pending, noteId, onRefuse, onApply, onFollow } =
    props;
  // The text shown in place of `value`: being typed, or applied and not yet confirmed.
  const [draft, setDraft] = useState<string | null>(null);
  // The rate before the user's last one, to go back to. A schedule has a button of its own.
  const [former, setFormer] = useState<number | null>(null);
  const field = useRef<HTMLInputElement>(null);
  // The text that was applied or refused: Enter is followed by a change event, and blur by another.
  const handledText = useRef<string | null>(null);
  const scheduleId = useUniqueId("schedule");
  const shown = value === null ? "" : formatLearningRate(value);

  useEffect(() => {
    // The kernel has confirmed the applied value.
    if (draft !== null && !isFocused(field.current) && Number(draft) === Number(shown)) {
      setDraft(null);
    }
  }, [shown, draft]);

  const apply = () => {
    const text = field.current?.value ?? "";
    if (text === handledText.current) return;
    if (draft === null || text === shown) {
      setDraft(null);
      onRefuse(null);
      return;
    }
    const entry = readLearningRate(text);
    if (!entry.ok) {
      handledText.current = text;
      onRefuse(entry.reason);
      return;
    }
    onRefuse(null);
    const applied = formatLearningRate(entry.value);
    handledText.current = applied;
    setDraft(applied);
    void onApply(entry.value).then((ok) => {
      const clearDraft = () => setDraft((now) => (now === applied ? null : now));
      if (ok) {
        setFormer(schedule && !overridden ? null : value);
        setTimeout(clearDraft, UPDATE_TIMEOUT_MS);
      } else clearDraft();
    });
  };

  const goBack = (rate: number) => {
    handledText.current = null;
    // The button goes away.
    field.current?.focus();
    setDraft(null);
    onRefuse(null);
    void onApply(rate).then((ok) => ok && setFormer(null));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      apply();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      handledText.current = null;
      setDraft(null);
      onRefuse(null);
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      handledText.current = null;
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
            handledText.current = null;
            setDraft(event.currentTarget.value);
            onRefuse(null);
          }}
          onChange={apply}
          onFocus={() => setDraft((now) => now ?? shown)}
          onBlur={() => {
            // The current value replaces a refused text; the reason stays and quotes it.
            setDraft((now) =>
              now === null || now === shown || !readLearningRate(now).ok ? null : now,
            );
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <span id={scheduleId} class="kw-schedule">
        {schedule ? (overridden ? t("overrides %1", schedule) : t("set by %1", schedule)) : ""}
      </span>
      {former !== null && value !== null && former !== value && (
        <button type="button" class="kw-button" onClick={() => goBack(former)}>
          {t("Back to %1", formatLearningRate(former))}
        </button>
      )}
      {schedule && overridden && (
        <button
          type="button"
          class="kw-button"
          onClick={() => {
            field.current?.focus();
            setFormer(null);
            onFollow();
          }}
        >
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
