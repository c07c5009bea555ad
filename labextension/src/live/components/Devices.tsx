/** The list of the kernel's devices, each with a meter of its use and its memory. */

import { formatBytes } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Device } from "../protocol";

interface DevicesProps {
  devices: readonly Device[];
  /** Whether the fit runs. Its use ends with it, but its place stays. */
  alive: boolean;
}

export function Devices({ devices, alive }: DevicesProps) {
  if (devices.length === 0) return null;
  return (
    <ul class="kw-devices" aria-label={t("Devices")}>
      {devices.map((device, i) => (
        // Two devices may have the same name.
        <li key={i}>
          <span class="kw-device-name" title={device.name}>
            {t("Device: %1", device.name)}
          </span>
          {alive && (
            <>
              <Meter share={device.use} label={t("Utilization of %1", device.name)} />
              <span class="kw-device-use">
                {device.use === null ? "" : `${Math.round(device.use * 100)} %`}
              </span>
              <span>{memory(device)}</span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

export function Meter({ share, label }: { share: number | null; label: string }) {
  if (share === null) return null;
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers colour a meter element as they like
    <span
      class="kw-meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} %`}
    >
      <span class="kw-meter-fill" style={{ width: `${percent}%` }} />
    </span>
  );
}

export function memory({ memory_used_bytes: used, memory_total_bytes: total }: Device): string {
  if (used === null) return "";
  if (total === null) return formatBytes(used);
  return t("%1 of %2", formatBytes(used), formatBytes(total));
}
