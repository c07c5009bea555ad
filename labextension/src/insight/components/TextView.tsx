/** A sample that is text, with how much each word counts. */

import { formatShort } from "../../shared/format";
import { t } from "../../shared/translation";

interface TextViewProps {
  text: string;
  /** How much each token counts, from −1 to 1. */
  shares: readonly number[] | null;
  size: "small" | "large";
}

export function TextView({ text, shares, size }: TextViewProps) {
  const words = text.split(/\s+/).filter(Boolean);
  if (size === "small" || !shares || shares.length < words.length) {
    return (
      <span class="kw-i-text" data-size={size}>
        {text}
      </span>
    );
  }
  return (
    <p class="kw-i-text" data-size={size}>
      {words.map((word, i) => {
        const share = shares[i] ?? NaN;
        const tint = Number.isFinite(share) ? Math.round(30 * Math.min(1, Math.abs(share))) : 0;
        return (
          <span
            key={i}
            class="kw-i-word"
            data-negative={share < 0}
            data-strong={Math.abs(share) > 0.5}
            style={{ "--kw-strength": `${tint}%` }}
            title={formatShort(share)}
          >
            {word}{" "}
          </span>
        );
      })}
      <span class="kw-i-caption">
        {t("underlined: speaks for the prediction; dashed: against it")}
      </span>
    </p>
  );
}

/** A bar to the right for what speaks for the prediction, to the left for what speaks against it. */
export function ShareBar({ share }: { share: number }) {
  const size = Number.isFinite(share) ? 30 * Math.min(1, Math.abs(share)) : 0;
  return (
    <svg class="kw-i-share-bar" viewBox="0 0 64 10" width="64" height="10" aria-hidden="true">
      <path d="M32 0V10" />
      <rect
        data-negative={share < 0}
        x={share < 0 ? 32 - size : 32}
        y="2"
        width={size}
        height="6"
      />
    </svg>
  );
}
