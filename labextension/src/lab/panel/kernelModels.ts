/** What one kernel tells the panel: its models, its fits, and answers. Lives as long as its channel. */

import { parseRuns, type RunBrief } from "../../models/runs";
import { SummaryStore } from "../../models/store";
import { Session } from "../../session";
import { newId } from "../../transport";
import type { KernelChannel } from "../kernel/channel";
import { RunTransport } from "../kernel/runTransport";

/** A kernel that was told of a request answers within a step of the fit, or not at all. */
const PATIENCE_MS = 60_000;

interface Waiting {
  resolve: (answer: unknown) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class KernelModels {
  readonly store = new SummaryStore(this);
  /** Latest first. */
  runs: readonly RunBrief[] = [];
  private readonly waiting = new Map<string, Waiting>();
  private readonly sessions = new Map<string, { session: Session; lifetime: AbortController }>();
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly channel: KernelChannel,
    signal: AbortSignal,
  ) {
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

  /** Ask the kernel; rejects when no answer comes. Resolves with the answer's payload. */
  request(kind: string, payload: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = newId();
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error("The kernel has not answered. Try again when its cell has ended."));
      }, PATIENCE_MS);
      this.waiting.set(id, { resolve, timer });
      this.channel.send({ kind, payload, id });
    });
  }

  /** The view of a run, shared by all who show it. */
  session(runId: string): Session {
    const known = this.sessions.get(runId);
    if (known) return known.session;
    const transport = new RunTransport(runId, null);
    const lifetime = new AbortController();
    const session = new Session(transport, lifetime.signal);
    transport.use(this.channel);
    this.sessions.set(runId, { session, lifetime });
    return session;
  }

  private receive(content: Record<string, unknown>): void {
    if (content.kind === "answer") {
      const waiting = this.waiting.get(String(content.id));
      if (!waiting) return;
      clearTimeout(waiting.timer);
      this.waiting.delete(String(content.id));
      waiting.resolve(content.payload);
    } else if (content.kind === "runs") {
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
    // After a restart nothing of what was known is there any more.
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
