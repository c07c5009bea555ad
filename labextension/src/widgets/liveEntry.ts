/** The entry point of the bundle `view.js`, the live view except Plotly and the insight tabs. */

import { mountLiveView } from "../live/components/mountLiveView";
import { RunSession } from "../live/session";
import type { Plotly } from "../shared/plotly";
import { setMessages } from "../shared/translation";
import type { InsightBundle, LoadBundle, ModelChannel, OpenView } from "./liveBundleTypes";
import { ModelTransport } from "./liveTransport";

/** Open the run behind `channel`, with one store for all its views. */
export function open(
  channel: ModelChannel,
  load: LoadBundle,
  signal: AbortSignal,
  messages: unknown,
): OpenView {
  setMessages(messages);
  const session = new RunSession(new ModelTransport(channel), signal);
  const loadPlotly = async () => (await load<{ default: Plotly }>("plotly")).default;
  const loadInsight = async () => (await load<InsightBundle>("insight")).open(messages);
  return { mount: (element) => mountLiveView(element, session, loadPlotly, loadInsight) };
}
