/**
 * Round numbers for the ticks of an axis. The same as `kwidgets/live/numbers/axis_ticks.py`;
 * `tests/golden/charts.json` compares both.
 */

/** Return about `wanted` round numbers from `low` to `high`. */
export function linearTicks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / wanted;
  if (!(Number.isFinite(rough) && rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= rough)! * power;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.min(count, 20) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

/** Return ticks for a log axis from 10^`low` to 10^`high`: at most about `wanted`. */
export function logTicks(low: number, high: number, wanted: number): number[] {
  const decades = high - low;
  if (!(Number.isFinite(decades) && decades > 0)) return [];
  if (decades > wanted) {
    const every = Math.ceil(decades / wanted);
    return powers(Math.ceil(low / every), Math.floor(high / every), [1], every);
  }
  for (const digits of [[1, 2, 5], [1, 3], [1]]) {
    const all = powers(Math.floor(low), Math.floor(high), digits, 1);
    const ticks = all.filter((tick) => {
      const power = Math.log10(tick);
      return power >= low - 1e-9 && power <= high + 1e-9;
    });
    // Below three, an axis that covers less than a decade has more to say with 0.3, 0.4, 0.5.
    if (ticks.length < 3) break;
    if (ticks.length <= wanted + 1) return ticks;
  }
  const linear = linearTicks(10 ** low, 10 ** high, wanted);
  return linear.length >= 3 ? linear : linearTicks(10 ** low, 10 ** high, wanted + 2);
}

/** Return a tick's number as text: 0.05, 20, 10,000, 1e-5. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-4 || size >= 1e6) {
    const [digits, power] = value.toExponential().split("e");
    return `${Number(Number(digits).toPrecision(4))}e${Number(power)}`.replace("-", "−");
  }
  const text = String(Number(value.toPrecision(6)));
  const [whole, fraction] = text.split(".");
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ",");
  return (fraction ? `${grouped}.${fraction}` : grouped).replace("-", "−");
}

function powers(from: number, to: number, digits: number[], every: number): number[] {
  const ticks: number[] = [];
  for (let k = from; k <= to; k++) {
    for (const digit of digits) ticks.push(Number(`${digit}e${k * every}`));
  }
  return ticks;
}
