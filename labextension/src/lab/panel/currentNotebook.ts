/** Follows the notebook in front: which kernel the panel shows, and its situation. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { t } from "../../shared/translation";
import type { KernelChannel } from "../kernel/channel";
import type { Channels } from "../kernel/channels";
import { followChannel } from "../kernel/watchChannel";
import { KernelModels } from "./modelsAndRuns";
import { type Loading, type Situation, situationOf } from "./panelState";

export class Follower {
  situation: Situation = { is: "no-notebook" };
  private readonly models = new WeakMap<KernelChannel, KernelModels>();
  private readonly listeners = new Set<() => void>();
  private readonly lifetime = new AbortController();
  /** Ends with the notebook that is in front, and with its kernel. */
  private following = new AbortController();
  private sessionContext: ISessionContext | null = null;
  private kernel: Kernel.IKernelConnection | null = null;
  private current: KernelModels | null = null;
  private language: string | null = null;
  private loading: Loading = { is: "not-asked" };
  private settled = false;

  constructor(
    private readonly tracker: INotebookTracker,
    private readonly channels: Channels,
  ) {
    tracker.currentChanged.connect(this.follow, this);
    // So that nothing is missed of a notebook that is not in front.
    const attend = ({ sessionContext }: { sessionContext: ISessionContext }) => {
      followChannel(
        sessionContext,
        channels,
        (channel) => channel && this.modelsOf(channel),
        this.lifetime.signal,
      );
    };
    tracker.forEach(attend);
    tracker.widgetAdded.connect((_, panel) => attend(panel));
    this.follow();
  }

  /** Call `listener` after each change, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Load kwidgets into the kernel, as the user asks. */
  async load(): Promise<void> {
    const { kernel } = this;
    if (!kernel) return;
    this.setLoading({ is: "asked" });
    try {
      const { done } = kernel.requestExecute({
        code: "%load_ext kwidgets",
        store_history: false,
        stop_on_error: false,
        allow_stdin: false,
      });
      const { content } = await done;
      if (this.kernel !== kernel) return;
      if (content.status === "error") {
        const { ename, evalue } = content;
        const missing = ename === "ModuleNotFoundError" && evalue.includes("kwidgets");
        this.setLoading(
          missing ? { is: "not-installed" } : { is: "failed", message: `${ename}: ${evalue}` },
        );
      } else if (this.situation.is === "absent") {
        const message = t(
          "It was loaded, but does not answer: it needs ipykernel, or to be newer.",
        );
        this.setLoading({ is: "failed", message });
      }
    } catch (error) {
      if (this.kernel === kernel) this.setLoading({ is: "failed", message: String(error) });
    }
  }

  private follow(): void {
    const context = this.tracker.currentWidget?.sessionContext ?? null;
    if (context === this.sessionContext && context) return;
    this.following.abort();
    this.following = new AbortController();
    this.sessionContext = context;
    this.settled = false;
    if (!context) {
      this.use(null, null);
      return;
    }
    const { signal } = this.following;
    const changed = () => this.changed();
    context.statusChanged.connect(changed);
    context.disposed.connect(this.follow, this);
    signal.addEventListener("abort", () => context.statusChanged.disconnect(changed));
    void context.ready.then(() => {
      if (signal.aborted) return;
      this.settled = true;
      changed();
    });
    followChannel(context, this.channels, (channel, kernel) => this.use(channel, kernel), signal);
  }

  private use(channel: KernelChannel | null, kernel: Kernel.IKernelConnection | null): void {
    this.kernel = kernel;
    this.language = null;
    this.loading = { is: "not-asked" };
    this.current = channel ? this.modelsOf(channel) : null;
    void kernel?.spec.then((spec) => {
      if (this.kernel !== kernel) return;
      this.language = spec?.language ?? null;
      this.changed();
    });
    this.changed();
  }

  private modelsOf(channel: KernelChannel): KernelModels {
    const known = this.models.get(channel);
    if (known) return known;
    const models = new KernelModels(channel, this.lifetime.signal);
    models.subscribe(() => {
      if (models !== this.current) return;
      if (models.channel.state.is === "open") this.loading = { is: "not-asked" };
      this.changed();
    }, this.lifetime.signal);
    this.models.set(channel, models);
    return models;
  }

  /** Name of the notebook that the panel follows, or "". */
  get notebook(): string {
    return this.sessionContext?.name ?? "";
  }

  private setLoading(loading: Loading): void {
    this.loading = loading;
    this.changed();
  }

  private changed(): void {
    this.situation = situationOf({
      sessionContext: this.sessionContext,
      settled: this.settled,
      language: this.language,
      models: this.current,
      loading: this.loading,
    });
    for (const listener of [...this.listeners]) listener();
  }
}
