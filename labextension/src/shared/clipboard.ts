/** Puts text into the clipboard. */

import { t } from "./translation";

/** Copy `text`; rejects where the page has no permission. */
export async function copyText(text: string): Promise<void> {
  // A hub on plain http has no navigator.clipboard.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error(t("The browser blocks access to the clipboard."));
}
