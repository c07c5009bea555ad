/** Labels, in the page's language, for the statuses and axes of the protocol. */

import { t } from "../shared/translation";
import type { Status, XAxis } from "./protocol";

export function statusLabel(status: Status): string {
  const labels: Record<Status, string> = {
    running: t("running"),
    paused: t("paused"),
    stopping: t("stopping"),
    stopped: t("stopped"),
    finished: t("finished"),
    interrupted: t("interrupted"),
    failed: t("failed"),
  };
  return labels[status];
}

export function axisLabel(axis: XAxis): string {
  return { step: t("step"), epoch: t("epoch"), time: t("time") }[axis];
}
