/** The list of common mistakes that the kernel found, each with a button that fixes it. */

import { useState } from "preact/hooks";
import { t } from "../../shared/translation";
import type { Advice } from "../protocol";
import { useBuilder } from "./builderContext";
import { Icon } from "./icons";

/** More than these would push the list of layers out of sight. */
const MAX_SHOWN = 3;

function levelLabel(level: Advice["level"]): string {
  return { error: t("Error:"), warning: t("Warning:"), tip: t("Tip:") }[level];
}

interface AdviceListProps {
  advice: readonly Advice[];
  onTarget: (target: string) => void;
}

export function AdviceList({ advice, onTarget }: AdviceListProps) {
  const { edit } = useBuilder();
  const [all, setAll] = useState(false);
  if (advice.length === 0) return null;
  const shown = all || advice.length <= MAX_SHOWN + 1 ? advice : advice.slice(0, MAX_SHOWN);
  return (
    <ul class="kw-b-advice" aria-label={t("Advice")}>
      {shown.map(({ id, level, title, text, target, fix }) => (
        <li key={id} data-level={level}>
          <Icon name={level} />
          <div>
            <p class="kw-b-advice-title">
              <span class="kw-unseen">{levelLabel(level)} </span>
              {target ? (
                <button type="button" class="kw-b-link" onClick={() => onTarget(target)}>
                  {title}
                </button>
              ) : (
                title
              )}
            </p>
            <p>{text}</p>
          </div>
          {fix && (
            <button
              type="button"
              class="kw-b-button"
              onClick={() => void edit({ action: "fix", advice: id })}
            >
              {fix}
            </button>
          )}
        </li>
      ))}
      {shown.length < advice.length && (
        <li class="kw-b-advice-more">
          <button type="button" class="kw-b-link" onClick={() => setAll(true)}>
            {t("Show %1 more", advice.length - shown.length)}
          </button>
        </li>
      )}
    </ul>
  );
}
