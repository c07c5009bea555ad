/**
 * The state of one export panel.
 *
 * Synced with Python: the formats and data that can be chosen, the export that runs or ended last,
 * the smaller copies. The view's own, sent only as part of a request: what the user has chosen. It
 * is here, so that it outlives a component.
 */

import type {
  Code,
  DataChoice,
  ExportRow,
  ExportState,
  SlimMethod,
  SlimRow,
  TargetList,
  TargetRow,
  WrittenServer,
} from "./protocol";
import type { ExportSource } from "./source";

/** How often the view asks for the state of a running export, while it is visible. */
export const INTERVAL_MS = 500;
/** Variables may be new when the user comes back to the view, but not so soon. */
const FRESH_MS = 2_000;

/** What the user has chosen; undefined for what the kernel suggests. */
export interface Choices {
  targets: ReadonlySet<string>;
  folder: string;
  /** "" for random numbers. */
  samples: string;
  x: string;
  y: string;
  /** "" for the samples. */
  calibration: string;
  latency: boolean;
}

export class ExportStore {
  /** Null until the kernel has answered, and without a kernel. */
  list: TargetList | null = null;
  /** The export that runs or ended last; null if there is none. Its rows are never null here. */
  state: (ExportState & { rows: ExportRow[] }) | null = null;
  /** What the user waits for. */
  pending: "start" | "stop" | null = null;
  /** Why a request was refused, or "". */
  problem = "";
  slims: readonly SlimRow[] = [];
  slimming: SlimMethod | null = null;
  slimProblem = "";
  /** When the state came, by `performance.now()`. */
  receivedAt = 0;

  private changes: Partial<Choices> = {};
  private listedAt = Number.NEGATIVE_INFINITY;
  private asking = false;
  /** Counts kernels: answers of an earlier one are dropped. */
  private epoch = 0;
  private readonly listeners = new Set<() => void>();

  /**
   * @param source null without a kernel
   * @param model the key of the model, or the id of a run; null if it is not known
   * @param modelName what it is called until the kernel has answered
   */
  constructor(
    public source: ExportSource | null,
    public model: string | null,
    public modelName: string,
  ) {}

