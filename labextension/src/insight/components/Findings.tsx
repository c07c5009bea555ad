/** What is wrong, or might be, worst first, with what to do about it. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import { levelLabel } from "../labels";
import { type Finding, LEVELS } from "../protocol";
import { CodeLine } from "./CodeLine";
import { useKeepFocusIn } from "./hooks";

interface FindingsProps {
  findings: readonly Finding[];
  /** Null where no kernel can do so. */
  onDismiss: ((id: string) => void) | null;
}

export function Findings({ findings, onDismiss }: FindingsProps) {
  const list = useKeepFocusIn<HTMLUListElement>();
  const ranked = [...findings].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  return (
    <ul ref={list} class="kw-i-findings" aria-label={t("Findings")}>
      {ranked.map((finding) => (
        <FindingItem key={finding.id} finding={finding} onDismiss={onDismiss} />
      ))}
    </ul>
  );
}

function FindingItem({
  finding,
  onDismiss,
}: { finding: Finding } & Pick<FindingsProps, "onDismiss">) {
  const [open, setOpen] = useState(false);
  const { id, level, title, text, where, code, rows, row_count } = finding;
  const more = row_count - rows.length;
  const hasRows = rows.length > 0;
  return (
    <li class="kw-i-finding" data-level={level}>
      <LevelIcon level={level} />
      <div class="kw-i-finding-text">
        <p>
          <b>
            {levelLabel(level)}: {title}
          </b>{" "}
          {where && !namesIt(title, where) && <code>{where}</code>}
        </p>
        <p>{text}</p>
        {(!hasRows || open) && code && <CodeLine code={code} />}
        {open && hasRows && (
          <p class="kw-i-rows">
            {t("Rows %1", rows.map(formatCount).join(" · "))}
            {more > 0 && ` ${t("and %1 more", formatCount(more))}`}
          </p>
        )}
      </div>
      <span class="kw-i-finding-buttons">
        {hasRows && (
          <button
            type="button"
            aria-expanded={open}
            aria-label={open ? t("Hide rows: %1", title) : t("Show rows: %1", title)}
            onClick={() => setOpen(!open)}
          >
            {open ? t("Hide rows") : t("Show rows")}
          </button>
        )}
        {onDismiss && (
          <button
            type="button"
            aria-label={t("Dismiss: %1", title)}
            title={t("Do not show this finding again")}
            onClick={() => onDismiss(id)}
          >
            {t("Dismiss")}
          </button>
        )}
      </span>
    </li>
  );
}

/** Return whether a title has the name of the place already, as a word of its own. */
function namesIt(title: string, where: string): boolean {
  const at = title.indexOf(where);
  const isInWord = (char: string | undefined) => char !== undefined && /\w/.test(char);
  return at >= 0 && !isInWord(title[at - 1]) && !isInWord(title[at + where.length]);
}

/** A shape for each level, so that none is told by its colour alone. */
function LevelIcon({ level }: { level: Finding["level"] }) {
  const shape = {
    error: "M5.200 1.500h5.600l3.700 3.700v5.600l-3.700 3.700H5.200l-3.700-3.700V5.200z",
    warning: "M8 1.500l6.500 12.500h-13z",
    hint: "M8 1.500a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13z",
  }[level];
  return (
    <svg class="kw-i-level" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={shape} />
      <path
        class="kw-i-level-sign"
        d={level === "hint" ? "M8 7v4.500M8 4.200v1.600" : "M8 5v4M8 10.500v1.600"}
      />
    </svg>
  );
}
