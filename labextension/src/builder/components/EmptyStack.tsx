/** What a builder without layers says: how to begin. */

import { useTools } from "./context";
import { Icon } from "./icons";

/** `undo` is what undo would undo, or null: the model may only have gone. */
export function EmptyStack({ undo }: { undo: string | null }) {
  const { catalog, edit } = useTools();
  return (
    <div class="kw-b-empty">
      <p>
        <b>No layers yet.</b> Type one above, such as “dense 128 relu”, or start from a template:
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
          Undo: {undo}
        </button>
      )}
    </div>
  );
}
