/** The entry point of the JupyterLab extension: the list of its plugins. */

import { builderPlugin, livePlugin } from "./lab";
import { panelPlugin } from "./lab/panel/plugin";
import { tutorialsPlugin } from "./lab/tutorials/plugin";

export default [livePlugin, builderPlugin, panelPlugin, tutorialsPlugin];
