/**
 * The state of one builder as the kernel sent it. It only flows from the kernel to the view; the
 * view's own state (selection, tab, text being typed) is in its components.
 *
 * `state` is replaced, never mutated, and unchanged parts keep their identity.
 */

import type { BuilderMessage, LayerState, State, StateUpdate } from "./protocol";

const RESYNC_INTERVAL_MS = 1000;

export class BuilderStore {
  state: State | null = null;
  /** False once the kernel is known to be gone, until it sends a message again. */
  connected = true;

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

  /** Apply a snapshot or an update; ignore replies. */
  receive(message: BuilderMessage): void {
    if (message.kind === "snapshot") this.replace(message.payload);
    else if (message.kind === "update") this.update(message.payload);
    this.setConnected(true);
    this.emit();
  }

  /** Note that the kernel is gone; the last known state is kept. */
  disconnect(): void {
    if (this.setConnected(false)) this.emit();
  }

  private replace(snapshot: State): void {
    // The synced snapshot may be older than the updates that came since.
    if (this.state && !this.stale && snapshot.sequence < this.state.sequence) return;
    this.stale = false;
    const known = this.state?.layers ?? {};
    const layers: Record<string, LayerState> = {};
    for (const [uid, layer] of Object.entries(snapshot.layers))
      layers[uid] = keepIfEqual(known[uid], layer);
    this.state = { ...snapshot, layers: reachable(snapshot.order, layers) };
  }

  private update(update: StateUpdate): void {
    const { state } = this;
    if (state && !this.stale && update.sequence <= state.sequence) return;
    if (!state || this.stale || update.sequence !== state.sequence + 1) {
      // A missed update may contain layers that this one refers to.
      this.stale = true;
      this.resync();
      return;
    }
    const next = { ...state, ...update };
    if (update.layers || update.order) {
      next.layers = reachable(next.order, { ...state.layers, ...update.layers });
    }
    this.state = next;
  }

  private setConnected(connected: boolean): boolean {
    const changed = this.connected !== connected;
    this.connected = connected;
    return changed;
  }

  private resync(): void {
    if (this.now() - this.resyncRequestedAt < RESYNC_INTERVAL_MS) return;
    this.resyncRequestedAt = this.now();
    this.requestResync();
  }

  private emit(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Return the layers that are in the list, or in a block of it. */
function reachable(
  order: readonly string[],
  layers: Record<string, LayerState>,
): Record<string, LayerState> {
  const kept: Record<string, LayerState> = {};
  const visit = (uids: readonly string[]) => {
    for (const uid of uids) {
      const layer = layers[uid];
      if (!layer || uid in kept) continue;
      kept[uid] = layer;
      if (layer.children) visit(layer.children);
    }
  };
  visit(order);
  return kept;
}

function keepIfEqual(known: LayerState | undefined, now: LayerState): LayerState {
  return known && JSON.stringify(known) === JSON.stringify(now) ? known : now;
}
