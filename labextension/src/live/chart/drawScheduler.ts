/**
 * Schedules the drawing of charts: only those on screen, each at most five times a second, all
 * together less than a tenth of the page's time, none during a drag, and always the last state.
 */

export interface Clock {
  now(): number;
  /** Run `task` in a frame, `delay` milliseconds from now or later; returns what cancels it. */
  schedule(task: () => void, delay: number): () => void;
}

export interface ScheduledChart {
  /** Ask for a drawing. `urgent` is for what the user did: drawn in the next frame. */
  invalidate(urgent?: boolean): void;
  setVisible(visible: boolean): void;
  remove(): void;
}

interface Entry {
  draw: () => void;
  visible: boolean;
  dirty: boolean;
  urgent: boolean;
  drawnAt: number;
}

const MIN_INTERVAL_MS = 200;
// A drawing of 10 ms is followed by 160 ms without one. That is less than a tenth because the
// browser's painting, which we do not see, costs as much again as half of our part.
const REST_FACTOR = 16;

export class DrawScheduler {
  private readonly entries = new Set<Entry>();
  private restUntil = 0;
  /** A round draws each changed chart once, so that all show the same moment. */
  private round: { began: number; cost: number } | null = null;
  private suspensions = 0;
  private cancel: (() => void) | null = null;
  private dueAt = Infinity;

  constructor(private readonly clock: Clock = browserClock) {}

  /** Add a chart; its first drawing is urgent. */
  add(draw: () => void): ScheduledChart {
    const entry: Entry = { draw, visible: false, dirty: true, urgent: true, drawnAt: -Infinity };
    this.entries.add(entry);
    return {
      invalidate: (urgent = false) => {
        entry.dirty = true;
        entry.urgent ||= urgent;
        this.plan();
      },
      setVisible: (visible) => {
        if (visible && !entry.visible) entry.urgent = true;
        entry.visible = visible;
        this.plan();
      },
      remove: () => {
        this.entries.delete(entry);
        this.plan();
      },
    };
  }

  /** Draw nothing until the returned function is called: the user is dragging. */
  suspend(): () => void {
    this.suspensions++;
    this.plan();
    let suspended = true;
    return () => {
      if (suspended) this.suspensions--;
      suspended = false;
      this.plan();
    };
  }

  private next(): { entry: Entry; at: number } | null {
    let best: { entry: Entry; at: number } | null = null;
    for (const entry of this.entries) {
      if (!entry.dirty || !entry.visible) continue;
      const at = entry.urgent
        ? -Infinity
        : Math.max(entry.drawnAt + MIN_INTERVAL_MS, this.round ? 0 : this.restUntil);
      const earlier =
        !best || at < best.at || (at === best.at && entry.drawnAt < best.entry.drawnAt);
      if (earlier) best = { entry, at };
    }
    return best;
  }

  private plan(): void {
    const next = this.suspensions > 0 ? null : this.next();
    if (this.cancel && next && this.dueAt === next.at) return;
    this.cancel?.();
    this.cancel = null;
    if (!next) return;
    this.dueAt = next.at;
    this.cancel = this.clock.schedule(
      () => {
        this.cancel = null;
        this.drawNext();
      },
      Math.max(0, next.at - this.clock.now()),
    );
  }

  private endRound(now: number): void {
    const { round } = this;
    if (!round) return;
    for (const { dirty, visible, drawnAt } of this.entries) {
      if (dirty && visible && drawnAt < round.began) return;
    }
    this.round = null;
    this.restUntil = Math.max(this.restUntil, now + REST_FACTOR * round.cost);
  }

  private drawNext(): void {
    const next = this.suspensions > 0 ? null : this.next();
    if (next) {
      const { entry } = next;
      const began = this.clock.now();
      const { urgent } = entry;
      entry.dirty = false;
      entry.urgent = false;
      try {
        entry.draw();
      } catch (error) {
        // One chart that cannot be drawn must not stop the others.
        console.error(error);
      }
      const ended = this.clock.now();
      entry.drawnAt = ended;
      this.round ??= { began, cost: 0 };
      if (!urgent) this.round.cost += ended - began;
      this.endRound(ended);
    }
    this.plan();
  }
}

const browserClock: Clock = {
  now: () => performance.now(),
  schedule(task, delay) {
    let frame = 0;
    const timer = setTimeout(() => {
      frame = requestAnimationFrame(task);
    }, delay);
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  },
};
