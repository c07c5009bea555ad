/** The status bar item of the running fit; a click opens the panel. */

import { Widget } from "@lumino/widgets";
import { epochLabel, progressLabel } from "../../live/labels";
import { latestValues } from "../../live/latestValues";
import type { RunSession } from "../../live/session";
import { isActive } from "../../models/runs";
import { formatValue } from "../../shared/format";
import { t } from "../../shared/translation";
import type { CurrentNotebook } from "./currentNotebook";

export class TrainingStatus extends Widget {
  private session: RunSession | null = null;
  private sessionLifetime = new AbortController();
  private readonly button = document.createElement("button");

  constructor(
    private readonly currentNotebook: CurrentNotebook,
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
    currentNotebook.subscribe(() => this.updateSession(), signal);
    this.updateSession();
  }

  get isActive(): boolean {
    return this.session !== null;
  }

  private updateSession(): void {
    const { state } = this.currentNotebook;
    const models = state.is === "open" ? state.models : null;
    const run = models?.runs.find(isActive);
    const session = models && run ? models.session(run.run_id) : null;
    if (session === this.session) return;
    this.sessionLifetime.abort();
    this.sessionLifetime = new AbortController();
    this.session = session;
    session?.store.subscribe(() => this.draw(), this.sessionLifetime.signal);
    this.draw();
    this.activeChanged();
  }

  private draw(): void {
    const store = this.session?.store;
    if (!store?.run || !store.progress) {
      this.button.textContent = "";
      return;
    }
    const { run, progress } = store;
    const metric = run.metrics[0];
    const values = metric ? latestValues(store, metric) : null;
    const value = values?.batch ?? values?.training ?? null;
    const epoch = epochLabel(run, progress.epoch, true);
    const parts = [`Keras: ${progressLabel(progress)}`, run.model_name, epoch];
    if (metric && value !== null) parts.push(`${metric.name} ${formatValue(value)}`);
    this.button.textContent = parts.join(" · ");
  }
}
