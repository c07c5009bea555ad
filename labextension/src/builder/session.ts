/** One view's line to the kernel: its store, its catalog, and requests that are answered. */

import { ProtocolError } from "../shared/fields";
import { newId } from "../shared/newId";
import { t } from "../shared/translation";
import { parseBuilderMessage } from "./parse";
import {
  type BuilderMessage,
  type BuilderPayloads,
  type BuilderViewKind,
  builderEnvelope,
  type Catalog,
  type Edit,
  type Reply,
} from "./protocol";
import { BuilderStore } from "./store";

export interface BuilderListener {
  /** A message came, not yet looked at. */
  message(content: unknown): void;
  lost(): void;
  catalog(catalog: Catalog): void;
}

/** How a session reaches a kernel; the anywidget model and the tests each bring one. */
export interface BuilderTransport {
  listen(listener: BuilderListener, signal: AbortSignal): void;
  send(content: object): void;
}

export function gone(): Reply {
  return {
    ok: false,
    message: t(
      "The kernel is gone: nothing can be changed here. The notice above says how to go on.",
    ),
    result: {},
  };
}

export class BuilderSession {
  readonly store: BuilderStore;
  catalog: Catalog | null = null;

  private readonly waiting = new Map<string, { since: number; settle: (reply: Reply) => void }>();
  private readonly complaints = new Set<string>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly transport: BuilderTransport,
    signal: AbortSignal,
  ) {
    const resync = () => this.transport.send(builderEnvelope("resync", {}, newId()));
    this.store = new BuilderStore(resync);
    transport.listen(
      {
        message: (content) => this.receive(content),
        lost: () => {
          for (const { settle } of this.waiting.values()) settle(gone());
          this.waiting.clear();
          this.store.disconnect();
        },
        catalog: (catalog) => {
          this.catalog = catalog;
          this.emit();
        },
      },
      signal,
    );
    // The synced snapshot is as old as the widget; what came before we listened is lost.
    resync();
  }

  /** Call `listener` after each change of state or catalog, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    this.store.subscribe(listener, signal);
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Ask the kernel. The promise stays pending for as long as the kernel is busy. */
  request<K extends BuilderViewKind>(kind: K, payload: BuilderPayloads[K]): Promise<Reply> {
    if (!this.store.connected) return Promise.resolve(gone());
    const id = newId();
    const reply = new Promise<Reply>((settle) => {
      this.waiting.set(id, { since: performance.now(), settle });
    });
    this.transport.send(builderEnvelope(kind, payload, id));
    this.emit();
    return reply;
  }

  edit(edit: Edit): Promise<Reply> {
    return this.request("edit", edit);
  }

  /** When the oldest unanswered request was sent, or null. */
  get waitingSince(): number | null {
    let oldest: number | null = null;
    for (const { since } of this.waiting.values()) {
      if (oldest === null || since < oldest) oldest = since;
    }
    return oldest;
  }

  private receive(content: unknown): void {
    const message = this.parse(content);
    if (!message) return;
    if (message.kind !== "reply") {
      this.store.receive(message);
      return;
    }
    const request = this.waiting.get(message.id);
    if (!request) return; // Another view's.
    this.waiting.delete(message.id);
    request.settle(message.payload);
    this.emit();
  }

  /** A message of another version must not stop the view, nor fill the console. */
  private parse(content: unknown): BuilderMessage | null {
    try {
      return parseBuilderMessage(content);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (!this.complaints.has(error.message) && this.complaints.size < 20) {
        this.complaints.add(error.message);
        console.warn(`kwidgets: message ignored. ${error.message}`);
      }
      return null;
    }
  }

  private emit(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
