/** Sends the requests of a view over a kernel's channel: for runs, exports and searches. */

import { KernelSearches } from "../../distributed/search/source";
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

/** Return the searches of the kernel of `channel`, until `signal` aborts. */
export const channelSearches = overChannel(KernelSearches, () =>
  t("The kernel is not available. Restart it, and run the cell again to continue the search."),
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
