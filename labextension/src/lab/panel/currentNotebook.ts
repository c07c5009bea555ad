/** Follows the current notebook and its kernel, and holds the state of the panel. */

import type { ISessionContext } from "@jupyterlab/apputils";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { t } from "../../shared/translation";
import type { KernelChannel } from "../kernel/channel";
import type { Channels } from "../kernel/channelByKernel";
import { watchChannel } from "../kernel/followKernel";
import { ModelsAndRuns } from "./modelsAndRuns";
import { type Loading, type PanelState, panelStateOf } from "./panelState";

export class CurrentNotebook {
  state: PanelState = { is: "no-notebook" };
  private readonly models = new WeakMap<KernelChannel, ModelsAndRuns>();
  private readonly listeners = new Set<() => void>();
  private readonly lifetime = new AbortController();
  /** Aborted when another notebook becomes the current one. */
  private notebookLifetime = new AbortController();
  private sessionContext: ISessionContext | null = null;
  private kernel: Kernel.IKernelConnection | null = null;
  private current: ModelsAndRuns | null = null;
  private language: string | null = null;
  private loading: Loading = { is: "not-requested" };
  private sessionReady = false;

  constructor(
    private readonly tracker: INotebookTracker,
    private readonly channels: Channels,
  ) {
    tracker.currentChanged.connect(this.follow, this);
    // Receive messages for the other notebooks too.
    const watch = ({ sessionContext }: { sessionContext: ISessionContext }) => {
      watchChannel(
        sessionContext,
        channels,
        (channel) => channel && this.modelsOf(channel),
        this.lifetime.signal,
      );
    };
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_, panel) => watch(panel));
    this.follow();
  }

  /** Call `listener` after each change, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Load kwidgets into the kernel, at the user's request. */
  async load(): Promise<void> {
    const { kernel } = this;
    if (!kernel) return;
    this.setLoading({ is: "requested" });
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
      } else if (this.state.is === "absent") {
        const message = t(
          "It is loaded but does not answer. Use a kernel with ipykernel, and upgrade kwidgets in the kernel.",
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
    this.notebookLifetime.abort();
    this.notebookLifetime = new AbortController();
    this.sessionContext = context;
    this.sessionReady = false;
    if (!context) {
      this.use(null, null);
      return;
    }
    const { signal } = this.notebookLifetime;
    const update = () => this.update();
    context.statusChanged.connect(update);
    context.disposed.connect(this.follow, this);
    signal.addEventListener("abort", () => context.statusChanged.disconnect(update));
    void context.ready.then(() => {
      if (signal.aborted) return;
      this.sessionReady = true;
      update();
    });
    watchChannel(context, this.channels, (channel, kernel) => this.use(channel, kernel), signal);
  }

  private use(channel: KernelChannel | null, kernel: Kernel.IKernelConnection | null): void {
    this.kernel = kernel;
    this.language = null;
    this.loading = { is: "not-requested" };
    this.current = channel ? this.modelsOf(channel) : null;
    void kernel?.spec.then((spec) => {
      if (this.kernel !== kernel) return;
      this.language = spec?.language ?? null;
      this.update();
    });
    this.update();
  }

  private modelsOf(channel: KernelChannel): ModelsAndRuns {
    const known = this.models.get(channel);
    if (known) return known;
    const models = new ModelsAndRuns(channel, this.lifetime.signal);
    models.subscribe(() => {
      if (models !== this.current) return;
      if (models.channel.state.is === "open") this.loading = { is: "not-requested" };
      this.update();
    }, this.lifetime.signal);
    this.models.set(channel, models);
    return models;
  }

  /** Name of the current notebook, or "". */
  get name(): string {
    return this.sessionContext?.name ?? "";
  }

  private setLoading(loading: Loading): void {
    this.loading = loading;
    this.update();
  }

  private update(): void {
    this.state = panelStateOf({
      sessionContext: this.sessionContext,
      sessionReady: this.sessionReady,
      language: this.language,
      models: this.current,
      loading: this.loading,
    });
    for (const listener of [...this.listeners]) listener();
  }
}
