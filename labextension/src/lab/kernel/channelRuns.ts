/** Sends requests for recorded runs over a kernel's channel. */

import { KernelRuns, type RunsSource } from "../../record/source";
import { t } from "../../shared/translation";
import type { KernelChannel } from "./channel";

/** Return the recorded runs that the kernel of `channel` can read, until `signal` aborts. */
export function channelRuns(channel: KernelChannel, signal: AbortSignal): RunsSource {
  const runs = new KernelRuns((message) => {
    if (channel.state.is !== "open") {
      throw new Error(t("The kernel is not available. Restart it to read the runs."));
    }
    channel.send(message);
  });
  channel.listen({ message: (content, buffers) => runs.receive(content, buffers) }, signal);
  return runs;
}
