/** Splits Python source into tokens to highlight: comments, strings, keywords and numbers. */

export interface Token {
  kind: "comment" | "string" | "keyword" | "number" | "plain";
  text: string;
}

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield"
  ).split(" "),
);

const PATTERN = new RegExp(
  [
    "(?<comment>#[^\\n]*)",
    `(?<string>(?:\\b[rbfuRBFU]{1,2})?(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|${quoted('"')}|${quoted("'")}))`,
    "(?<number>\\b(?:0[xXbBoO][\\da-fA-F_]+|\\d[\\d_]*(?:\\.[\\d_]*)?(?:[eE][+-]?\\d+)?))",
    "[\\p{L}_][\\p{L}\\p{N}_]*",
  ].join("|"),
  "gu",
);

function quoted(quote: string): string {
  return `${quote}(?:\\\\.|[^${quote}\\\\\\n])*${quote}?`;
}

/** Split `source` into tokens; joined they are `source` again. */
export function highlight(source: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of source.matchAll(PATTERN)) {
    const { comment, string, number } = match.groups!;
    const kind = comment
      ? "comment"
      : string
        ? "string"
        : number
          ? "number"
          : KEYWORDS.has(match[0])
            ? "keyword"
            : "plain";
    if (kind === "plain") continue;
    if (match.index > end) tokens.push({ kind: "plain", text: source.slice(end, match.index) });
    tokens.push({ kind, text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < source.length) tokens.push({ kind: "plain", text: source.slice(end) });
  return tokens;
}
