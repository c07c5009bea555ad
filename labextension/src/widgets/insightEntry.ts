/** The entry point of the bundle `insight-view.js`, the tabs of the live view besides the curves. */

import { mountInsight } from "../insight/components/mountInsight";
import type { InsightModule } from "../insight/source";
import { setMessages } from "../shared/translation";

/** Return what draws the tabs, with the texts of the kernel's language. */
export function open(messages: unknown): InsightModule {
  setMessages(messages);
  return { mount: mountInsight };
}
