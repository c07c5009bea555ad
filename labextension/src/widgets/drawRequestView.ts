/** Draws a view that requests what it shows over the comm of its widget: runs, exports. */

import { PROTOCOL_VERSION } from "../protocol";
import { setMessages } from "../shared/translation";
import type { BackboneModel } from "./builderBundleTypes";
import { endOnce } from "./endOnce";
import type { RequestRenderProps } from "./requestBundleTypes";

interface RequestView<Source> {
  readonly source: Source & { receive(content: unknown): void };
  readonly store: {
    setSource(source: null): void;
    follow(isVisible: () => boolean, signal: AbortSignal): void;
  };
  /** Draw the view, with a note above it; the returned function unmounts it. */
  mount(note: string): () => void;
  /** Return the note for a view whose kernel is gone. */
  withoutKernel(): string;
}

type Send = (message: { kind: string; payload: object; id: string }) => void;

/** Draw the view that `make` returns, until the widget is removed; return a function that ends it. */
export function drawRequestView<Source>(
  { model, el, signal }: RequestRenderProps,
  library: BackboneModel,
  make: (saved: unknown, send: Send) => RequestView<Source>,
): () => void {
  setMessages(library.get("messages"));
  const lifetime = new AbortController();
  const { source, store, mount, withoutKernel } = make(model.get("saved"), (message) =>
    model.send({ v: PROTOCOL_VERSION, ...message }),
  );
  const on = (of: BackboneModel, event: string, receive: (...args: never[]) => void) => {
    of.on(event, receive);
    lifetime.signal.addEventListener("abort", () => of.off(event, receive));
  };
  on(model, "msg:custom", (content: unknown) => source.receive(content));
  let unmount = mount("");
  const redraw = (note: string) => {
    unmount();
    unmount = mount(note);
  };
  on(model, "comm_live_update", () => {
    store.setSource(null);
    redraw(withoutKernel());
  });
  // A page may send its language only after the view is drawn.
  on(library, "change:messages", () => {
    setMessages(library.get("messages"));
    redraw("");
  });
  store.follow(() => document.visibilityState === "visible" && el.isConnected, lifetime.signal);
  return endOnce(lifetime, () => unmount(), signal);
}
