/** The content of the tab: the runs that the current notebook's kernel reads, or why there are none. */

import { useEffect, useState } from "preact/hooks";
import { RunsView } from "../../record/components/RunsView";
import { RunsStore } from "../../record/store";
import { useSubscription, useTheme } from "../../shared/hooks";
import { pageLanguage, t } from "../../shared/translation";
import { channelRuns } from "../kernel/channelSources";
import { loadInsight } from "../loadInsight";
import { loadPlotly } from "../loadPlotly";
import type { CurrentNotebook } from "../panel/currentNotebook";
import { EmptyState, type PanelActions } from "../panel/EmptyState";

interface RunsTabViewProps {
  currentNotebook: CurrentNotebook;
  actions: PanelActions;
  isVisible: () => boolean;
}

export function runsTabView(props: RunsTabViewProps) {
  return <RunsTabView {...props} />;
}

function RunsTabView({ currentNotebook, actions, isVisible }: RunsTabViewProps) {
  useSubscription(currentNotebook);
  const { theme } = useTheme();
  const { state } = currentNotebook;
  const channel = state.is === "open" ? state.models.channel : null;
  const [store] = useState(() => new RunsStore(null));
  useEffect(() => {
    const lifetime = new AbortController();
    store.follow(isVisible, lifetime.signal);
    return () => lifetime.abort();
  }, [store, isVisible]);
  useEffect(() => {
    const lifetime = new AbortController();
    store.setSource(channel && channelRuns(channel, lifetime.signal));
    return () => lifetime.abort();
  }, [store, channel]);
  if (state.is === "open") {
    return <RunsView store={store} loadPlotly={loadPlotly} loadInsight={loadInsight} />;
  }
  return (
    <section
      class="kw-root kw-panel"
      aria-label={t("Keras runs")}
      lang={pageLanguage()}
      data-kw-theme={theme}
    >
      <EmptyState state={state} actions={actions} purpose="runs" />
    </section>
  );
}
