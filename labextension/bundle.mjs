/**
 * Builds what travels from the kernel: the two loaders, and the gzipped views and Plotly; and puts
 * the tutorials where the JupyterLab extension finds them.
 * Equal sources give equal bytes; a bundle over its budget fails the build.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipAsync } from "@gfx/zopfli";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../kwidgets/static");

const BUDGETS = {
  "live.js": 2_200,
  "view.js.gz": 44_500,
  "view.js.gz + plotly.js.gz": 430_000,
  "insight-view.js.gz": 30_000,
  "builder.js": 2_000,
  "builder-view.js.gz": 40_000,
  "export.js": 2_000,
  "export-view.js.gz": 30_000,
  "runs.js": 2_000,
  "runs-view.js.gz": 47_000,
  "search.js": 2_000,
  "search-view.js.gz": 30_000,
};

/** Plotly assigns window.Plotly, which may be someone else's in a notebook. */
const keepWindowClean = {
  name: "keep-window-clean",
  setup(context) {
    context.onLoad({ filter: /plotly-basic\.min\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const parts = text.split("window.Plotly = Plotly;");
      if (parts.length !== 2) throw new Error(`${path} no longer assigns window.Plotly once`);
      return { contents: parts.join(""), loader: "js" };
    });
  },
};

async function bundle(entry) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [`src/widgets/${entry}.ts`],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: entry === "plotly" ? "inline" : "none",
    loader: { ".raw.css": "text" },
    plugins: [minifyCss, keepWindowClean],
    write: false,
  });
  return result.outputFiles[0].contents;
}

const minifyCss = {
  name: "minify-css",
  setup(context) {
    context.onLoad({ filter: /\.raw\.css$/ }, async ({ path }) => {
      const result = await build({
        entryPoints: [path],
        loader: { ".raw.css": "css" },
        minify: true,
        write: false,
      });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

/** As gzip -9, but 5 % smaller. */
function pack(bytes) {
  return gzipAsync(bytes, { numiterations: 1 });
}

const names = [
  "liveLoader",
  "liveEntry",
  "plotly",
  "insightEntry",
  "builderLoader",
  "builderEntry",
  "exportLoader",
  "exportEntry",
  "runsLoader",
  "runsEntry",
  "searchLoader",
  "searchEntry",
];
const [
  liveLoader,
  liveEntry,
  plotly,
  insightEntry,
  builderLoader,
  builderEntry,
  exportLoader,
  exportEntry,
  runsLoader,
  runsEntry,
  searchLoader,
  searchEntry,
] = await Promise.all(names.map(bundle));
const files = {
  "live.js": liveLoader,
  "view.js.gz": await pack(liveEntry),
  "plotly.js.gz": await pack(plotly),
  "insight-view.js.gz": await pack(insightEntry),
  "builder.js": builderLoader,
  "builder-view.js.gz": await pack(builderEntry),
  "export.js": exportLoader,
  "export-view.js.gz": await pack(exportEntry),
  "runs.js": runsLoader,
  "runs-view.js.gz": await pack(runsEntry),
  "search.js": searchLoader,
  "search-view.js.gz": await pack(searchEntry),
};
mkdirSync(out, { recursive: true });
for (const [name, bytes] of Object.entries(files)) writeFileSync(join(out, name), bytes);

const examples = join(here, "../examples");
const tutorials = readdirSync(examples)
  .filter((name) => name.endsWith(".ipynb"))
  .sort()
  .map((name) => [
    name.replace(/\.ipynb$/, ""),
    JSON.parse(readFileSync(join(examples, name), "utf8")),
  ]);
writeFileSync(join(here, "lib/tutorials.json"), JSON.stringify(Object.fromEntries(tutorials)));

const sizes = Object.fromEntries(
  Object.entries(files).map(([name, bytes]) => [name, bytes.length]),
);
sizes["view.js.gz + plotly.js.gz"] = sizes["view.js.gz"] + sizes["plotly.js.gz"];
for (const [name, size] of Object.entries(sizes)) console.log(`${name}: ${size} bytes`);
for (const [name, budget] of Object.entries(BUDGETS)) {
  if (sizes[name] > budget) {
    console.error(`${name} is ${sizes[name]} bytes; its budget is ${budget}.`);
    process.exitCode = 1;
  }
}
