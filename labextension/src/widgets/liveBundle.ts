/** What the loader hands to the view's code: an anywidget model, reduced to a pipe. */

export interface Channel {
  /** The synced snapshot, as it is now. */
  snapshot(): unknown;
  send(content: object): void;
  /** Deliver the messages kept so far and all that follow. Called once. */
  listen(receiver: ChannelReceiver): void;
}

export interface ChannelReceiver {
  message(content: unknown, buffers: readonly unknown[]): void;
  /** The synced snapshot was replaced: the page has found its kernel again. */
  renewed(): void;
  /** The widget's comm has gone. */
  lost(): void;
}

/** What the bundle `view.js` exports. */
export interface ViewModule {
  /** @param messages the catalogue of the kernel's language; null for English */
  open(
    channel: Channel,
    loadPlotly: () => Promise<unknown>,
    signal: AbortSignal,
    messages: unknown,
  ): OpenView;
}

export interface OpenView {
  /** Draw the view into `element`; returns what takes it away again. */
  mount(element: HTMLElement): () => void;
}
