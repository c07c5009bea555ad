/** The parts of a notebook with which its renderers find the kernel and notice saves. */

import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Channels } from "./kernel/channelByKernel";

export interface RendererNotebook {
  panel: NotebookPanel;
  channels: Channels;
}
