/** What a notebook shows of a builder whose kernel is gone: its layers in a table, and its code. */

import { useTheme } from "../../components/hooks";
import type { SavedModel } from "../saved";
import { Source } from "./CodeTab";

export function StaticTable({ saved }: { saved: SavedModel }) {
  const { theme } = useTheme();
  return (
    <section class="kw-root kw-builder kw-b-saved" aria-label={saved.title} data-kw-theme={theme}>
      <header class="kw-b-header">
        <h2 class="kw-b-name">{saved.title}</h2>
        <p class="kw-b-totals">{saved.totals}</p>
      </header>
      <div class="kw-b-table">
        <table aria-label="Layers">
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
            {saved.rows.length === 0 && (
              <tr>
                <td colSpan={saved.columns.length}>No layers</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {saved.code && (
        <details class="kw-b-saved-code">
          <summary>Code</summary>
          <pre class="kw-b-source">
            <Source text={saved.code} />
          </pre>
        </details>
      )}
    </section>
  );
}
