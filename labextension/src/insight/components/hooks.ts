/** Hooks of the tabs: ask while a tab is visible, keep rows in place, send requests. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";
import { type Looks, REPEAT_SECONDS, type Request } from "../protocol";
import type { InsightSource } from "../source";
import type { InsightStore } from "../store";

type Watch = Extract<Request, { request: "watch" }>;

/**
 * Send `watch` every few seconds while `place` is visible, and at once when it changes. The panel
 * around the tab has sent it for the first time.
 *
 * @param lacking names what is shown without its pictures, which were sent to a page that was not
 *   connected; they are asked for once
 */
export function useWatch(
  source: InsightSource,
  place: RefObject<Element>,
  watch: Watch,
  lacking = "",
): void {
  const latest = useRef(watch);
  latest.current = watch;
  const isVisible = useRef(true);
  const askedFor = useRef("");
  const send = useRef(() => {});
  send.current = () => {
    if (!isVisible.current || document.visibilityState === "hidden" || !source.interactive) return;
    const isLacking = lacking !== "" && lacking !== askedFor.current;
    const first = isLacking && { first: true as const };
    askedFor.current = lacking;
    void source.request({ ...latest.current, ...first });
  };
  useEffect(() => {
    const lifetime = new AbortController();
    const timer = setInterval(() => send.current(), 1000 * REPEAT_SECONDS);
    const observer = new IntersectionObserver((entries) => {
      const wasVisible = isVisible.current;
      isVisible.current = entries.at(-1)?.isIntersecting ?? true;
      if (isVisible.current && !wasVisible) send.current();
    });
    observer.observe(place.current!);
    document.addEventListener("visibilitychange", () => send.current(), lifetime);
    return () => {
      lifetime.abort();
      clearInterval(timer);
      observer.disconnect();
    };
  }, [source]);
  // What the user chose does not wait; the panel has asked for what is shown at first.
  const chosen = `${watch.output}/${watch.epoch}`;
  const asked = useRef(chosen);
  useEffect(() => {
    if (asked.current === chosen) return;
    asked.current = chosen;
    send.current();
  }, [chosen]);
  // Grey squares do not wait either; a page without any picture has just asked for them.
  useEffect(() => {
    const hasOthers = source.store.pictures.size > 0;
    if (hasOthers && lacking !== "" && lacking !== askedFor.current) send.current();
  }, [lacking]);
}

/** Return whether a sample's picture has not come to this page. */
export function lacksPicture(looks: Looks | null, { pictures }: InsightStore): boolean {
  return looks?.picture !== undefined && !pictures.has(looks.picture);
}

export interface Held<T> {
  value: T;
  /** Whether something newer waits. */
  waits: boolean;
  /** For the element whose content stays as it is while the pointer or the focus is in it. */
  handlers: object;
}

/**
 * Return the value from before the pointer or the focus came into an element: what a user reads or
 * is about to click does not move.
 *
 * @param asked what the user asked for; a value for something else is shown at once
 */
export function useHold<T>(newest: T, asked = ""): Held<T> {
  const [inside, setInside] = useState({ pointer: false, focus: false });
  const shown = useRef(newest);
  const shownFor = useRef(asked);
  const isHeld = (inside.pointer || inside.focus) && shownFor.current === asked;
  if (!isHeld) {
    shown.current = newest;
    shownFor.current = asked;
  }
  const set = (change: Partial<typeof inside>) => setInside((now) => ({ ...now, ...change }));
  const element = useRef<Element | null>(null);
  useEffect(() => {
    // What had the focus may have gone, which no event tells.
    if (inside.focus && !hasFocus(element.current)) set({ focus: false });
  });
  return {
    value: shown.current,
    waits: shown.current !== newest,
    handlers: {
      onPointerEnter: (event: PointerEvent) => set({ pointer: event.pointerType !== "touch" }),
      onPointerLeave: () => set({ pointer: false }),
      // A click leaves the focus behind; only who uses the keyboard is there with it.
      onFocusIn: (event: FocusEvent) => {
        element.current = event.currentTarget as Element;
        set({ focus: (event.target as Element).matches(":focus-visible") });
      },
      onFocusOut: (event: FocusEvent) => {
        const element = event.currentTarget as Element;
        if (!element.contains(event.relatedTarget as Node | null)) set({ focus: false });
      },
    },
  };
}

function hasFocus(element: Element | null): boolean {
  if (!element) return false;
  return element.contains((element.getRootNode() as Document | ShadowRoot).activeElement);
}

/**
 * Return a ref for a list: when the item that has the focus goes, its first button gets the focus,
 * or else the list itself.
 */
export function useKeepFocusIn<T extends HTMLElement>(): RefObject<T> {
  const list = useRef<T>(null);
  const had = useRef(false);
  useEffect(() => {
    const lifetime = new AbortController();
    const { current } = list;
    const note = (has: boolean) => () => {
      had.current = has;
    };
    current?.addEventListener("focusin", note(true), lifetime);
    // An element that is removed may lose the focus without an event, or with one to nowhere.
    current?.addEventListener(
      "focusout",
      (event) => {
        if (event.relatedTarget) had.current = current.contains(event.relatedTarget as Node);
      },
      lifetime,
    );
    document.addEventListener("pointerdown", note(false), lifetime);
    return () => lifetime.abort();
  }, []);
  useLayoutEffect(() => {
    const { current } = list;
    if (!current || !had.current || hasFocus(current)) return;
    const next = current.querySelector<HTMLElement>("button") ?? current;
    if (next === current) current.tabIndex = -1;
    next.focus({ preventScroll: true });
  });
  return list;
}

export interface Requests {
  pending: string | null;
  error: string;
  /** What the kernel said about the last one that it accepted. */
  note: string;
  send(request: Request): void;
}

/** Send requests, one after the other, and keep the name of the pending one and the last error. */
export function useRequests(source: InsightSource): Requests {
  const [state, setState] = useState({ pending: null as string | null, error: "", note: "" });
  const send = (request: Request) => {
    setState({ pending: request.request, error: "", note: "" });
    source.request(request).then(
      ({ ok, message }) =>
        setState({
          pending: null,
          error: ok ? "" : message || t("The kernel could not do that."),
          note: ok ? message : "",
        }),
      () => setState({ pending: null, error: t("The kernel could not do that."), note: "" }),
    );
  };
  return { ...state, send };
}

/** Move the focus among the elements of a list with the arrows; returns a handler of keys. */
export function moveAmong(selector: string, moved: (index: number) => void) {
  return (event: KeyboardEvent) => {
    const items = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>(selector)];
    const at = items.indexOf((event.target as Element).closest<HTMLElement>(selector)!);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = {
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.min(Math.max(to, 0), items.length - 1);
    moved(index);
    items[index]!.focus();
  };
}
