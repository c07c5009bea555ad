/** Watches the channel of a notebook, whose kernel may start late, change, or shut down. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel } from "@jupyterlab/services";
import type { KernelChannel } from "./channel";
import type { Channels } from "./channelByKernel";

/** Call `use` with the current channel, and again after each change, until `signal` aborts. */
export function watchChannel(
  sessionContext: ISessionContext,
  channels: Channels,
  use: (channel: KernelChannel | null, kernel: Kernel.IKernelConnection | null) => void,
  signal: AbortSignal,
): void {
  const update = () => {
    const kernel = sessionContext.session?.kernel ?? null;
    use(kernel ? channels.of(kernel) : null, kernel);
  };
  sessionContext.kernelChanged.connect(update);
  signal.addEventListener("abort", () => sessionContext.kernelChanged.disconnect(update));
  update();
}
