/**
 * Places the numbers of marks in the strip above a chart, so that none covers another or the frame.
 * The same as `kwidgets/live/numbers/mark_labels.py`; `tests/golden/charts.json` compares both.
 */

export interface MarkLabel {
  /** Of its centre, in pixels. */
  x: number;
  /** A number, or the first and last one of marks that are close together: "3–5". */
  text: string;
}

const CHARACTER_WIDTH = 6;
const GAP = 4;

/** Return the labels of marks at `positions`, in pixels, between `low` and `high`. */
export function placeMarkLabels(
  positions: readonly number[],
  low: number,
  high: number,
): MarkLabel[] {
  interface Group {
    first: number;
    last: number;
    from: number;
    to: number;
  }
  const text = ({ first, last }: Group) => (first === last ? `${first}` : `${first}–${last}`);
  const width = (group: Group) => CHARACTER_WIDTH * text(group).length;
  const centre = (group: Group) => {
    const half = width(group) / 2;
    const middle = (group.from + group.to) / 2;
    return Math.max(low + half, Math.min(high - half, middle));
  };
  const overlap = (a: Group, b: Group) => centre(a) + width(a) / 2 + GAP > centre(b) - width(b) / 2;
  const groups: Group[] = [];
  positions.forEach((x, i) => {
    if (!(x >= low && x <= high)) return;
    let group: Group = { first: i + 1, last: i + 1, from: x, to: x };
    for (let before = groups.at(-1); before && overlap(before, group); before = groups.at(-1)) {
      group = { first: before.first, last: group.last, from: before.from, to: group.to };
      groups.pop();
    }
    groups.push(group);
  });
  return groups.map((group) => ({ x: centre(group), text: text(group) }));
}