  /** Call `listener` after each change, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Ask for the formats, and for the state of a running export while `isVisible`. */
  follow(isVisible: () => boolean, signal: AbortSignal): void {
    const timer = setInterval(() => {
      if (isVisible() && this.isRunning) void this.askState();
    }, INTERVAL_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    void this.refresh();
  }

  /** Use another kernel, or none. */
  setSource(source: ExportSource | null): void {
    this.source = source;
    this.epoch++;
    this.asking = false;
    this.pending = null;
    this.slimming = null;
    this.list = null;
    this.slims = [];
    // Another kernel may have an export of the same id.
    if (this.state) this.state = { ...this.state, revision: 0 };
    this.problem = this.slimProblem = "";
    this.changed();
    void this.refresh();
  }

  /** Show what a notebook has saved. */
  showSaved(state: ExportState | null): void {
    if (state?.rows) this.state = { ...state, rows: state.rows };
    this.changed();
  }

  get isRunning(): boolean {
    return this.state?.state === "running" && this.source !== null;
  }

  /** The choices, where the user has made none those that the kernel suggests. */
  get choices(): Choices {
    const { list, changes } = this;
    const [x = "", y = ""] = list?.validation ?? [];
    const known = (name: string) => list?.data.some((data) => data.name === name) ?? false;
    // Those of the last export, or else what the kernel suggests.
    const targets =
      this.state?.rows.map(({ target }) => target) ??
      list?.targets.filter(({ chosen }) => chosen).map(({ id }) => id);
    const chosen = {
      targets: new Set(targets),
      folder: list?.folder ?? "",
      samples: list?.samples ?? "",
      x,
      y,
      calibration: "",
      latency: true,
      ...changes,
    };
    // A variable may have been deleted since.
    for (const name of ["samples", "x", "y", "calibration"] as const) {
      if (chosen[name] && !known(chosen[name])) chosen[name] = "";
    }
    return chosen;
  }

  choose(changes: Partial<Choices>): void {
    this.changes = { ...this.changes, ...changes };
    this.problem = "";
    this.changed();
  }

  toggle(target: string, on: boolean): void {
    const targets = new Set(this.choices.targets);
    if (on) targets.add(target);
    else targets.delete(target);
    this.choose({ targets });
  }

  /** The formats that the Export button makes: chosen and installed, in the order of the list. */
  get chosenTargets(): TargetRow[] {
    const { targets } = this.choices;
    return (this.list?.targets ?? []).filter(
      ({ id, missing }) => targets.has(id) && missing.length === 0,
    );
  }

  get inputs(): DataChoice[] {
    return (this.list?.data ?? []).filter(({ fits_inputs }) => fits_inputs);
  }

  /** Variables that can be the targets of the chosen inputs; none for batches, which have them. */
  get targets(): DataChoice[] {
    const { x } = this.choices;
    const inputs = this.inputs.find(({ name }) => name === x);
    if (!inputs || inputs.num_samples === null) return [];
    return (this.list?.data ?? []).filter(
      ({ name, fits_targets, num_samples }) =>
        fits_targets && num_samples === inputs.num_samples && name !== x,
    );
  }

  /** Ask for the formats and data again, if the answer may have become old. */
  refreshIfOld(): void {
    if (performance.now() - this.listedAt > FRESH_MS && !this.isRunning && !this.pending) {
      void this.refresh();
    }
  }

  /** Ask for the formats and data, and then for the export that runs or ended last. */
  async refresh(): Promise<void> {
    const { source, model, epoch } = this;
    if (!source || model === null) return;
    this.listedAt = performance.now();
    try {
      const list = await source.request("export_targets", { model });
      if (epoch !== this.epoch) return;
      this.list = list;
      this.model = list.model;
      this.modelName = list.model_name;
      this.changed();
      if (list.job !== null) await this.askState(list.job);
    } catch (error) {
      if (epoch === this.epoch) this.fail(error);
    }
  }

  async start(): Promise<void> {
    const { source, choices, epoch, list } = this;
    if (!source || !list || this.pending) return;
    this.pending = "start";
    this.problem = "";
    this.changed();
    const needsTargets = this.targets.length > 0;
    const validation = needsTargets ? (choices.y ? [choices.x, choices.y] : []) : [choices.x];
    try {
      const state = await source.request("start_export", {
        model: list.model,
        targets: this.chosenTargets.map(({ id }) => id),
        folder: choices.folder === list.folder ? "" : choices.folder,
        samples: choices.samples,
        validation: choices.x ? validation : [],
        calibration: this.isCalibrated ? choices.calibration : "",
        latency: choices.latency,
      });
      if (epoch !== this.epoch) return;
      this.pending = null;
      this.receive(state);
    } catch (error) {
      if (epoch === this.epoch) this.fail(error);
    }
  }

  /** Whether a chosen format takes data for calibration. */
  get isCalibrated(): boolean {
    return this.chosenTargets.some(({ calibrated }) => calibrated);
  }

  async stop(): Promise<void> {
    const { source, state, epoch } = this;
    if (!source || !state || this.pending) return;
    this.pending = "stop";
    this.changed();
    try {
      this.receive(await source.request("stop_export", { job: state.job }));
    } catch (error) {
      if (epoch === this.epoch) this.fail(error);
    }
  }

  code(target: string): Promise<Code> {
    return this.ofJob((source, job) => source.request("export_code", { job, target }));
  }

  writeServer(target: string): Promise<WrittenServer> {
    return this.ofJob((source, job) => source.request("write_server", { job, target }));
  }

  async slim(method: SlimMethod): Promise<void> {
    const { source, list, choices, epoch } = this;
    if (!source || !list || this.slimming) return;
    this.slimming = method;
    this.slimProblem = "";
    this.changed();
    const validation = [choices.x, choices.y].filter(Boolean);
    try {
      const row = await source.request("start_slim", { model: list.model, method, validation });
      if (epoch === this.epoch) this.slims = [...this.slims, row];
    } catch (error) {
      if (epoch === this.epoch) this.slimProblem = messageOf(error);
    }
    if (epoch === this.epoch) {
      this.slimming = null;
      this.changed();
    }
  }

  async undoSlim(slim: string): Promise<void> {
    const { source, epoch } = this;
    if (!source) return;
    try {
      const row = await source.request("undo_slim", { slim });
      if (epoch !== this.epoch) return;
      this.slims = this.slims.map((known) => (known.slim === slim ? row : known));
    } catch (error) {
      if (epoch === this.epoch) this.slimProblem = messageOf(error);
    }
    this.changed();
  }

  private async askState(job = this.state?.job): Promise<void> {
    const { source, epoch } = this;
    if (!source || job === undefined || this.asking) return;
    this.asking = true;
    try {
      const since = this.state?.job === job ? this.state.revision : 0;
      const state = await source.request("export_state", { job, since });
      if (epoch === this.epoch) this.receive(state);
    } catch (error) {
      if (epoch === this.epoch) this.fail(error);
    }
    if (epoch === this.epoch) this.asking = false;
  }

  private receive(state: ExportState): void {
    const rows = state.rows ?? (this.state?.job === state.job ? this.state.rows : null);
    if (!rows) return;
    this.state = { ...state, rows };
    this.receivedAt = performance.now();
    if (this.pending === "stop" && state.state !== "running") this.pending = null;
    this.changed();
  }

  private ofJob<T>(ask: (source: ExportSource, job: string) => Promise<T>): Promise<T> {
    const { source, state } = this;
    if (!source || !state) return Promise.reject(new Error("no export"));
    return ask(source, state.job);
  }

  private fail(error: unknown): void {
    this.pending = null;
    this.problem = messageOf(error);
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Return the message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
