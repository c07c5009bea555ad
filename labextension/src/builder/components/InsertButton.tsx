/** A button that inserts code into a cell below; hidden where the page has no cells. */

import { t } from "../../shared/translation";
import { useInsertCell } from "../../shared/useInsertCell";
import { Icon } from "./icons";

interface InsertButtonProps {
  label: string;
  title?: string;
  source: string;
  onInserted?: () => void;
}

export function InsertButton({ label, title, source, onInserted }: InsertButtonProps) {
  const { root, canInsert, insert } = useInsertCell();
  return (
    <span ref={root}>
      {canInsert && (
        <button
          type="button"
          class="kw-b-button"
          title={title}
          onClick={() => insert(source) && onInserted?.()}
        >
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
