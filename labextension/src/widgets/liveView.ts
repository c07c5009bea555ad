/** The bundle `view.js`: all of the view but Plotly. */

import { mount } from "../live/components/mountLiveView";
import { Session } from "../live/session";
import type { Plotly } from "../shared/plotly";
import { setMessages } from "../shared/translation";
import type { Channel, OpenView } from "./liveBundle";
import { ModelTransport } from "./liveTransport";

/** Open the run behind `channel`: one store for all views of it. */
export function open(
  channel: Channel,
  loadPlotly: () => Promise<unknown>,
  signal: AbortSignal,
  messages: unknown,
): OpenView {
  setMessages(messages);
  const session = new Session(new ModelTransport(channel), signal);
  return {
    mount: (element) => mount(element, session, loadPlotly as () => Promise<Plotly>),
  };
}
