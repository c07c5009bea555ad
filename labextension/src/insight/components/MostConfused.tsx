/** The most frequent errors, where there are too many classes for a matrix. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Filter } from "../filter";
import { formatShare } from "../labels";
import type { Cell } from "../matrix";
import type { Confusion } from "../protocol";
import { moveAmong } from "./hooks";
import { ScrollTable } from "./ScrollTable";

interface MostConfusedProps {
  confusion: Confusion;
  /** Samples by class. */
  support: readonly number[];
  className: (index: number) => string;
  selected: Filter;
  onSelect: (cell: Cell) => void;
}

export function MostConfused(props: MostConfusedProps) {
  const { confusion, support, className, selected, onSelect } = props;
  const [stop, setStop] = useState(0);
  return (
    <section class="kw-i-box">
      <div class="kw-i-head">
        <h3>{t("Most confused")}</h3>
      </div>
      <ScrollTable label={t("Most confused")}>
        <thead>
          <tr>
            <th scope="col">{t("true → predicted")}</th>
            <th scope="col">{t("count")}</th>
            <th scope="col">{t("share")}</th>
          </tr>
        </thead>
        <tbody onKeyDown={moveAmong("th button", setStop)}>
          {confusion.pairs.map((pair, i) => {
            const isSelected =
              selected?.true === pair.true && selected.predicted === pair.predicted;
            const total = support[pair.true];
            return (
              <tr key={`${pair.true},${pair.predicted}`} data-selected={isSelected}>
                <th scope="row">
                  <button
                    type="button"
                    class="kw-link"
                    aria-pressed={isSelected}
                    tabIndex={i === Math.min(stop, confusion.pairs.length - 1) ? 0 : -1}
                    onFocus={() => setStop(i)}
                    onClick={() => onSelect(pair)}
                  >
                    {className(pair.true)} → {className(pair.predicted)}
                  </button>
                </th>
                <td>{formatCount(pair.count)}</td>
                <td>{total ? formatShare(pair.count / total) : "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </ScrollTable>
    </section>
  );
}
