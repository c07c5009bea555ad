/** Loads what draws the tabs of the live view: a chunk of the extension. */

import type { InsightModule } from "../insight/source";

export async function loadInsight(): Promise<InsightModule> {
  const { mountInsight } = await import("../insight/components/mountInsight");
  return { mount: mountInsight };
}
