/** The tokens of the services that our plugins provide to each other. */

import { Token } from "@lumino/coreutils";
import type { Channels } from "./kernel/channelByKernel";

export const IChannels = new Token<Channels>(
  "kwidgets:IChannels",
  "The connections of this page to the kernels that have kwidgets.",
);
