/** Types only: what the loader and the bundle `view.js` of the live view expect of each other. */

import type { InsightModule } from "../insight/source";

export interface ModelChannel {
  /** The synced snapshot, as it is now. */
  snapshot(): unknown;
  send(content: object): void;
  /** Deliver the messages queued so far and all later ones. Called once. */
  listen(receiver: ChannelReceiver): void;
}

export interface ChannelReceiver {
  message(content: unknown): void;
  /** The synced snapshot was replaced: the page has reconnected to its kernel. */
  snapshotReplaced(): void;
  /** The widget's comm was closed. */
  lost(): void;
}

/** What the kernel's library holds; `insight` only once a tab of it was opened. */
export type BundleName = "view" | "plotly" | "insight";

export type LoadBundle = <T>(name: BundleName) => Promise<T>;

/** The exports of the bundle `view.js`. */
export interface LiveViewModule {
  /** @param messages the catalogue of the kernel's language; null for English */
  open(channel: ModelChannel, load: LoadBundle, signal: AbortSignal, messages: unknown): OpenView;
}

export interface OpenView {
  /** Draw the view into `element`; the returned function unmounts it. */
  mount(element: HTMLElement): () => void;
}

/** The exports of the bundle `insight-view.js`. */
export interface InsightBundle {
  open(messages: unknown): InsightModule;
}
