/** The empty state of a list without layers: how to add one, templates, and undo. */

import { t } from "../../../shared/translation";
import { useBuilder } from "../builderContext";
import { Icon } from "../icons";

/** `undo` names the step that undo would revert, such as the removal of all layers, or is null. */
export function EmptyStack({ undo }: { undo: string | null }) {
  const { catalog, edit } = useBuilder();
  return (
    <div class="kw-b-empty">
      <p>
        <b>{t("No layers yet.")}</b>{" "}
        {t("Type a layer above, such as “dense 128 relu”, or start from a template:")}
      </p>
      <div class="kw-b-templates">
        {catalog?.templates.map(({ name, title, summary }) => (
          <button
            key={name}
            type="button"
            class="kw-b-template"
            onClick={() => void edit({ action: "template", name })}
          >
            <b>{title}</b>
            <span>{summary}</span>
          </button>
        ))}
      </div>
      {undo !== null && (
        <button
          type="button"
          class="kw-b-button kw-b-undo-empty"
          onClick={() => void edit({ action: "undo" })}
        >
          <Icon name="undo" />
          {t("Undo: %1", undo)}
        </button>
      )}
    </div>
  );
}
