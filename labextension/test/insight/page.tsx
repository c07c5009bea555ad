/** A live view over a kernel that answers as the fixture says, for tests of the tabs. */

import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, vi } from "vitest";
import { mountInsight } from "../../src/insight/components/mountInsight";
import type { Request, TabName } from "../../src/insight/protocol";
import { LiveView } from "../../src/live/components/LiveView";
import { parseMessage } from "../../src/live/parse";
import { RunSession } from "../../src/live/session";
import type { Transport, TransportListener } from "../../src/live/transport";
import type { Plotly } from "../../src/shared/plotly";
import { wireRun, wireSnapshot } from "../live/messages";
import { part } from "./fixture";

let runs = 0;

export class Page implements Transport {
  readonly root = document.createElement("div");
  readonly requests: Request[] = [];
  /** What the kernel replies. */
  reply = { ok: true, message: "" };
  private listener!: TransportListener;

  constructor(
    readonly interactive: boolean,
    private readonly snapshot: Record<string, unknown> = {},
  ) {
    vi.stubGlobal("ResizeObserver", NoObserver);
    vi.stubGlobal("IntersectionObserver", NoObserver);
    // jsdom has no modal dialogs.
    HTMLDialogElement.prototype.showModal = function show() {
      this.open = true;
      this.querySelector("button")?.focus();
    };
    HTMLDialogElement.prototype.close = function close() {
      this.open = false;
      this.dispatchEvent(new Event("close"));
    };
    document.body.append(this.root);
  }

  async open(tab?: TabName): Promise<void> {
    const session = new RunSession(this, new AbortController().signal);
    await act(async () =>
      render(
        <LiveView
          session={session}
          loadPlotly={() => new Promise<Plotly>(() => {})}
          loadInsight={async () => ({ mount: mountInsight })}
        />,
        this.root,
      ),
    );
    if (tab) await this.click(`[role=tab][id$=-${tab}]`);
  }

  close(): void {
    render(null, this.root);
    this.root.remove();
    vi.unstubAllGlobals();
  }

  listen(listener: TransportListener): void {
    this.listener = listener;
    const run = wireRun({ run_id: `insight ${++runs}` });
    listener.message(parseMessage(wireSnapshot({ run, ...this.snapshot })));
  }

  send(_: string, payload: unknown) {
    this.requests.push(payload as Request);
    return { acknowledged: Promise.resolve(), reply: Promise.resolve(this.reply) };
  }

  /** Receive a part of the kernel. */
  async give(name: string, value: unknown): Promise<void> {
    await act(async () => this.listener.message(parseMessage(part(name, value))));
  }

  all<T extends HTMLElement>(selector: string): T[] {
    return [...this.root.querySelectorAll<T>(selector)];
  }

  one<T extends HTMLElement>(selector: string): T {
    const found = this.all<T>(selector);
    expect(found, selector).toHaveLength(1);
    return found[0]!;
  }

  named<T extends HTMLElement>(selector: string, name: string): T {
    const found = this.all<T>(selector).find(
      (element) => (element.getAttribute("aria-label") ?? element.textContent) === name,
    );
    if (!found) throw new Error(`no ${selector} “${name}” in ${this.root.textContent}`);
    return found;
  }

  async click(selector: string, name?: string): Promise<void> {
    const element = name === undefined ? this.one(selector) : this.named(selector, name);
    await act(async () => element.click());
    await this.settle();
  }

  /** Wait for what was loaded, and for what a kernel has answered at once. */
  async settle(): Promise<void> {
    for (let i = 0; i < 10; i++) await act(() => Promise.resolve());
  }

  /** Press a key on what has the focus. */
  async press(key: string, more: KeyboardEventInit = {}): Promise<void> {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    await this.fire(document.activeElement!, event);
    await this.settle();
  }

  async focus(element: HTMLElement): Promise<void> {
    await act(async () => element.focus());
  }

  async fire(element: Element, event: Event): Promise<void> {
    await act(async () => {
      element.dispatchEvent(event);
    });
  }

  async input(element: HTMLInputElement | HTMLSelectElement, value: string): Promise<void> {
    await act(async () => {
      element.value = value;
      element.dispatchEvent(new Event("input", { bubbles: true }));
      element.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await this.settle();
  }

  get focused(): Element | null {
    return document.activeElement;
  }

  asked<R extends Request["request"]>(request: R): Extract<Request, { request: R }>[] {
    return this.requests.filter((each) => each.request === request) as never;
  }
}

class NoObserver {
  observe() {}
  disconnect() {}
}
