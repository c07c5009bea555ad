/** Parses the data of a builder that is saved in a notebook, to be read without a kernel. */

import { checkVersion } from "../shared/checkVersion";
import { Fields, shorten } from "../shared/fields";

export interface SavedBuilder {
  title: string;
  columns: string[];
  rows: string[][];
  /** How many more rows the data has. */
  omittedRows: number;
  totals: string;
  code: string;
  /** Source code of an equal builder, or "". */
  restore: string;
  /** The saved data of the last training, as LivePlot saves it, or null. */
  run: unknown;
}

/** Saved data may hold any number of rows, and the page must stay usable. */
const MAX_ROWS = 500;
const MAX_COLUMNS = 20;
/** Nobody reads more, and each word becomes an element of the page. */
const MAX_CODE_LENGTH = 100_000;
/** A program is put into a cell whole, or not at all. */
const MAX_PROGRAM_LENGTH = 1_000_000;

/** Parse saved data; throws a ProtocolError. */
export function parseSavedBuilder(data: unknown): SavedBuilder {
  const fields = new Fields(data, "saved");
  checkVersion(fields, { saved: true });
  const value = fields.value("rows");
  const rows: unknown[] = Array.isArray(value) ? value : [];
  const title = fields.label("title");
  const restore = fields.string("restore");
  return {
    title,
    columns: fields
      .strings("columns")
      .slice(0, MAX_COLUMNS)
      .map((name) => shorten(name)),
    rows: rows
      .slice(0, MAX_ROWS)
      .map((row) => (Array.isArray(row) ? row.slice(0, MAX_COLUMNS) : [row]).map(cellText)),
    omittedRows: Math.max(0, rows.length - MAX_ROWS),
    totals: fields.label("totals"),
    code: shorten(fields.string("code"), MAX_CODE_LENGTH),
    restore: restore.length > MAX_PROGRAM_LENGTH ? "" : restore,
    run: fields.value("run"),
  };
}

function cellText(value: unknown): string {
  return typeof value === "object" && value !== null ? "…" : shorten(String(value));
}
