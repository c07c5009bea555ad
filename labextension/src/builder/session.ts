/** The session of one builder view: its store, its catalog, and its requests to the kernel. */

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
  /** A message came, not yet parsed. */
  message(content: unknown): void;
  lost(): void;
  catalog(catalog: Catalog): void;
}

/** The connection of a session to its kernel, implemented for the anywidget model and for tests. */
export interface BuilderTransport {
  listen(listener: BuilderListener, signal: AbortSignal): void;
  send(content: object): void;
}

/** Return the reply to a request while the kernel is gone. */
export function kernelGoneReply(): Reply {
  return {
    ok: false,
    message: t(
      "The kernel is no longer available, so the model cannot be edited. See the notice above.",
    ),
    result: {},
  };
}

/** Further requests wait in the page, in order: a kernel drops messages when too many are on the way. */
const MAX_ON_THE_WAY = 32;

export class BuilderSession {
  readonly store: BuilderStore;
  catalog: Catalog | null = null;

  private readonly waiting = new Map<string, { since: number; resolve: (reply: Reply) => void }>();
  private readonly outbox: object[] = [];
  private onTheWay = 0;
  private readonly reportedErrors = new Set<string>();
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
          this.outbox.length = this.onTheWay = 0;
          for (const [id, { resolve }] of this.waiting) {
            this.store.end(id);
            resolve(kernelGoneReply());
          }
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
    // The synced snapshot may be as old as the widget, and earlier messages were missed.
    resync();
  }

  /** Call `listener` after each change of state or catalog, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    this.store.subscribe(listener, signal);
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Send a request. The promise stays pending for as long as the kernel is busy. */
  request<K extends BuilderViewKind>(kind: K, payload: BuilderPayloads[K]): Promise<Reply> {
    if (!this.store.connected) return Promise.resolve(kernelGoneReply());
    const id = newId();
    const reply = new Promise<Reply>((resolve) => {
      this.waiting.set(id, { since: performance.now(), resolve });
    });
    this.outbox.push(builderEnvelope(kind, payload, id));
    this.deliver();
    if (kind === "edit") this.store.begin(id, payload as Edit);
    this.emit();
    return reply;
  }

  private deliver(): void {
    while (this.onTheWay < MAX_ON_THE_WAY) {
      const message = this.outbox.shift();
      if (!message) return;
      this.onTheWay++;
      this.transport.send(message);
    }
  }

  edit(edit: Edit): Promise<Reply> {
    return this.request("edit", edit);
  }

  /** Return when the oldest unanswered request was sent, or null. */
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
    this.onTheWay--;
    this.deliver();
    this.store.end(message.id);
    request.resolve(message.payload);
    this.emit();
  }

  /** Parse a message; one of another version must neither stop the view nor fill the console. */
  private parse(content: unknown): BuilderMessage | null {
    try {
      return parseBuilderMessage(content);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (!this.reportedErrors.has(error.message) && this.reportedErrors.size < 20) {
        this.reportedErrors.add(error.message);
        console.warn(`kwidgets: message ignored. ${error.message}`);
      }
      return null;
    }
  }

  private emit(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
