/**
 * The builder's view. Its own state, never sent, is the current tab, the selected layer, folded
 * blocks and text being typed; everything else is in the store.
 */

import { useMemo, useRef, useState } from "preact/hooks";
import { useSubscription, useTheme, useUniqueId } from "../../shared/hooks";
import { pageLanguage, t } from "../../shared/translation";
import type { WidgetHost } from "../anywidgetHost";
import type { State } from "../protocol";
import type { BuilderSession } from "../session";
import { BuilderContext, type BuilderContextValue } from "./builderContext";
import { CodeTab } from "./CodeTab";
import { CompileTab } from "./CompileTab";
import { FitTab } from "./FitTab";
import { useFocusFallback } from "./focus";
import { Header } from "./Header";
import { RestoreButton } from "./InsertButton";
import { HISTORY_SHORTCUTS, onRegionKeyDown } from "./keyboard";
import { LayersTab } from "./layers/LayersTab";
import { useSavedBundle } from "./saved/useSavedBundle";
import { type TabName, TabPanel, Tabs } from "./Tabs";
import { useBusy } from "./useBusy";

export interface BuilderProps {
  session: BuilderSession;
  host: WidgetHost | null;
}

export function Builder({ session, host }: BuilderProps) {
  useSubscription(session);
  const { theme } = useTheme();
  const { state } = session.store;
  const region = useRef<HTMLElement>(null);
  const [message, showError] = useState("");
  const [status, announce] = useState("");
  const { catalog } = session;
  const data = state?.data ?? NO_DATA;
  const context = useMemo<BuilderContextValue>(
    () => ({
      session,
      catalog,
      data,
      announce,
      showError,
      edit: async (edit) => {
        showError("");
        const reply = await session.edit(edit);
        if (reply.message) (reply.ok ? announce : showError)(reply.message);
        return reply;
      },
    }),
    [session, catalog, data],
  );
  const restore = useSavedBundle(session, region)?.restore ?? "";
  useFocusFallback(region);
  const history = (action: "undo" | "redo") => {
    const what = state?.history[action];
    if (what) {
      showError("");
      // Keys may ask for more steps than there are before the kernel has answered.
      void session.edit({ action }).then((reply) => {
        if (!reply.ok) announce(reply.message);
        else announce(action === "undo" ? t("Undone: %1", what) : t("Redone: %1", what));
      });
    }
  };
  const modelKey = async () => {
    showError("");
    const { ok, message, result } = await session.request("model", {});
    if (!ok) showError(message);
    return ok && typeof result.key === "string" ? result.key : null;
  };
  return (
    <BuilderContext.Provider value={context}>
      <section
        ref={region}
        class="kw-root kw-builder"
        aria-label={t("Sequential builder")}
        lang={pageLanguage()}
        data-kw-theme={theme}
        aria-keyshortcuts={HISTORY_SHORTCUTS}
        onKeyDown={(event) => onRegionKeyDown(event, history)}
      >
        {state ? (
          <>
            <Header state={state} onHistory={history} onExport={modelKey} />
            <Notices session={session} message={message} restore={restore} />
            <TabbedPanels state={state} host={host} />
          </>
        ) : (
          <p class="kw-b-waiting">{t("Waiting for the kernel…")}</p>
        )}
        <div class="kw-unseen" role="status" aria-live="polite">
          {status}
        </div>
      </section>
    </BuilderContext.Provider>
  );
}

const NO_DATA: State["data"] = [];

interface NoticesProps {
  session: BuilderSession;
  message: string;
  /** Source code of an equal builder, or "". */
  restore: string;
}

function Notices({ session, message, restore }: NoticesProps) {
  const busy = useBusy(session);
  const { connected } = session.store;
  return (
    <div class="kw-b-notices">
      {!connected && (
        <div class="kw-b-notice kw-b-gone" data-level="warning">
          <p>
            {restore
              ? t(
                  "The kernel is no longer available. This is the last state of the model. To keep it, restore it in a cell below before you run this cell again.",
                )
              : t(
                  "The kernel is no longer available. This is the last state of the model. To keep it, copy the code from the Code tab before you run this cell again.",
                )}
          </p>
          {restore && <RestoreButton source={restore} />}
        </div>
      )}
      {connected && busy && (
        <p class="kw-b-notice">{t("Kernel busy. Your change will be applied when it is free.")}</p>
      )}
      <div role="alert">
        {message && (
          <p class="kw-b-notice" data-level="error">
            {message}
          </p>
        )}
      </div>
    </div>
  );
}

function TabbedPanels({ state, host }: { state: State; host: WidgetHost | null }) {
  const [tab, setTab] = useState<TabName>("Layers");
  const [selected, select] = useState<string | null>(null);
  const id = useUniqueId("builder");
  const showTarget = (target: string) => {
    if (target === "compile") setTab("Compile");
    else if (target === "fit") setTab("Fit");
    else {
      setTab("Layers");
      select(target);
    }
  };
  return (
    <>
      <Tabs id={id} state={state} tab={tab} onTab={setTab} />
      <TabPanel id={id} name="Layers" tab={tab}>
        <LayersTab state={state} selected={selected} onSelect={select} onTarget={showTarget} />
      </TabPanel>
      <TabPanel id={id} name="Compile" tab={tab}>
        {tab === "Compile" && <CompileTab state={state} onTarget={showTarget} />}
      </TabPanel>
      <TabPanel id={id} name="Fit" tab={tab}>
        <FitTab state={state} host={host} shown={tab === "Fit"} onTarget={showTarget} />
      </TabPanel>
      <TabPanel id={id} name="Code" tab={tab}>
        {tab === "Code" && <CodeTab code={state.code} />}
      </TabPanel>
    </>
  );
}
