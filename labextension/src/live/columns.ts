/** A table of float32 columns, which the kernel's tables extend and patch. */

import type { Table } from "./protocol";

export class Columns {
  private readonly columns = new Map<string, Float32Array>();
  private capacity = 0;
  private length = 0;

  get rows(): number {
    return this.length;
  }

  get names(): string[] {
    return [...this.columns.keys()];
  }

  has(name: string): boolean {
    return this.columns.has(name);
  }

  /** Return the values of a column, or null. The next patch may overwrite their memory. */
  get(name: string): Float32Array | null {
    return this.columns.get(name)?.subarray(0, this.length) ?? null;
  }

  /** Return the value of a row; NaN where there is none. */
  at(name: string, row: number): number {
    return row >= 0 && row < this.length ? (this.columns.get(name)?.[row] ?? NaN) : NaN;
  }

  clear(): void {
    this.columns.clear();
    this.length = 0;
    this.capacity = 0;
  }

  /**
   * Apply a patch: rows before its start are kept, all others are replaced by its own. Columns that
   * it lacks are NaN there. Return false for a patch that begins after the last row.
   */
  apply(table: Table): boolean {
    if (table.start > this.length) return false;
    if (table.start === 0) this.clear();
    const length = table.start + table.rows;
    this.reserve(length);
    for (const name of table.columns.keys()) {
      if (!this.columns.has(name)) {
        this.columns.set(name, new Float32Array(this.capacity).fill(NaN));
      }
    }
    for (const [name, column] of this.columns) {
      const values = table.columns.get(name);
      if (values) column.set(values, table.start);
      else column.fill(NaN, table.start, length);
    }
    this.length = length;
    return true;
  }

  private reserve(length: number): void {
    if (length <= this.capacity) return;
    this.capacity = Math.max(256, 2 ** Math.ceil(Math.log2(length)));
    for (const [name, column] of this.columns) {
      const larger = new Float32Array(this.capacity).fill(NaN);
      larger.set(column.subarray(0, this.length));
      this.columns.set(name, larger);
    }
  }
}
