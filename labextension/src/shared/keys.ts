/**
 * Decides which keys belong to a control of ours, and which to the page around it.
 *
 * | key, with the focus on a control                        | belongs to                    |
 * |---------------------------------------------------------|-------------------------------|
 * | without Ctrl, Cmd or Alt (with Shift too): all but F1 … | the control                   |
 * | what `aria-keyshortcuts` of it or around it names       | the control                   |
 * | Backspace and Delete                                    | the control                   |
 * | in text: undo, copy, paste, moves of the cursor, Enter  | the control                   |
 * | in a select: Alt+↑ and Alt+↓                            | the control                   |
 * | all others: Ctrl+S, Ctrl+Shift+C, F11 …                 | the page, such as JupyterLab  |
 *
 * A key that the control does not use, such as "x" on a button, still is the control's: in
 * JupyterLab's command mode it would cut the cell. So is Shift+Enter, which would run it again.
 */

/** Lumino, which handles the keys of JupyterLab, ignores those on and inside of marked elements. */
const SUPPRESS = "data-lm-suppress-shortcuts";

const MODIFIERS = ["Control", "Alt", "Shift", "Meta"] as const;
const INPUTS_WITHOUT_TEXT = /^(button|checkbox|color|file|hidden|image|radio|range|reset|submit)$/;
const KEYS_OF_TEXT = /^(Arrow(Left|Right|Up|Down)|Home|End|PageUp|PageDown|Insert|Enter)$/;
/** With Ctrl or Cmd: select all, copy, paste, cut, undo and redo. */
const EDITING_LETTERS = /^[acvxyz]$/;
/** With Shift as well: paste as plain text, redo. The page has Ctrl+Shift+C and others. */
const SHIFTED_EDITING_LETTERS = /^[vz]$/;

const roots = new WeakSet<EventTarget>();

/** Keep the keys of the controls inside `root` from the page; the returned function ends it. */
export function keepKeys(root: HTMLElement): () => void {
  roots.add(root);
  const lifetime = new AbortController();
  const { signal } = lifetime;
  // Notebook 7 receives keys on the document, on their way down: only the window is before it.
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.composedPath().includes(root)) mark(root, isKeyOfControl(event));
    },
    { capture: true, signal },
  );
  // JupyterLab's notebook moves the focus after each key that reaches it. VS Code and Colab handle
  // keys too, and do not know the mark.
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented || isKeyOfControl(event)) event.stopPropagation();
    },
    { signal },
  );
  return () => {
    lifetime.abort();
    roots.delete(root);
    mark(root, false);
  };
}

/** Return whether a key belongs to the control that has the focus. See the table above. */
export function isKeyOfControl(event: KeyboardEvent): boolean {
  const path = elementsInRoot(event);
  const [control] = path;
  const { key } = event;
  if (!control || isModifier(key) || /^F\d+$/.test(key)) return false;
  if (event.isComposing || !isModified(event) || key === "Backspace" || key === "Delete") {
    return true;
  }
  if (path.some((element) => namesShortcut(element, event))) return true;
  if (isText(control)) return isEditing(event);
  return control.localName === "select" && event.altKey && /^Arrow(Up|Down)$/.test(key);
}

/** Return the focused element and those around it, as far as the innermost root. */
function elementsInRoot(event: Event): Element[] {
  const path = event.composedPath();
  const end = path.findIndex((target) => roots.has(target));
  return path.slice(0, end + 1).filter((target) => target instanceof Element);
}

function isModifier(key: string): boolean {
  return key === "AltGraph" || (MODIFIERS as readonly string[]).includes(key);
}

function isModified(event: KeyboardEvent): boolean {
  // AltGr types characters, and is Ctrl+Alt on Windows.
  if (event.getModifierState("AltGraph")) return false;
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Return whether `aria-keyshortcuts` of the element names the key: "Alt+ArrowUp Control+D". */
function namesShortcut(element: Element, event: KeyboardEvent): boolean {
  const shortcuts = element.getAttribute("aria-keyshortcuts")?.split(/\s+/) ?? [];
  const pressed = MODIFIERS.filter((modifier) => event.getModifierState(modifier));
  return shortcuts.some((shortcut) => {
    const names = shortcut.split("+");
    const key = names.pop() || "+";
    return (
      key.toLowerCase() === event.key.toLowerCase() &&
      names.length === pressed.length &&
      pressed.every((modifier) => names.includes(modifier))
    );
  });
}

function isText(element: Element): boolean {
  if (element instanceof HTMLInputElement) return !INPUTS_WITHOUT_TEXT.test(element.type);
  return (
    element instanceof HTMLTextAreaElement ||
    (element instanceof HTMLElement && element.isContentEditable)
  );
}

function isEditing(event: KeyboardEvent): boolean {
  const key = event.key.toLowerCase();
  if (KEYS_OF_TEXT.test(event.key)) return true;
  const isMac = /^Mac/.test(navigator.platform);
  // There Option types characters, and Ctrl moves the cursor as in Emacs.
  if (isMac && key.length === 1 && !event.metaKey && event.altKey !== event.ctrlKey) return true;
  if (event.altKey) return false;
  return (event.shiftKey ? SHIFTED_EDITING_LETTERS : EDITING_LETTERS).test(key);
}

/** Mark `root`, and the elements whose shadow trees it is in: outside, those are the targets. */
function mark(root: HTMLElement, marked: boolean): void {
  let element: Element | null = root;
  while (element) {
    element.toggleAttribute(SUPPRESS, marked);
    const tree: Node = element.getRootNode();
    element = tree instanceof ShadowRoot ? tree.host : null;
  }
}
