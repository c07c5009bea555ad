/** Finds out whether the page is light or dark, by its host or else by the system's preference. */

export type Theme = "light" | "dark";

/** Return the theme of the page. */
export function currentTheme(page: Document = document): Theme {
  const { body, documentElement: html } = page;
  const jupyterLight = body.dataset.jpThemeLight;
  if (jupyterLight !== undefined) return jupyterLight === "false" ? "dark" : "light";
  if (body.matches(".vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light)")) {
    return "dark";
  }
  if (body.matches(".vscode-light, .vscode-high-contrast-light")) return "light";
  if (html.matches("[theme=dark], .dark") || body.matches(".dark, .dark-theme")) return "dark";
  if (html.matches("[theme=light], .light") || body.matches(".light, .light-theme")) return "light";
  return page.defaultView?.matchMedia?.("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Call `listener` whenever the theme may have changed, until `signal` aborts. */
export function watchTheme(listener: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver(listener);
  const options = {
    attributes: true,
    attributeFilter: ["class", "theme", "data-jp-theme-light", "data-jp-theme-name"],
  };
  observer.observe(document.body, options);
  observer.observe(document.documentElement, options);
  const query = window.matchMedia?.("(prefers-color-scheme: dark)");
  query?.addEventListener("change", listener, { signal });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
}
