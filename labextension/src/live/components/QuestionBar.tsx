/** A question for which the training waits before it begins, such as whether to resume a run. */

import { useTicking } from "../../shared/hooks";
import { t } from "../../shared/translation";
import type { Question } from "../protocol";
import type { Commands } from "./useCommands";

interface QuestionBarProps {
  question: Question;
  /** When the question came, on the clock of `performance.now()`. */
  receivedAt: number;
  commands: Commands;
}

export function QuestionBar({ question, receivedAt, commands }: QuestionBarProps) {
  useTicking(true, 500);
  const { answers, text, seconds_left } = question;
  const left = Math.max(0, seconds_left - (performance.now() - receivedAt) / 1000);
  const last = answers.at(-1);
  return (
    <section class="kw-question" aria-label={t("Question")}>
      <p role="alert">{text}</p>
      <div class="kw-buttons">
        {answers.map(({ id, label }, i) => (
          <button
            key={id}
            type="button"
            class={i === 0 ? "kw-button kw-primary" : "kw-button"}
            aria-busy={commands.state("answer").pending}
            onClick={() => {
              if (!commands.state("answer").pending) void commands.run("answer", { text: id });
            }}
          >
            {label}
          </button>
        ))}
        {last && (
          <span class="kw-hint">
            {t("%1 s left to answer, then: %2", Math.ceil(left).toString(), last.label)}
          </span>
        )}
      </div>
    </section>
  );
}
