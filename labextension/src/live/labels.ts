/** Words for what the wire names: statuses, phases, axes, kinds of values. */

import { t } from "../shared/translation";
import type { Split, Status, XAxis } from "./protocol";

export function statusWord(status: Status): string {
  const words: Record<Status, string> = {
    running: t("running"),
    paused: t("paused"),
    stopping: t("stopping"),
    stopped: t("stopped"),
    finished: t("finished"),
    interrupted: t("interrupted"),
    failed: t("failed"),
  };
  return words[status];
}

export function axisWord(axis: XAxis): string {
  return { step: t("step"), epoch: t("epoch"), time: t("time") }[axis];
}

export function splitWord(split: Split): string {
  return split === "training" ? t("training") : t("validation");
}
