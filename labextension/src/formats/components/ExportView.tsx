/** The export panel: formats and data to choose from, the progress, and the files. */

import { useSubscription, useTheme, useUniqueId } from "../../shared/hooks";
import { pageLanguage, t } from "../../shared/translation";
import type { ExportStore } from "../store";
import { DataFields } from "./DataFields";
import { ExportsTable } from "./ExportsTable";
import { FormatList } from "./FormatList";
import { ProgressBar } from "./ProgressBar";
import { SlimPart } from "./SlimPart";

interface ExportViewProps {
  store: ExportStore;
  /** What is said about a view without a kernel. */
  note?: string;
}

export function ExportView({ store, note = "" }: ExportViewProps) {
  useSubscription(store);
  const { theme } = useTheme();
  const { list, state } = store;
  const folderId = useUniqueId("export-folder");
  const running = store.isRunning || store.pending === "start";
  const count = store.chosenTargets.length;
  return (
    <section
      class="kw-root kw-export"
      aria-label={t("Export model")}
      lang={pageLanguage()}
      data-kw-theme={theme}
      onPointerEnter={() => store.refreshIfOld()}
      onFocusCapture={() => store.refreshIfOld()}
    >
      <header class="kw-export-header">
        <h2>{t("Export %1", store.modelName)}</h2>
        {list && <p class="kw-hint">{t("Each file is read back and compared with the model.")}</p>}
      </header>
      {note && <p class="kw-hint">{note}</p>}
      {!list && store.source && !store.problem && (
        <p class="kw-waiting" role="status">
          {t("Reading the model…")}
        </p>
      )}
      {list && (
        <form
          class="kw-export-form"
          onSubmit={(event) => {
            event.preventDefault();
            void store.start();
          }}
        >
          <FormatList store={store} disabled={running} />
          <DataFields store={store} disabled={running} />
          <div class="kw-export-start">
            <label class="kw-export-folder" for={folderId}>
              {t("Folder")}
              <input
                id={folderId}
                type="text"
                spellcheck={false}
                value={store.choices.folder}
                disabled={running}
                onInput={(event) => store.choose({ folder: event.currentTarget.value })}
              />
            </label>
            <span class="kw-export-buttons">
              {store.isRunning ? (
                <button
                  type="button"
                  aria-busy={store.pending === "stop"}
                  disabled={store.pending === "stop"}
                  onClick={() => void store.stop()}
                >
                  {t("Stop")}
                </button>
              ) : (
                <button
                  type="submit"
                  class="kw-primary"
                  aria-busy={store.pending === "start"}
                  disabled={count === 0 || store.pending !== null}
                  title={count === 0 ? t("Choose a format first") : undefined}
                >
                  {count > 1 ? t("Export %1 formats", count) : t("Export")}
                </button>
              )}
            </span>
          </div>
        </form>
      )}
      <div role="alert">{store.problem && <p class="kw-export-problem">{store.problem}</p>}</div>
      <ProgressBar store={store} />
      {state ? (
        <ExportsTable store={store} state={state} />
      ) : (
        list &&
        store.pending === null && (
          <p class="kw-export-empty">
            {t(
              "Nothing has been exported yet. Choose formats and data, and click Export: a table then says for each file how far its outputs are from those of the model, how large and how fast it is, and what is lost.",
            )}
          </p>
        )
      )}
      {list && list.slim.length > 0 && <SlimPart store={store} methods={list.slim} />}
    </section>
  );
}
