/**
 * What the tabs of a run show besides its details: its curves, and what was recorded of its
 * predictions, layers and data. Both are read when their tab is opened, and again while it trains.
 */

import { TABS } from "../insight/protocol";
import { InsightStore } from "../insight/store";
import { RunStore } from "../live/store";
import type { RunsSource } from "./source";

export const RUN_TABS = ["overview", ...TABS] as const;
export type RunTab = (typeof RUN_TABS)[number];

export class OpenRun {
  readonly insight = new InsightStore();
  readonly curves = new RunStore(() => {});
  /** Whether the recorded predictions, layers and data have come. */
  isRead = false;
  /** Why the tab has nothing to show, or "". */
  problem = "";
  private seen = { curves: "", insight: "" };
  private asking = false;
  private wasRunning = true;

  /** @param changed called when there is something new to show */
  constructor(
    readonly id: string,
    private readonly changed: () => void,
  ) {}

  /** Ask again for what the tab shows, if the run trains or has trained until lately. */
  follow(source: RunsSource, tab: RunTab, isRunning: boolean): void {
    if (isRunning || this.wasRunning) void this.read(source, tab);
    this.wasRunning = isRunning;
  }

  /** Ask for what the tab shows, as far as it is new. */
  async read(source: RunsSource, tab: RunTab): Promise<void> {
    if (tab === "overview" || this.asking) return;
    this.asking = true;
    const hadProblem = this.problem !== "";
    try {
      const isNew =
        tab === "curves" ? await this.readCurves(source) : await this.readInsight(source);
      this.problem = "";
      if (isNew || hadProblem) this.changed();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.changed();
    } finally {
      this.asking = false;
    }
  }

  private async readCurves(source: RunsSource): Promise<boolean> {
    const found = await source.request("run_curves", { run: this.id, seen: this.seen.curves });
    this.seen.curves = found.seen;
    if (!found.snapshot) return false;
    this.curves.receive({ kind: "snapshot", payload: found.snapshot });
    return true;
  }

  private async readInsight(source: RunsSource): Promise<boolean> {
    const found = await source.request("run_insight", { run: this.id, seen: this.seen.insight });
    this.seen.insight = found.seen;
    const isFirst = !this.isRead;
    this.isRead = true;
    if (!found.parts) return isFirst;
    this.insight.clear();
    this.insight.receiveSaved(found.parts);
    return true;
  }
}
