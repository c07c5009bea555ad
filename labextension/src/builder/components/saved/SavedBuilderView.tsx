/**
 * The view of a builder saved in a notebook, without a kernel: its layers in a table, its code, and
 * the curves of its last training.
 */

import { useEffect, useRef } from "preact/hooks";
import { mountLiveView } from "../../../live/components/mountLiveView";
import { SavedTransport } from "../../../live/savedTransport";
import { RunSession } from "../../../live/session";
import { formatCount } from "../../../shared/format";
import { useTheme } from "../../../shared/hooks";
import type { Plotly } from "../../../shared/plotly";
import { pageLanguage, t } from "../../../shared/translation";
import type { SavedBuilder } from "../../savedBuilder";
import { Source } from "../CodeTab";
import { RestoreButton } from "../InsertButton";

interface SavedBuilderViewProps {
  saved: SavedBuilder;
  loadPlotly: () => Promise<Plotly>;
}

export function SavedBuilderView({ saved, loadPlotly }: SavedBuilderViewProps) {
  const { theme } = useTheme();
  return (
    <section
      class="kw-root kw-builder kw-b-saved"
      aria-label={saved.title}
      lang={pageLanguage()}
      data-kw-theme={theme}
    >
      <header class="kw-b-header">
        <h2 class="kw-b-name">{saved.title}</h2>
        <p class="kw-b-totals">{saved.totals}</p>
        {saved.restore && <RestoreButton source={saved.restore} />}
      </header>
      <div class="kw-b-table">
        <table aria-label={t("Layers")}>
          <thead>
            <tr>
              {saved.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {saved.rows.map((row, i) => (
              <tr key={i}>
                {row.map((cell, column) =>
                  column === 0 ? (
                    <th key={saved.columns[column]} scope="row">
                      {cell}
                    </th>
                  ) : (
                    <td key={saved.columns[column]}>{cell}</td>
                  ),
                )}
              </tr>
            ))}
            {saved.omittedRows > 0 && (
              <tr>
                <td colSpan={saved.columns.length}>
                  {t("%1 more layers are not shown.", formatCount(saved.omittedRows))}
                </td>
              </tr>
            )}
            {saved.rows.length === 0 && (
              <tr>
                <td colSpan={saved.columns.length}>{t("No layers")}</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {saved.code && (
        <details class="kw-b-saved-code">
          <summary>{t("Code")}</summary>
          <pre class="kw-b-source">
            <Source text={saved.code} />
          </pre>
        </details>
      )}
      {saved.run != null && <SavedRun data={saved.run} loadPlotly={loadPlotly} />}
    </section>
  );
}

/** The live view of a training, drawn from its saved data. */
function SavedRun({ data, loadPlotly }: { data: unknown; loadPlotly: () => Promise<Plotly> }) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const lifetime = new AbortController();
    const session = new RunSession(new SavedTransport(data), lifetime.signal);
    const unmount = mountLiveView(frame.current!, session, loadPlotly);
    return () => {
      lifetime.abort();
      unmount();
    };
  }, [data, loadPlotly]);
  return <div ref={frame} class="kw-b-live" data-kw-guest />;
}
