/** Follows the kernel of a notebook, which may come late, change, or go. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel } from "@jupyterlab/services";
import type { KernelChannel } from "./channel";
import type { Channels } from "./channels";

/** Call `use` with the channel there is, and again with each other one, until `signal` aborts. */
export function followChannel(
  sessionContext: ISessionContext,
  channels: Channels,
  use: (channel: KernelChannel | null, kernel: Kernel.IKernelConnection | null) => void,
  signal: AbortSignal,
): void {
  const look = () => {
    const kernel = sessionContext.session?.kernel ?? null;
    use(kernel ? channels.of(kernel) : null, kernel);
  };
  sessionContext.kernelChanged.connect(look);
  signal.addEventListener("abort", () => sessionContext.kernelChanged.disconnect(look));
  look();
}
