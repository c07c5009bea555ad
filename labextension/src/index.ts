/** What JupyterLab loads: the list of our plugins. */

import { builderPlugin, livePlugin } from "./lab";

export default [livePlugin, builderPlugin];
