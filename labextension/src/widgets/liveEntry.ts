/** The entry point of the bundle `view.js`, the whole live view except Plotly. */

import { mountLiveView } from "../live/components/mountLiveView";
import { RunSession } from "../live/session";
import type { Plotly } from "../shared/plotly";
import { setMessages } from "../shared/translation";
import type { ModelChannel, OpenView } from "./liveBundleTypes";
import { ModelTransport } from "./liveTransport";

/** Open the run behind `channel`, with one store for all its views. */
export function open(
  channel: ModelChannel,
  loadPlotly: () => Promise<unknown>,
  signal: AbortSignal,
  messages: unknown,
): OpenView {
  setMessages(messages);
  const session = new RunSession(new ModelTransport(channel), signal);
  return {
    mount: (element) => mountLiveView(element, session, loadPlotly as () => Promise<Plotly>),
  };
}
