/** The models and fits of one kernel that the panel shows, for as long as its channel exists. */

import { RunSession } from "../../live/session";
import { parseRuns, type RunBrief } from "../../models/runs";
import { SummaryStore } from "../../models/store";
import type { KernelChannel } from "../kernel/channel";
import { ChannelRequests } from "../kernel/modelRequests";
import { RunTransport } from "../kernel/runTransport";

export class ModelsAndRuns {
  readonly store: SummaryStore;
  /** Latest first. */
  runs: readonly RunBrief[] = [];
  private readonly sessions = new Map<string, { session: RunSession; lifetime: AbortController }>();
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly channel: KernelChannel,
    signal: AbortSignal,
  ) {
    this.store = new SummaryStore(new ChannelRequests(channel, signal));
    channel.listen(
      {
        message: (content) => this.receive(content),
        changed: () => this.channelChanged(),
      },
      signal,
    );
  }

  /** Call `listener` after each change of the runs, or of the channel's state. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Return the session of a run, shared by all its views. */
  session(runId: string): RunSession {
    const known = this.sessions.get(runId);
    if (known) return known.session;
    const transport = new RunTransport(runId, null);
    const lifetime = new AbortController();
    const session = new RunSession(transport, lifetime.signal);
    transport.use(this.channel);
    this.sessions.set(runId, { session, lifetime });
    return session;
  }

  private receive(content: Record<string, unknown>): void {
    if (content.kind === "runs") {
      this.setRuns(parseRuns(content.payload));
    } else {
      this.store.receive(content);
    }
  }

  private setRuns(runs: readonly RunBrief[]): void {
    this.runs = runs;
    for (const [id, { lifetime }] of this.sessions) {
      if (runs.some((run) => run.run_id === id)) continue;
      lifetime.abort();
      this.sessions.delete(id);
    }
    this.changed();
  }

  private channelChanged(): void {
    // After a restart the old models and runs no longer exist.
    if (this.channel.state.is === "absent") {
      this.store.clear();
      this.setRuns([]);
    }
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
