/** What JupyterLab loads: the list of our plugins. */

import { builderPlugin, livePlugin } from "./lab";
import { panelPlugin } from "./lab/panel/plugin";

export default [livePlugin, builderPlugin, panelPlugin];
