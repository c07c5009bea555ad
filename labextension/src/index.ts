/** What JupyterLab loads: the list of our plugins. */

import { builderPlugin, livePlugin } from "./lab";
import { panelPlugin } from "./lab/panel/plugin";
import { tutorialsPlugin } from "./lab/tutorials/plugin";

export default [livePlugin, builderPlugin, panelPlugin, tutorialsPlugin];
