/** The entry point of the bundle `builder-view.js`, the whole builder. */

import { mountBuilder } from "../builder/components/mountBuilder";
import { BuilderSession } from "../builder/session";
import { setMessages } from "../shared/translation";
import type { BuilderModule } from "./builderBundleTypes";
import { BuilderModelTransport } from "./builderTransport";
import { endOnce } from "./endOnce";

export const draw: BuilderModule["draw"] = ({ model, el, signal, host }, library) => {
  setMessages(library.get("messages"));
  const lifetime = new AbortController();
  const session = new BuilderSession(new BuilderModelTransport(model), lifetime.signal);
  let unmount = mountBuilder(el, session, host ?? null);
  // A page may send its language only after the builder is drawn.
  const translate = () => {
    setMessages(library.get("messages"));
    unmount();
    unmount = mountBuilder(el, session, host ?? null);
  };
  library.on("change:messages", translate);
  lifetime.signal.addEventListener("abort", () => library.off("change:messages", translate));
  return endOnce(lifetime, () => unmount(), signal);
};
