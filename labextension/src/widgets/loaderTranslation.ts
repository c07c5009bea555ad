/** Translates the few error texts of the loaders with the words that the kernel sends along. */

interface Library {
  get(name: string): unknown;
}

/** Return a `t` for a loader, which is too small to have a catalogue of its own. */
export async function loaderTranslator(
  library: () => Promise<Library>,
): Promise<(text: string, value: unknown) => string> {
  let messages: Record<string, string[]> | null | undefined;
  try {
    messages = (await library()).get("messages") as typeof messages;
  } catch {
    // Without the library texts stay English.
  }
  return (text, value) => (messages?.[text]?.[0] ?? text).replace("%1", () => String(value));
}
