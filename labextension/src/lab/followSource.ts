/** Connects a view that asks the kernel with the kernel of a notebook, which may change. */

import type { KernelChannel } from "./kernel/channel";
import { watchChannel } from "./kernel/followKernel";
import type { RendererNotebook } from "./rendererNotebook";

/**
 * Give a view a source of answers while the notebook's kernel has kwidgets, and null otherwise.
 *
 * @param open - makes a source from an open channel; its signal ends with the channel.
 * @param setSource - called whenever the source comes or goes.
 */
export function followSource<Source>(
  { panel, channels }: RendererNotebook,
  open: (channel: KernelChannel, signal: AbortSignal) => Source,
  setSource: (source: Source | null) => void,
  signal: AbortSignal,
): void {
  let current: AbortController | null = null;
  let hasKernel = false;
  const use = (channel: KernelChannel | null) => {
    current?.abort();
    const lifetime = new AbortController();
    current = lifetime;
    const update = () => {
      const isOpen = channel?.state.is === "open";
      if (isOpen === hasKernel) return;
      hasKernel = isOpen;
      setSource(isOpen && channel ? open(channel, lifetime.signal) : null);
    };
    channel?.listen({ changed: update }, lifetime.signal);
    update();
  };
  watchChannel(panel.sessionContext, channels, use, signal);
  signal.addEventListener("abort", () => current?.abort());
}
