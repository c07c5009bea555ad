// @vitest-environment jsdom
/** Tests of the loaders: a view that cannot be loaded shows so in the page's language. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import builder from "../../src/widgets/builderLoader";
import exports from "../../src/widgets/exportLoader";
import live from "../../src/widgets/liveLoader";
import runs from "../../src/widgets/runsLoader";

const chinese = JSON.parse(
  readFileSync(
    join(import.meta.dirname, "../../../kwidgets/locale/zh_CN/LC_MESSAGES/kwidgets.json"),
    "utf8",
  ),
) as Record<string, string[]>;

/** A model of a widget whose library has no code that can be loaded. */
function modelWith(messages: unknown) {
  const library = { get: (name: string) => (name === "messages" ? messages : undefined) };
  return {
    get: (name: string) => (name === "library" ? "IPY_MODEL_1" : undefined),
    on: () => {},
    send: () => {},
    widget_manager: { get_model: async () => library },
  };
}

async function shown(
  loader: "builder" | "export" | "live" | "runs",
  messages: unknown,
): Promise<string> {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const el = document.createElement("div");
  const props = { model: modelWith(messages), el } as never;
  if (loader === "live") live.initialize(props);
  await { builder, export: exports, live, runs }[loader].render(props);
  return el.textContent ?? "";
}

test.each([
  ["builder", null, "Cannot load the builder. The model is not affected. ("],
  ["builder", chinese, "无法加载构建器。模型不受影响。("],
  ["live", null, "Cannot load the live view. Training continues. ("],
  ["live", chinese, "无法加载实时视图。训练仍在继续。("],
  ["export", null, "Cannot load the export panel. ("],
  ["export", chinese, "无法加载导出面板。（"],
  ["runs", null, "Cannot load the view of the runs. ("],
  ["runs", chinese, "无法加载运行视图。（"],
] as const)("%s, with its words or without", async (loader, messages, start) => {
  const text = await shown(loader, messages);
  expect(text.startsWith(start)).toBe(true);
  expect(text).toMatch(/Error.*[)）]$/);
});
