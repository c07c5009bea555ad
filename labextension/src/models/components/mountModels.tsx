/** Puts models into a page's element, and the style sheets into the page. */

import { render } from "preact";
import common from "../../../style/common.raw.css";
import models from "../../../style/models.raw.css";
import { useTheme } from "../../components/hooks";
import { keepStyle } from "../../components/style";
import { t } from "../../strings";
import type { SummaryStore } from "../store";
import { ModelsView } from "./ModelsView";

/** Draw one model's summary, as in a cell; returns what takes it away again. */
export function mountModel(element: HTMLElement, store: SummaryStore): () => void {
  const forget = keepStyle(element, { common, models });
  render(<ModelCell store={store} />, element);
  return () => {
    forget();
    render(null, element);
  };
}

function ModelCell({ store }: { store: SummaryStore }) {
  const { theme } = useTheme();
  const entry = store.entries?.[0];
  const name = entry?.names[0] ?? "";
  return (
    <section
      class="kw-root kw-model-cell"
      aria-label={t("Summary of %1", name)}
      data-kw-theme={theme}
    >
      <ModelsView store={store} />
    </section>
  );
}
