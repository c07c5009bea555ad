/** Sends requests for exports over a kernel's channel. */

import { type ExportSource, KernelExports } from "../../formats/source";
import { t } from "../../shared/translation";
import type { KernelChannel } from "./channel";

/** Return the exports of the kernel of `channel`, until `signal` aborts. */
export function channelExports(channel: KernelChannel, signal: AbortSignal): ExportSource {
  const exports = new KernelExports((message) => {
    if (channel.state.is !== "open") {
      throw new Error(t("The kernel is not available. Restart it, and run the cell again."));
    }
    channel.send(message);
  });
  channel.listen({ message: (content, buffers) => exports.receive(content, buffers) }, signal);
  return exports;
}
