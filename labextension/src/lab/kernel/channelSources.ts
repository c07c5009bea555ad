/** Sends the requests of a view over a kernel's channel: for recorded runs, and for exports. */

import { KernelExports } from "../../formats/source";
import { KernelRuns } from "../../record/source";
import { t } from "../../shared/translation";
import type { KernelChannel } from "./channel";

/** Return the recorded runs that the kernel of `channel` can read, until `signal` aborts. */
export const channelRuns = overChannel(KernelRuns, () =>
  t("The kernel is not available. Restart it to read the runs."),
);

/** Return the exports of the kernel of `channel`, until `signal` aborts. */
export const channelExports = overChannel(KernelExports, () =>
  t("The kernel is not available. Restart it, and run the cell again."),
);

interface Receiver {
  receive(content: unknown): void;
}

type Send = KernelChannel["send"];

function overChannel<Source extends Receiver>(
  SourceOf: new (send: Send) => Source,
  unavailable: () => string,
): (channel: KernelChannel, signal: AbortSignal) => Source {
  return (channel, signal) => {
    const source = new SourceOf((message) => {
      if (channel.state.is !== "open") throw new Error(unavailable());
      channel.send(message);
    });
    channel.listen({ message: (content) => source.receive(content) }, signal);
    return source;
  };
}
