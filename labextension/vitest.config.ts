import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    environment: "node",
    // A page and modules for each thread, not for each file, which takes half as much time again.
    // No file may depend on what another one leaves: try it with --sequence.shuffle.files.
    pool: "threads",
    isolate: false,
  },
});
