/** The data that a notebook keeps of a builder, to be read without a kernel. */

import { Fields } from "../shared/fields";

export interface SavedModel {
  title: string;
  columns: string[];
  rows: string[][];
  totals: string;
  code: string;
  /** The program of a builder like this one, or "". */
  restore: string;
  /** What LivePlot saved of the last training, or null. */
  run: unknown;
}

/** Read it; throws a ProtocolError. */
export function parseSaved(data: unknown): SavedModel {
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
