/** Builds the demo page: see README.md. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const result = await build({
  entryPoints: [join(here, "page.ts")],
  bundle: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".raw.css": "text" },
  write: false,
});
const script = result.outputFiles[0].text.replaceAll("</script", "<\\/script");
// Ignored by git, as everything that is built.
const out = join(here, "../../.build/demo");
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, "builder.html"),
  `<!doctype html><meta charset="utf-8"><title>Builder</title>
<body style="margin:12px"><div id="view"></div><script>${script}</script>`,
);
