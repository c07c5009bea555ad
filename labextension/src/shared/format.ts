/** Formats numbers, durations and speeds as text whose width changes as little as possible. */

import { t } from "./translation";

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Return a count with thousands separators. */
export function formatCount(value: number): string {
  return grouped.format(value);
}

/** Return a metric's value with four significant digits: 0.9861, 12.34, 12,345, 1.235e-5. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0.000";
  if (size < 1e-4 || size >= 1e7) return minus(value.toExponential(3));
  if (size >= 9999.5) return minus(grouped.format(value));
  return minus(value.toPrecision(4));
}

/** Return a learning rate as a user would type it; float32 noise (0.0010000000475) is left out. */
export function formatLearningRate(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  const short = Number(value.toPrecision(6));
  // 0.0000039 and 1000000000 fit in no field: 3.90625e-6 and 1e+9 do.
  const size = Math.abs(short);
  return size !== 0 && (size < 1e-4 || size >= 1e6) ? short.toExponential() : String(short);
}

/** Return a duration as m:ss or h:mm:ss. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Return a speed: 412 steps/s, 3.2 steps/s, and below one a second 12.5 s/step. */
export function formatSpeed(stepsPerSecond: number): string {
  if (!(stepsPerSecond > 0)) return "";
  if (stepsPerSecond >= 9.95) return t("%1 steps/s", formatCount(stepsPerSecond));
  if (stepsPerSecond >= 0.995) return t("%1 steps/s", stepsPerSecond.toFixed(1));
  const seconds = 1 / stepsPerSecond;
  return t("%1 s/step", seconds >= 9.95 ? formatCount(seconds) : seconds.toFixed(1));
}

/** Return the time of a step: 4.2 ms, 52 ms, 12.5 s. */
export function formatStepTime(seconds: number): string {
  const milliseconds = seconds * 1000;
  if (milliseconds >= 9999.5) return t("%1 s", seconds.toFixed(1));
  return t("%1 ms", milliseconds >= 9.95 ? formatCount(milliseconds) : milliseconds.toFixed(1));
}

function minus(text: string): string {
  return text.replace(/^-/, "−");
}

/** Return an amount of memory: 512 MB, 12.1 GB. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = Math.max(0, bytes);
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit < 3 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Return a number of a short text: 7.1, 0.02, 1.2e-7. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  const size = Math.abs(value);
  if (size >= 9999.5 || (size < 1e-3 && size > 0)) {
    return size >= 9999.5 && size < 1e7
      ? formatCount(value).replace("-", "−")
      : value.toExponential(1).replace(/^-/, "−");
  }
  return String(Number(value.toPrecision(2 + (size >= 100 ? 2 : size >= 10 ? 1 : 0)))).replace(
    "-",
    "−",
  );
}
