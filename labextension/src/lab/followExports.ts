/** Connects an export panel with the kernel of a notebook, which may change. */

import type { ExportStore } from "../formats/store";
import type { KernelChannel } from "./kernel/channel";
import { channelExports } from "./kernel/channelExports";
import { watchChannel } from "./kernel/followKernel";
import type { RendererNotebook } from "./rendererNotebook";

/** Answer the requests of `store` by the notebook's kernel while it has kwidgets. */
export function followExports(
  store: ExportStore,
  { panel, channels }: RendererNotebook,
  onKernel: (hasKernel: boolean) => void,
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
      store.setSource(isOpen && channel ? channelExports(channel, lifetime.signal) : null);
      onKernel(isOpen);
    };
    channel?.listen({ changed: update }, lifetime.signal);
    update();
  };
  watchChannel(panel.sessionContext, channels, use, signal);
  signal.addEventListener("abort", () => current?.abort());
}
