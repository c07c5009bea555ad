/** Stands in for what jsdom lacks and JupyterLab's modules want. */

import { vi } from "vitest";

class NoObserver {
  observe() {}
  disconnect() {}
}

/** Stub drag and drop and the observers; before the modules are imported. */
export function stubMissingInJsdom(): void {
  vi.stubGlobal("DragEvent", class extends Event {});
  vi.stubGlobal("ResizeObserver", NoObserver);
  vi.stubGlobal("IntersectionObserver", NoObserver);
}
