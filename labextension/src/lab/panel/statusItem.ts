/** The training that runs, in a line of the status bar; a click opens the panel. */

import { Widget } from "@lumino/widgets";
import { statusWord } from "../../live/labels";
import { latestValues } from "../../live/latestValues";
import type { Session } from "../../live/session";
import { isActive } from "../../models/runs";
import { formatCount, formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import type { Follower } from "./currentNotebook";

export class TrainingStatus extends Widget {
  private watched: Session | null = null;
  private watching = new AbortController();
  private readonly button = document.createElement("button");

  constructor(
    private readonly follower: Follower,
    open: () => void,
    private readonly activeChanged: () => void,
    signal: AbortSignal,
  ) {
    super();
    this.addClass("kw-status-item");
    this.button.type = "button";
    this.button.title = t("Show the training in the panel");
    this.button.addEventListener("click", open);
    this.node.append(this.button);
    follower.subscribe(() => this.follow(), signal);
    this.follow();
  }

  get isActive(): boolean {
    return this.watched !== null;
  }

  private follow(): void {
    const { situation } = this.follower;
    const models = situation.is === "open" ? situation.models : null;
    const run = models?.runs.find(isActive);
    const session = models && run ? models.session(run.run_id) : null;
    if (session === this.watched) return;
    this.watching.abort();
    this.watching = new AbortController();
    this.watched = session;
    session?.store.subscribe(() => this.draw(), this.watching.signal);
    this.draw();
    this.activeChanged();
  }

  private draw(): void {
    const store = this.watched?.store;
    if (!store?.run || !store.progress) {
      this.button.textContent = "";
      return;
    }
    const { run, progress } = store;
    const metric = run.metrics[0];
    const values = metric ? latestValues(store, metric) : null;
    const value = values?.batch ?? values?.training ?? null;
    const epoch = t(
      "epoch %1 of %2",
      formatCount(Math.max(1, progress.epoch)),
      formatCount(run.epochs),
    );
    const parts = [`Keras: ${statusWord(progress.status)}`, epoch];
    if (metric && value !== null) parts.push(`${metric.name} ${formatValue(value)}`);
    this.button.textContent = parts.join(" · ");
  }
}
