/** Parses the data of a builder that is saved in a notebook, to be read without a kernel. */

import { Fields } from "../shared/fields";

export interface SavedBuilder {
  title: string;
  columns: string[];
  rows: string[][];
  totals: string;
  code: string;
  /** Source code of an equal builder, or "". */
  restore: string;
  /** The saved data of the last training, as LivePlot saves it, or null. */
  run: unknown;
}

/** Parse saved data; throws a ProtocolError. */
export function parseSavedBuilder(data: unknown): SavedBuilder {
  const fields = new Fields(data, "saved");
  const rows = fields.value("rows");
  return {
    title: fields.string("title"),
    columns: fields.strings("columns"),
    rows: Array.isArray(rows)
      ? rows.map((row) => (Array.isArray(row) ? row.map(String) : [String(row)]))
      : [],
    totals: fields.string("totals"),
    code: fields.string("code"),
    restore: fields.string("restore"),
    run: fields.value("run"),
  };
}
