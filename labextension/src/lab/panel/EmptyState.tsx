/** The empty states of the panel: why there are no models to show, and what to do. */

import type { ComponentChildren } from "preact";
import { t } from "../../shared/translation";
import type { Loading, PanelState } from "./panelState";

export interface PanelActions {
  load(): void;
  /** Undefined where the application offers no such dialog. */
  chooseKernel?: (() => void) | undefined;
  /** Insert code into a new cell of the current notebook; undefined where there is none. */
  insertCode?: ((code: string) => void) | undefined;
}

const INSTALL = "%pip install kwidgets";

const EXAMPLE = `import keras

model = keras.Sequential([
    keras.Input((28, 28)),
    keras.layers.Flatten(),
    keras.layers.Dense(10, "softmax"),
])`;

interface EmptyStateProps {
  state: PanelState;
  actions: PanelActions;
  /** What the kernel is needed for. */
  purpose?: "models" | "runs";
}

export function EmptyState({ state, actions, purpose = "models" }: EmptyStateProps) {
  const forRuns = purpose === "runs";
  switch (state.is) {
    case "no-notebook":
      return (
        <Message title={t("No notebook is open")}>
          <p>
            {forRuns
              ? t("Open a notebook to see its runs; its kernel reads them.")
              : t("Open a notebook to see its Keras models.")}
          </p>
        </Message>
      );
    case "no-kernel":
      return (
        <Message title={t("This notebook has no kernel")}>
          <p>
            {forRuns
              ? t("Choose a kernel to see the runs; it reads them.")
              : t("Choose a kernel to see its models.")}
          </p>
          {actions.chooseKernel && (
            <button type="button" class="kw-primary" onClick={actions.chooseKernel}>
              {t("Choose a kernel")}
            </button>
          )}
        </Message>
      );
    case "connecting":
      return (
        <Message title={t("Connecting to the kernel…")} busy>
          <p>{t("The kernel is starting, or the page is reconnecting to it.")}</p>
        </Message>
      );
    case "not-python":
      return (
        <Message title={t("This kernel does not run Python")}>
          <p>
            {forRuns
              ? t("Its language is %1. Choose a Python kernel to see the runs.", state.language)
              : t(
                  "Its language is %1. Choose a Python kernel to see Keras models.",
                  state.language,
                )}
          </p>
        </Message>
      );
    case "absent":
      return <Absent loading={state.loading} actions={actions} forRuns={forRuns} />;
    case "refused":
      return (
        <Message title={t("Incompatible versions of kwidgets")} alert>
          <p>{state.message}</p>
        </Message>
      );
    case "lost":
      return (
        <Message title={state.dead ? t("The kernel has died") : t("Connection lost")} alert>
          <p>
            {state.dead
              ? forRuns
                ? t("The runs are on disk. Restart the kernel (Kernel menu) to see them.")
                : t(
                    "Its models are lost. Restart the kernel (Kernel menu) and run the cells again.",
                  )
              : t("The page is reconnecting. The kernel continues to run.")}
          </p>
        </Message>
      );
    case "open":
      return <NoModels insertCode={actions.insertCode} />;
  }
}

interface AbsentProps {
  loading: Loading;
  actions: PanelActions;
  forRuns: boolean;
}

function Absent({ loading, actions, forRuns }: AbsentProps) {
  if (loading.is === "not-installed") {
    return (
      <Message title={t("kwidgets is not installed in this kernel")} alert>
        <p>{t("Run this in a cell, then load it again:")}</p>
        <Code code={INSTALL} insertCode={actions.insertCode} />
        <button type="button" class="kw-primary" onClick={actions.load}>
          {t("Load kwidgets")}
        </button>
      </Message>
    );
  }
  const requested = loading.is === "requested";
  return (
    <Message title={t("kwidgets is not loaded in this kernel")} busy={requested}>
      <p>
        {forRuns
          ? t("Load it to see the recorded runs.")
          : t("Load it to see the models of this notebook and follow their training.")}
      </p>
      <button type="button" class="kw-primary" aria-busy={requested} onClick={actions.load}>
        {requested ? t("Loading…") : t("Load kwidgets")}
      </button>
      {requested && <p class="kw-hint">{t("Takes effect when the running cell has ended.")}</p>}
      {loading.is === "failed" && (
        <p class="kw-error" role="alert">
          {t("Loading failed. %1", loading.message)}
        </p>
      )}
      <p class="kw-hint">
        {t("Or in a cell:")} <code>%load_ext kwidgets</code>
      </p>
    </Message>
  );
}

function NoModels({ insertCode }: Pick<PanelActions, "insertCode">) {
  return (
    <Message title={t("No Keras models yet")}>
      <p>{t("Create a model in a cell to see it here, for example:")}</p>
      <Code code={EXAMPLE} insertCode={insertCode} />
    </Message>
  );
}

function Code({ code, insertCode }: { code: string } & Pick<PanelActions, "insertCode">) {
  return (
    <div class="kw-face-code">
      <pre>{code}</pre>
      {insertCode && (
        <button type="button" onClick={() => insertCode(code)}>
          {t("Insert into a cell")}
        </button>
      )}
    </div>
  );
}

interface MessageProps {
  title: string;
  children: ComponentChildren;
  busy?: boolean;
  alert?: boolean;
}

function Message({ title, children, busy = false, alert = false }: MessageProps) {
  return (
    <div class="kw-face" aria-busy={busy} data-alert={alert}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
