/** The Add layer field: a combobox that searches layers by text such as "dense 128 relu". */

import { useEffect, useRef, useState } from "preact/hooks";
import { useUniqueId } from "../../../shared/hooks";
import { newId } from "../../../shared/newId";
import { t } from "../../../shared/translation";
import { parseOptions } from "../../parse";
import type { Edit, Placement, SearchOption } from "../../protocol";
import { useBuilder } from "../builderContext";

const SEARCH_DELAY_MS = 60;

interface AddLayerProps {
  /** Returns the place of the next layer; called when it is sent. */
  place: () => Placement;
  /** A text that names that place. */
  placement: string;
  onAdded: (uid: string) => void;
  onRefused: (uid: string) => void;
}

interface SearchResult {
  text: string;
  options: SearchOption[];
}

export function AddLayer({ place, placement, onAdded, onRefused }: AddLayerProps) {
  const { session, announce } = useBuilder();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState<SearchResult>({ text: "", options: [] });
  const [active, setActive] = useState(-1);
  const [message, setMessage] = useState("");
  const id = useUniqueId("add");
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const searchNumber = useRef(0);
  // Whether the active option is the user's choice, not just the first one.
  const picked = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);

  const search = (wanted: string, delay: number) => {
    picked.current = false;
    const number = ++searchNumber.current;
    clearTimeout(timer.current);
    timer.current = setTimeout(async () => {
      const reply = await session.request("search", { text: wanted });
      if (number !== searchNumber.current || !reply.ok) return;
      setFound({ text: wanted, options: parseOptions(reply.result) });
      setActive(wanted.trim() ? 0 : -1);
    }, delay);
  };
  const show = () => {
    setOpen(true);
    search(field.current?.value ?? "", 0);
  };
  const close = () => {
    searchNumber.current++;
    clearTimeout(timer.current);
    setOpen(false);
    setActive(-1);
  };
  const add = (what: { text: string } | Pick<SearchOption, "class_name" | "arguments">) => {
    const typed = field.current?.value ?? "";
    setText("");
    close();
    setMessage("");
    const uid = newId();
    const sent = session.edit({ action: "add", uid, ...what, ...place() } as Edit);
    onAdded(uid);
    void sent.then((reply) => {
      if (!reply.ok) {
        onRefused(uid);
        setMessage(reply.message);
        setText((now) => now || typed);
        return;
      }
      announce(reply.message || t("Added %1", "class_name" in what ? titleOf(what) : what.text));
    });
  };
  const titleOf = (what: Pick<SearchOption, "class_name">) =>
    found.options.find((option) => option.class_name === what.class_name)?.title ?? t("layer");
  const choose = ({ class_name, arguments: given }: SearchOption) =>
    add({ class_name, arguments: given });

  const onKeyDown = (event: KeyboardEvent) => {
    const { options } = found;
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      const typed = field.current?.value ?? "";
      const option = open && found.text === typed ? options[active] : undefined;
      // An option may ignore some of the typed words. Text of several words is therefore sent as it
      // is, and refused where it makes no sense, unless the user picked an option with the arrows.
      if (option && (picked.current || !/\s/.test(typed.trim()))) choose(option);
      else if (typed.trim()) add({ text: typed });
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (!open) show();
      else if (options.length) {
        const by = event.key === "ArrowDown" ? 1 : -1;
        const from = active < 0 && by < 0 ? 0 : active;
        picked.current = true;
        setActive((from + by + options.length) % options.length);
      }
    } else if (event.key === "Escape" && (open || text)) {
      event.preventDefault();
      if (open) close();
      else setText("");
      setMessage("");
    }
  };
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: "nearest" });
  }, [active]);

  const expanded = open && found.options.length > 0;
  return (
    <div class="kw-b-add">
      <input
        ref={field}
        type="text"
        class="kw-b-field-input kw-b-add-input"
        role="combobox"
        aria-label={t("Add layer")}
        aria-autocomplete="list"
        aria-expanded={expanded}
        aria-controls={`${id}-list`}
        aria-activedescendant={expanded && active >= 0 ? `${id}-${active}` : undefined}
        aria-invalid={message !== ""}
        aria-describedby={`${id}-message`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder={t('Add layer: try "dense 128 relu"')}
        data-unsaved={text !== ""}
        value={text}
        onInput={(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          setMessage("");
          setOpen(true);
          search(typed, SEARCH_DELAY_MS);
        }}
        onClick={() => open || show()}
        onFocus={show}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-popup`} class="kw-b-popup" hidden={!expanded}>
        <div ref={list} id={`${id}-list`} role="listbox" aria-label={t("Available layers")}>
          {found.options.map((option, i) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
            <div
              key={i}
              id={`${id}-${i}`}
              role="option"
              class="kw-b-option"
              aria-selected={i === active}
              aria-label={[option.title, option.detail, option.group].filter(Boolean).join(", ")}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(option)}
            >
              <b>{option.title}</b>
              <span class="kw-b-option-detail">{option.detail}</span>
              <span class="kw-b-option-group">{option.group}</span>
            </div>
          ))}
        </div>
        <p class="kw-b-popup-note">
          <kbd>Enter</kbd> {placement}
        </p>
      </div>
      <div id={`${id}-message`} role="alert" class="kw-b-error">
        {message}
      </div>
    </div>
  );
}
