/** A button that puts code into a cell below; none where the page has no cells. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";
import { ask, INSERT_CELL } from "../hostEvents";
import { Icon } from "./icons";

interface InsertButtonProps {
  label: string;
  title?: string;
  source: string;
  onInserted?: () => void;
}

export function InsertButton({ label, title, source, onInserted }: InsertButtonProps) {
  const home = useRef<HTMLSpanElement>(null);
  const [canInsert, setCanInsert] = useState(false);
  useEffect(() => {
    const look = () => setCanInsert(ask(home.current!, INSERT_CELL, { source: null }));
    look();
    // An element that is not in the page yet reaches nobody.
    const attached = new ResizeObserver(look);
    attached.observe(home.current!.parentElement!);
    return () => attached.disconnect();
  }, []);
  const insert = () => {
    if (ask(home.current!, INSERT_CELL, { source })) onInserted?.();
  };
  return (
    <span ref={home}>
      {canInsert && (
        <button type="button" class="kw-b-button" title={title} onClick={insert}>
          <Icon name="plus" />
          {label}
        </button>
      )}
    </span>
  );
}

/** For a builder that its kernel has lost: a cell that makes one like it. */
export function RestoreButton({ source }: { source: string }) {
  return (
    <InsertButton
      label={t("Restore in a cell below")}
      title={t("The layers and compile settings, as a builder; weights are not kept in a notebook")}
      source={source}
    />
  );
}
