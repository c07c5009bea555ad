/** What a builder without layers says: how to begin. */

import { useTools } from "./context";

export function EmptyStack() {
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
    </div>
  );
}
