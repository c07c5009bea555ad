/** The entry point of the JupyterLab extension: the list of its plugins. */

import { exportPlugin } from "./lab/export/plugin";
import { panelPlugin } from "./lab/panel/plugin";
import { builderPlugin, livePlugin } from "./lab/plugins";
import { runsPlugin } from "./lab/runs/plugin";
import { searchPlugin } from "./lab/searchPlugin";
import { tutorialsPlugin } from "./lab/tutorials/plugin";

export default [
  livePlugin,
  builderPlugin,
  panelPlugin,
  runsPlugin,
  exportPlugin,
  searchPlugin,
  tutorialsPlugin,
];
