/** Which samples are listed: of a cell of the matrix, of a class, or the worst of all (null). */

export type Filter = { true?: number; predicted?: number } | null;
