/**
 * The rules of which folder of src/ may import which, checked by `npm run lint` with
 * dependency-cruiser. Imports of types count as imports.
 *
 *   lab/  widgets/             hosts: put the views into JupyterLab and into anywidget
 *     live/  builder/  models/   wings: each has its views, in components/, and its plain data
 *       shared/  protocol.ts       for all of them
 *
 * A wing's doors are the only files that other folders may import. Add one here when you need it.
 */

/** Doors for other wings. */
const WING_DOORS = [
  "insight/components/InsightPlace",
  "insight/protocol",
  "insight/saved",
  "insight/source",
  "insight/store",
  "live/protocol",
  "live/session",
  "live/savedTransport",
  "live/chart/curves",
  "live/chart/drawInput",
  "live/components/Charts",
  "live/components/MetricChoice",
  "live/components/mountLiveView",
  "live/components/ScrollBox",
  "live/components/Swatch",
  "live/components/Toolbar",
  "live/components/usePlotly",
  "live/parse",
  "live/store",
];

/** Doors for the hosts, besides those for other wings. */
const HOST_DOORS = [
  "insight/components/mountInsight",
  "live/encodeSnapshot",
  "live/labels",
  "live/latestValues",
  "live/transport",
  "live/components/FitLine",
  "live/components/LiveView",
  "distributed/search/components/RunningTrial",
  "distributed/search/components/mountSearch",
  "distributed/search/parse",
  "distributed/search/protocol",
  "distributed/search/source",
  "distributed/search/store",
  "builder/catalog",
  "builder/protocol",
  "builder/savedBuilder",
  "builder/session",
  "builder/anywidgetHost",
  "builder/components/mountBuilder",
  "builder/components/saved/mountSavedBuilder",
  "formats/components/mountExport",
  "formats/parse",
  "formats/protocol",
  "formats/source",
  "formats/store",
  "models/parse",
  "models/protocol",
  "models/runs",
  "models/savedSummary",
  "models/store",
  "models/components/ModelsView",
  "models/components/mountModel",
  "record/components/mountRuns",
  "record/components/RunsView",
  "record/parse",
  "record/protocol",
  "record/source",
  "record/store",
];

const WINGS = "(live|builder|models|record|insight|formats|distributed)";
const HOSTS = "(lab|widgets)";
const PREACT = "^(node_modules/)?preact";
const PLOTLY = "^(node_modules/)?(plotly\\.js|@types/plotly\\.js)|^src/shared/plotly\\.ts$";
const JUPYTER = "^(node_modules/)?@(jupyterlab|lumino)/";

const files = (doors) => doors.map((door) => `^src/${door}\\.tsx?$`);

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circles",
      comment: "Move what both files need into a third one, or pass it in.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "plain-data-draws-nothing",
      comment:
        "A file directly in a wing is plain data. What needs Preact goes into components/, what " +
        "needs Plotly into live/chart/, what needs JupyterLab into lab/.",
      severity: "error",
      from: { path: `^src/(${WINGS}/[^/]+|protocol)\\.ts$` },
      to: { reachable: true, path: [PREACT, PLOTLY, JUPYTER, "^src/[^/]+/components/", "\\.css$"] },
    },
    {
      name: "charts-without-preact",
      comment: "live/chart/ computes figures and calls Plotly; components are in live/components/.",
      severity: "error",
      from: { path: "^src/live/chart/" },
      to: { path: [PREACT, "^src/[^/]+/components/", "^src/shared/hooks\\.ts$"] },
    },
    {
      name: "views-know-no-host",
      comment:
        "The views run in any front end. Pass a host's function in, as a parameter or a DOM event.",
      severity: "error",
      from: { path: `^src/(${WINGS}|shared)/|^src/protocol\\.ts$` },
      to: { path: [`^src/${HOSTS}/`, "^src/index\\.ts$", JUPYTER] },
    },
    {
      name: "wings-meet-at-doors",
      comment: "Import one of WING_DOORS in import-rules.mjs, or add this file to them.",
      severity: "error",
      from: { path: `^src/${WINGS}/` },
      to: { path: `^src/${WINGS}/`, pathNot: ["^src/$1/", ...files(WING_DOORS)] },
    },
    {
      name: "hosts-use-doors",
      comment: "Import one of HOST_DOORS in import-rules.mjs, or add this file to them.",
      severity: "error",
      from: { path: `^src/${HOSTS}/` },
      to: { path: `^src/${WINGS}/`, pathNot: files([...WING_DOORS, ...HOST_DOORS]) },
    },
    {
      name: "hosts-know-no-other-host",
      comment: "lab/ and widgets/ are separate bundles. What both need belongs in shared/.",
      severity: "error",
      from: { path: `^src/${HOSTS}/` },
      to: { path: `^src/${HOSTS}/`, pathNot: "^src/$1/" },
    },
    {
      name: "shared-knows-no-wing",
      comment: "shared/ serves all wings. What only one of them needs belongs in that wing.",
      severity: "error",
      from: { path: "^src/shared/|^src/protocol\\.ts$" },
      to: { path: `^src/${WINGS}/` },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
