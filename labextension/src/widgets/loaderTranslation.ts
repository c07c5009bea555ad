/** What stands where a view could not be loaded, with words that came beside the view's code. */

interface Library {
  get(name: string): unknown;
}

/** A `t` for a loader, which travels with each view and so brings no catalogue of its own. */
export async function wordsOf(
  library: () => Promise<Library>,
): Promise<(text: string, value: unknown) => string> {
  let messages: Record<string, string[]> | null | undefined;
  try {
    messages = (await library()).get("messages") as typeof messages;
  } catch {
    // Without the library there are no words but ours.
  }
  return (text, value) => (messages?.[text]?.[0] ?? text).replace("%1", () => String(value));
}
