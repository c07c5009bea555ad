/**
 * The state of one run as the kernel sent it, in one store per run that all its views share.
 *
 * Synced with Python: everything here (run, progress, batch, epoch, best, marks, workers, earlier). It only
 * flows from the kernel to the view; `loss` and `receivedAt` are this page's own record of
 * that flow. The state of one view (x axis, smoothing, log scale, table shown, zoom, hover, pending
 * commands) is in that view's components and never sent.
 */

import { InsightStore } from "../insight/store";
import { Columns } from "./columns";
import type {
  Best,
  EarlierFit,
  KernelMessage,
  Mark,
  Progress,
  RunInfo,
  Snapshot,
  Update,
  Workers,
} from "./protocol";
import type { Loss } from "./transport";

const RESYNC_INTERVAL_MS = 1000;

export class RunStore {
  run: RunInfo | null = null;
  progress: Progress | null = null;
  readonly batch = new Columns();
  readonly epoch = new Columns();
  best: Best = new Map();
  marks: readonly Mark[] = [];
  /** Null where one process trains. */
  workers: Workers | null = null;
  /** Fits that the view showed before this one, oldest first, from number `earlierStart` on. */
  earlier: readonly EarlierFit[] = [];
  earlierStart = 0;

  /** What is known of the predictions, the layers and the data of all fits of the view. */
  readonly insight = new InsightStore();

  /** Why the kernel is gone; null until then, and again when it sends a message. */
  loss: Loss | null = null;
  /** When `progress` came, on this page's clock (`performance.now()`). */
  receivedAt = 0;
  /** Counts changes of the numbers to draw: tables, metrics, best epochs. */
  revision = 0;

  /** Of the last applied message. */
  sequence = -1;
  private stale = false;
  private resyncRequestedAt = -Infinity;
  private readonly listeners = new Set<() => void>();

  /**
   * @param requestResync requests a snapshot from the kernel
   * @param now the page's clock in milliseconds
   */
  constructor(
    private readonly requestResync: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Call `listener` after each change, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Apply a snapshot or an update; ignore replies to commands. */
  receive(message: KernelMessage): void {
    if (message.kind === "snapshot") this.replace(message.payload);
    else if (message.kind === "update") this.update(message.payload);
    else if (message.kind === "insight") this.insight.receive(message.payload);
    else return;
    for (const listener of [...this.listeners]) listener();
  }

  /** Return whether an epoch has a value in a column, which may be NaN. */
  isReported(column: string, row: number): boolean {
    return !Number.isNaN(this.epoch.at(column, row)) || this.epoch.at(`nan/${column}`, row) === 1;
  }

  /** Return whether an epoch was validated. */
  wasValidated(row: number): boolean {
    return this.epoch.names.some(
      (name) => name.startsWith("validation/") && this.isReported(name, row),
    );
  }

  /** Return whether an epoch was stopped early: its values are means over a part of its batches. */
  isPartial(row: number): boolean {
    return this.epoch.at("partial", row) === 1;
  }

  get connected(): boolean {
    return this.loss === null;
  }

  /** Note that the kernel is gone; the last known state is kept. */
  disconnect(loss: Loss): void {
    // A kernel that has died may be started anew, to which the page connects.
    if (this.loss === loss || this.loss === "kernel") return;
    this.loss = loss;
    this.insight.changed();
    for (const listener of [...this.listeners]) listener();
  }

  private replace(snapshot: Snapshot): void {
    const sameRun = this.run?.run_id === snapshot.run.run_id;
    if (sameRun && !this.stale && snapshot.sequence < this.sequence) return;
    this.batch.clear();
    this.epoch.clear();
    this.batch.apply(snapshot.batch);
    this.epoch.apply(snapshot.epoch);
    this.best = snapshot.best;
    this.marks = snapshot.marks;
    this.workers = snapshot.workers ?? null;
    this.keepEarlier(snapshot, sameRun);
    // Fits are numbered within a run.
    if (this.run && !sameRun) this.insight.clear();
    this.run = snapshot.run;
    this.insight.receiveSaved(snapshot.insight);
    this.sequence = snapshot.sequence;
    this.stale = false;
    this.revision++;
    this.setProgress(snapshot.progress);
  }

  private keepEarlier({ earlier, earlier_start }: Snapshot, sameRun: boolean): void {
    for (const { saved } of earlier) {
      this.insight.receiveSaved((saved as { insight?: unknown }).insight);
    }
    const kept = earlier_start - this.earlierStart;
    if (sameRun && kept >= 0 && kept <= this.earlier.length) {
      this.earlier = [...this.earlier.slice(0, kept), ...earlier];
    } else {
      this.earlier = earlier;
      this.earlierStart = earlier_start;
    }
  }

  private update(update: Update): void {
    if (update.sequence <= this.sequence) return;
    if (this.run === null || update.sequence !== this.sequence + 1) this.stale = true;
    this.sequence = update.sequence;
    this.setProgress(update.progress);
    if (update.run) {
      this.run = update.run;
      this.revision++;
    }
    if (update.best) {
      this.best = update.best;
      this.revision++;
    }
    if (update.marks) {
      this.marks = update.marks;
      this.revision++;
    }
    if (update.workers) this.workers = update.workers;
    // Missed rows may have been regrouped: only a snapshot is sure to be right.
    for (const name of ["batch", "epoch"] as const) {
      const table = update[name];
      if (!table || this.stale) continue;
      if (this[name].apply(table)) this.revision++;
      else this.stale = true;
    }
    if (this.stale) this.resync();
  }

  private setProgress(progress: Progress): void {
    this.progress = progress;
    this.loss = null;
    this.receivedAt = this.now();
  }

  private resync(): void {
    if (this.now() - this.resyncRequestedAt < RESYNC_INTERVAL_MS) return;
    this.resyncRequestedAt = this.now();
    this.requestResync();
  }
}
