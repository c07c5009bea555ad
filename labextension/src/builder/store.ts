/**
 * The state of one builder: as the kernel sent it, with the edits that it has not answered yet. The
 * view's own state (selection, tab, text being typed) is in its components.
 *
 * `state` is replaced, never mutated, and unchanged parts keep their identity.
 */

import { applyEdit } from "./pendingEdits";
import type { BuilderMessage, Edit, LayerState, State, StateUpdate } from "./protocol";

const RESYNC_INTERVAL_MS = 1000;

export class BuilderStore {
  /** False once the kernel is known to be gone, until it sends a message again. */
  connected = true;

  private confirmed: State | null = null;
  /** `confirmed` with the pending edits; undefined until it is asked for. */
  private shown: State | null | undefined;
  /** By the id of the request, in the order in which the kernel applies them. */
  private readonly pending = new Map<string, Edit>();
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

  /** What the view shows. */
  get state(): State | null {
    if (this.shown === undefined) {
      let state = this.confirmed;
      if (state) for (const edit of this.pending.values()) state = applyEdit(state, edit);
      this.shown = state;
    }
    return this.shown;
  }

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
    this.changed();
  }

  /** Show what an edit does before the kernel answers it. */
  begin(id: string, edit: Edit): void {
    const { state } = this;
    this.pending.set(id, edit);
    this.shown = state && applyEdit(state, edit);
    this.emit();
  }

  /** Note that the kernel has answered an edit, or will not: it has sent what the edit did. */
  end(id: string): void {
    if (this.pending.delete(id)) this.changed();
  }

  /** Note that the kernel is gone; the last known state is kept. */
  disconnect(): void {
    if (this.setConnected(false)) this.emit();
  }

  private replace(snapshot: State): void {
    // The synced snapshot may be older than the updates that came since.
    const { confirmed } = this;
    if (confirmed && !this.stale && snapshot.sequence < confirmed.sequence) return;
    this.stale = false;
    const known = confirmed?.layers ?? {};
    const layers: Record<string, LayerState> = {};
    for (const [uid, layer] of Object.entries(snapshot.layers))
      layers[uid] = keepIfEqual(known[uid], layer);
    this.confirmed = { ...snapshot, layers: reachable(snapshot.order, layers) };
  }

  private update(update: StateUpdate): void {
    const state = this.confirmed;
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
    this.confirmed = next;
  }

  private changed(): void {
    this.shown = undefined;
    this.emit();
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
