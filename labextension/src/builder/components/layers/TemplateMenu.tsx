/** The menu of templates, shown once there are layers. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useUniqueId } from "../../../shared/hooks";
import { t } from "../../../shared/translation";
import { useBuilder } from "../builderContext";

export function TemplateMenu() {
  const { catalog, edit, announce } = useBuilder();
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useUniqueId("templates");
  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
    const lifetime = new AbortController();
    const close = (event: Event) => {
      if (!event.composedPath().includes(root.current!)) setOpen(false);
    };
    document.addEventListener("pointerdown", close, { signal: lifetime.signal, capture: true });
    return () => lifetime.abort();
  }, [open]);
  if (!catalog?.templates.length) return null;
  const button = () => root.current?.querySelector("button");
  const onKeyDown = (event: KeyboardEvent) => {
    const items = [...root.current!.querySelectorAll<HTMLElement>('[role="menuitem"]')];
    const at = items.indexOf(event.target as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      setOpen(false);
      if (event.key === "Escape") {
        event.preventDefault();
        button()?.focus();
      }
    } else if (to !== undefined) {
      event.preventDefault();
      if (open) items.at(to % items.length)?.focus();
      else setOpen(true);
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the button and the menu in it
    <div ref={root} class="kw-b-menu-home" onKeyDown={onKeyDown}>
      <button
        type="button"
        class="kw-b-button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {t("Templates")}
      </button>
      <div id={id} class="kw-b-menu" role="menu" aria-label={t("Templates")} hidden={!open}>
        {catalog.templates.map(({ name, title, summary }) => (
          <button
            key={name}
            type="button"
            role="menuitem"
            tabIndex={-1}
            onClick={() => {
              setOpen(false);
              button()?.focus();
              void edit({ action: "template", name }).then(
                (reply) => reply.ok && announce(t("Replaced by the template %1", title)),
              );
            }}
          >
            <b>{title}</b>
            <span>{summary}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
