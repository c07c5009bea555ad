/** Stands in for what jsdom lacks and JupyterLab's modules want. */

import { vi } from "vitest";

/** Stub drag and drop and the observer of sizes; before the modules are imported. */
export function stubMissingInJsdom(): void {
  vi.stubGlobal("DragEvent", class extends Event {});
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
}
