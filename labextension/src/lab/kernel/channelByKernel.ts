/** The channels of this page: one for each kernel, even with several connections to it. */

import type { Kernel } from "@jupyterlab/services";
import { KernelChannel } from "./channel";

export class Channels {
  private readonly channels = new Map<string, KernelChannel>();

  /** Return the channel to this kernel; drop those of kernels without a connection. */
  of(kernel: Kernel.IKernelConnection): KernelChannel {
    for (const [id, channel] of this.channels) {
      if (channel.isOrphan && id !== kernel.id) {
        channel.dispose();
        this.channels.delete(id);
      }
    }
    const channel = this.channels.get(kernel.id) ?? new KernelChannel();
    this.channels.set(kernel.id, channel);
    channel.add(kernel);
    return channel;
  }
}
