/** A sample that is a row of named values; unusual ones are marked, in a word. */

import { formatCount, formatShort } from "../../shared/format";
import { t } from "../../shared/translation";
import { ShareBar } from "./TextView";

interface RowViewProps {
  row: readonly [string, string, boolean][];
  /** How many values there are, of which the row may have some. */
  count: number;
  /** How much each value counts, from −1 to 1. */
  shares: readonly number[] | null;
  size: "small" | "large";
}

const SMALL_ROWS = 4;

export function RowView({ row, count, shares, size }: RowViewProps) {
  if (size === "small") {
    // The unusual ones first: they are a likely reason.
    const first = [...row].sort((a, b) => Number(b[2]) - Number(a[2])).slice(0, SMALL_ROWS);
    return (
      <span class="kw-i-row">
        {first.map(([name, value, unusual]) => (
          <span key={name}>
            <span>{name}</span>
            <b data-unusual={unusual}>
              {value}
              {unusual && <span class="kw-i-mark"> {t("unusual")}</span>}
            </b>
          </span>
        ))}
        {count > first.length && (
          <span class="kw-i-caption">{t("%1 more", count - first.length)}</span>
        )}
      </span>
    );
  }
  const more = count - row.length;
  return (
    <table class="kw-i-row-table" aria-label={t("Values of the sample")}>
      {more > 0 && <caption>{t("%1 more values are not kept.", formatCount(more))}</caption>}
      <tbody>
        {row.map(([name, value, unusual], i) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
            <td class="kw-i-mark">{unusual && t("unusual")}</td>
            {shares && (
              <td title={formatShort(shares[i] ?? NaN)}>
                <ShareBar share={shares[i] ?? NaN} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
