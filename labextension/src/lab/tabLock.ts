/** Chooses one of the browser's tabs that have the same notebook open. */

/**
 * Call `chosen` in one of the tabs that call this with the same name, and in the next one when that
 * is closed or its signal aborts. Where the browser cannot tell (http to another host), in all.
 */
export function inOneTab(name: string, chosen: () => void, signal: AbortSignal): void {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) {
    chosen();
    return;
  }
  const hold = () => {
    chosen();
    return new Promise<void>((release) => {
      signal.addEventListener("abort", () => release());
    });
  };
  locks.request(name, { signal }, hold).catch((error: unknown) => {
    if (!signal.aborted) console.warn("kwidgets: no lock among the tabs.", error);
  });
}
