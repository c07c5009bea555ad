/** The tokens of the services that our plugins provide to each other. */

import { Token } from "@lumino/coreutils";
import type { Channels } from "./kernel/channelByKernel";
import type { CurrentNotebook } from "./panel/currentNotebook";

export const IChannels = new Token<Channels>(
  "kwidgets:IChannels",
  "The connections of this page to the kernels that have kwidgets.",
);

export const ICurrentNotebook = new Token<CurrentNotebook | null>(
  "kwidgets:ICurrentNotebook",
  "The current notebook, and the state of its kernel; null where the page shows no notebooks.",
);
