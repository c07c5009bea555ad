/** A button that inserts code into a cell below; hidden where the page has no cells. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";
import { dispatchHostEvent, INSERT_CELL } from "../viewEvents";
import { Icon } from "./icons";

interface InsertButtonProps {
  label: string;
  title?: string;
  source: string;
  onInserted?: () => void;
}

export function InsertButton({ label, title, source, onInserted }: InsertButtonProps) {
  const root = useRef<HTMLSpanElement>(null);
  const [canInsert, setCanInsert] = useState(false);
  useEffect(() => {
    const check = () =>
      setCanInsert(dispatchHostEvent(root.current!, INSERT_CELL, { source: null }));
    check();
    // Events of an element that is not in the page yet do not reach the host.
    const attached = new ResizeObserver(check);
    attached.observe(root.current!.parentElement!);
    return () => attached.disconnect();
  }, []);
  const insert = () => {
    if (dispatchHostEvent(root.current!, INSERT_CELL, { source })) onInserted?.();
  };
  return (
    <span ref={root}>
      {canInsert && (
        <button type="button" class="kw-b-button" title={title} onClick={insert}>
          <Icon name="plus" />
          {label}
        </button>
      )}
    </span>
  );
}

/** A button that inserts a cell with the source of an equal builder, after the kernel is gone. */
export function RestoreButton({ source }: { source: string }) {
  return (
    <InsertButton
      label={t("Restore in a cell below")}
      title={t(
        "The layers and compile settings, as a builder. Weights are not saved in a notebook.",
      )}
      source={source}
    />
  );
}
