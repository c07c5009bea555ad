/** A button that opens the export panel of a model; hidden where the page has no place for it. */

import { t } from "./translation";
import { useHostAction } from "./useHostAction";
import { EXPORT_MODEL, type ExportModel } from "./viewEvents";

interface ExportButtonProps {
  /** The key of the model or the id of a run, or what asks for it and returns null without one. */
  model: string | (() => Promise<string | null>);
  class?: string;
}

export function ExportButton({ model, class: className }: ExportButtonProps) {
  const { root, isHandled, send } = useHostAction<ExportModel>(EXPORT_MODEL, { model: null });
  const open = async () => send({ model: typeof model === "string" ? model : await model() });
  return (
    <span ref={root}>
      {isHandled && (
        <button type="button" class={className} onClick={() => void open()}>
          {t("Export…")}
        </button>
      )}
    </span>
  );
}
