/** The bundle `builder-view.js`: the whole builder. */

import { mountBuilder } from "../builder/components/mount";
import { BuilderSession } from "../builder/session";
import { setMessages } from "../strings";
import type { BuilderModule } from "./builderModel";
import { BuilderModelTransport } from "./builderTransport";

export { mountBuilder };

export const draw: BuilderModule["draw"] = ({ model, el, signal, host }, messages) => {
  setMessages(messages);
  const lifetime = new AbortController();
  const session = new BuilderSession(new BuilderModelTransport(model), lifetime.signal);
  const unmount = mountBuilder(el, session, host ?? null);
  const end = () => {
    if (lifetime.signal.aborted) return;
    lifetime.abort();
    unmount();
  };
  signal?.addEventListener("abort", end, { once: true });
  return end;
};
