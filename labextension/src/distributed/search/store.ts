/**
 * One search as a view shows it. The search and its trials come from the kernel, or from what the
 * notebook has saved; which trial is highlighted belongs to the view alone.
 */

import { RefusedError } from "./parse";
import type { Command, SavedSearch, Search, Trial } from "./protocol";
import type { SearchSource } from "./source";

const INTERVAL_MS = 1_000;
const ENDED = new Set(["finished", "stopped", "interrupted", "failed"]);

export class SearchStore {
  search: Search;
  /** By number, in order. */
  trials: ReadonlyMap<number, Trial>;
  /** How many trials there are, of which a notebook may have saved only the best. */
  count: number;
  /** Why the view is not up to date, or "". */
  problem = "";
  /** The command that was sent and has not taken effect. */
  pending: Command | null = null;
  /** The trial that the user has chosen; null for none. */
  chosen: number | null = null;
  /** The trial under the pointer; null for none. */
  pointed: number | null = null;
  /** When the kernel answered last, on the page's clock. */
  receivedAt = performance.now();
  /** Whether a kernel has answered for this search. */
  isLive = false;

  private final: boolean;
  private revision = 0;
  private asking = false;
  private readonly listeners = new Set<() => void>();

  /** @param source null without a kernel */
  constructor(
    public source: SearchSource | null,
    saved: SavedSearch,
  ) {
    this.search = saved.search;
    this.trials = byNumber(saved.trials);
    this.count = saved.count;
    this.final = saved.final;
  }

  /** Call `listener` after each change, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Ask what is new, and then regularly while `isVisible` and the search runs. */
  follow(isVisible: () => boolean, signal: AbortSignal): void {
    const timer = setInterval(() => {
      if (isVisible()) void this.refresh();
    }, INTERVAL_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    void this.refresh();
  }

  /** Use another kernel, or none. */
  setSource(source: SearchSource | null): void {
    this.source = source;
    this.asking = false;
    this.pending = null;
    this.problem = "";
    this.isLive = false;
    this.revision = 0;
    this.changed();
    void this.refresh();
  }

  /** Show a later state that the notebook has of the same search. */
  showSaved(saved: SavedSearch): void {
    if (this.final) return;
    this.final = saved.final;
    if (this.isLive && !saved.final) return;
    this.search = saved.search;
    this.trials = byNumber(saved.trials);
    this.count = saved.count;
    this.problem = "";
    this.pending = null;
    this.changed();
  }

  get hasEnded(): boolean {
    return ENDED.has(this.search.status);
  }

  /** Whether the search can be controlled from here. */
  get isControlled(): boolean {
    return this.isLive && this.search.controls && !this.hasEnded;
  }

  /** Seconds since the search began, until its end. */
  get seconds(): number {
    const { search, isLive } = this;
    const since = isLive && !this.hasEnded ? (performance.now() - this.receivedAt) / 1_000 : 0;
    return search.seconds + since;
  }

  /** The trial that is highlighted. */
  get highlighted(): number | null {
    return this.pointed ?? this.chosen;
  }

  async refresh(): Promise<void> {
    const { source, search } = this;
    // What has ended does not change, and the last answer had all of it.
    if (!source || this.asking || this.final || (this.isLive && this.hasEnded)) return;
    this.asking = true;
    try {
      const since = this.revision;
      const found = await source.request("search_state", { search: search.search, since });
      if (source !== this.source) return;
      const news = !this.isLive || found.revision !== since || this.problem !== "";
      this.receivedAt = performance.now();
      this.isLive = true;
      this.revision = found.revision;
      if (since === 0) this.trials = byNumber(found.trials);
      else if (found.trials.length) {
        this.trials = byNumber([...this.trials.values(), ...found.trials]);
      }
      this.count = this.trials.size;
      if (found.search.status !== this.search.status) this.pending = null;
      this.search = found.search;
      this.problem = "";
      if (news) this.changed();
    } catch (error) {
      if (source !== this.source) return;
      // A kernel that was restarted does not know the search: the notebook has what is left of it.
      const gone = error instanceof RefusedError;
      this.isLive = this.isLive && !gone;
      if (gone) this.source = null;
      else this.problem = messageOf(error);
      this.changed();
    } finally {
      if (source === this.source) this.asking = false;
    }
  }

  /** Pause, resume or stop; what has taken effect comes with the next answer. */
  async command(command: Command): Promise<void> {
    const { source, search } = this;
    if (!source) return;
    this.pending = command;
    this.changed();
    try {
      await source.request("search_command", { search: search.search, do: command });
    } catch (error) {
      this.problem = messageOf(error);
    }
    if (command === "stop_trial" || command === "stop") this.asking = false;
    await this.refresh();
    if (this.pending === command && command !== "stop") this.pending = null;
    this.changed();
  }

  /** Highlight a trial until another one is chosen; null for none. */
  choose(trial: number | null): void {
    this.chosen = trial;
    this.changed();
  }

  /** Highlight the trial under the pointer; null for none. */
  point(trial: number | null): void {
    if (this.pointed === trial) return;
    this.pointed = trial;
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function byNumber(trials: readonly Trial[]): ReadonlyMap<number, Trial> {
  const found = new Map(trials.map((trial) => [trial.number, trial]));
  return new Map([...found].sort(([a], [b]) => a - b));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
