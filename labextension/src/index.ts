/** What JupyterLab loads: the list of our plugins. */

import { livePlugin } from "./lab";

export default [livePlugin];
