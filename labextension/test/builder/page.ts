/** A builder in jsdom over the fake kernel, with helpers to find elements and send events. */

import { act } from "preact/test-utils";
import { vi } from "vitest";
import { mountBuilder } from "../../src/builder/components/mountBuilder";
import type { State } from "../../src/builder/protocol";
import { BuilderSession } from "../../src/builder/session";
import { FakeKernel } from "./fakeKernel";
import { state } from "./fixture";

class NoObserver {
  observe() {}
  disconnect() {}
}

const ROLES: Record<string, string> = {
  button: "button:not([role]), [role=button]",
  listitem: "li:not([role])",
  list: "ul, ol",
  textbox: "input[type=text]:not([role])",
  checkbox: "input[type=checkbox]",
  combobox: "[role=combobox], select",
  region: "section[aria-label]",
};

export class BuilderPage {
  readonly root = document.createElement("div");
  private readonly lifetime = new AbortController();
  private unmount = () => {};

  private constructor(readonly kernel: FakeKernel) {}

  static async open(change: Partial<State> = {}): Promise<BuilderPage> {
    vi.stubGlobal("ResizeObserver", NoObserver);
    const page = new BuilderPage(new FakeKernel(state(change)));
    document.body.append(page.root);
    await act(() => {
      const session = new BuilderSession(page.kernel, page.lifetime.signal);
      page.unmount = mountBuilder(page.root, session, null);
    });
    return page;
  }

  close(): void {
    this.unmount();
    this.lifetime.abort();
    this.root.remove();
    vi.unstubAllGlobals();
  }

  all(role: string, name?: string | RegExp, within: Element = this.root): HTMLElement[] {
    const found = within.querySelectorAll<HTMLElement>(ROLES[role] ?? `[role="${role}"]`);
    return [...found].filter((element) => {
      if (element.closest("[hidden]")) return false;
      return name === undefined || matches(nameOf(element), name);
    });
  }

  get<E extends HTMLElement = HTMLElement>(role: string, name?: string | RegExp, within?: Element) {
    const found = this.all(role, name, within);
    if (found.length !== 1) {
      throw new Error(`${found.length} elements have the role ${role} and the name ${name}`);
    }
    return found[0] as E;
  }

  /** The cards from top to bottom. */
  get cards(): HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>("li[data-uid]")];
  }
  get order(): string {
    return this.cards.map((card) => card.dataset.uid).join(" ");
  }
  get selected(): string | undefined {
    return this.root.querySelector<HTMLElement>('[aria-current="true"]')?.dataset.uid;
  }
  get focused(): string | undefined {
    return (document.activeElement as HTMLElement | null)?.dataset.uid;
  }

  click(element: HTMLElement): Promise<void> {
    return this.settle(() => element.click());
  }
  key(element: HTMLElement, key: string, more: KeyboardEventInit = {}): Promise<boolean> {
    let heard = false;
    const listen = () => {
      heard = true;
    };
    document.addEventListener("keydown", listen, { once: true });
    return this.settle(() => {
      element.focus();
      element.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
      );
    }).then(() => {
      document.removeEventListener("keydown", listen);
      return heard;
    });
  }
  type(input: HTMLInputElement, text: string): Promise<void> {
    return this.settle(() => {
      input.focus();
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  choose(select: HTMLElement, label: string): Promise<void> {
    return this.settle(() => {
      const option = [...(select as HTMLSelectElement).options].find(
        (each) => each.textContent === label,
      );
      if (!option) throw new Error(`there is no option ${label}`);
      (select as HTMLSelectElement).value = option.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  settle(action: () => void): Promise<void> {
    return act(async () => {
      action();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }) as Promise<void>;
  }
}

function matches(name: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? name === wanted : wanted.test(name);
}

export function nameOf(element: HTMLElement): string {
  const label = element.getAttribute("aria-label");
  if (label !== null) return label;
  const labels = (element as HTMLInputElement).labels;
  if (labels?.length) return labels[0]!.textContent ?? "";
  return element.textContent ?? "";
}
