/**
 * The recorded runs that a view shows, kept up to date by requests.
 *
 * Synced with Python: the rows, the unreadable files, the curves, details and differences; what the
 * user writes (name, tags, notes) is sent and comes back with the next list. The state of the view
 * alone (scope, filter, chosen runs, open entry) is here too, so that it outlives a component, and
 * is never sent but as part of a request.
 */

import { RunStore } from "../live/store";
import { OpenRun, type RunTab } from "./openRun";
import type {
  Deleted,
  Difference,
  ExportTarget,
  RunDetails,
  RunRow,
  Scope,
  UnreadableRow,
} from "./protocol";
import { numbersOfTitles, runTitle } from "./runRows";
import type { RunsSource } from "./source";

/** How often the view asks for what may have changed, while it is visible. */
const INTERVAL_MS = 2_000;
/** For each run of the list, whose files the kernel looks at: beside a training, that must be rare. */
const INTERVAL_MS_PER_RUN = 10;
const REDRAW_MS = 40;
/** More curves cannot be told apart. */
export const MAX_DRAWN = 20;
/** So many runs before a drawn one, from which it goes on. */
const MAX_PARENTS = 3;

export interface Drawn {
  id: string;
  /** Its place among the drawn ones, from 1, which gives the colour and the marker. */
  number: number;
  store: RunStore;
}

/** What is shown below the table. */
export type Panel = { is: "details"; run: string } | { is: "difference" } | null;

interface Curves {
  number: number;
  store: RunStore;
  seen: string;
  requested: boolean;
}

export class RunsStore {
  scope: Scope;
  filter: string;
  /** Null until the kernel has answered. */
  rows: ReadonlyMap<string, RunRow> | null = null;
  /** All runs of the scope, oldest first. */
  ids: readonly string[] = [];
  unreadable: readonly UnreadableRow[] = [];
  folder = "";
  /** Runs that match the filter; null for all. */
  matching: ReadonlySet<string> | null = null;
  /** Why the filter cannot be used, or "". */
  filterProblem = "";
  /** Why the list is not up to date, or "". */
  problem = "";
  panel: Panel = null;
  details: RunDetails | null = null;
  /** The tab of the details, whichever run they are of. */
  tab: RunTab = "overview";
  /** What the other tabs show of the run whose details are shown. */
  open: OpenRun | null = null;
  difference: Difference | null = null;
  /** Why the panel has nothing to show, or "". */
  panelProblem = "";
  /** The metrics that the user has chosen; null for the first ones. */
  metrics: readonly string[] | null = null;

  private revision = 0;
  private readonly drawnRuns = new Map<string, Curves>();
  /** The runs from which drawn ones go on, drawn faint. */
  private parents: ReadonlyMap<string, Curves> = new Map();
  private titleNumbers: { rows: unknown; ids: unknown; of: Map<string, number> } | null = null;
  private readonly listeners = new Set<() => void>();
  private listing = false;
  private redrawing = false;
  private listedAt = 0;
  private filterNumber = 0;

  /**
   * @param source null for a saved view without a kernel
   * @param initial the scope and filter to begin with
   */
  constructor(
    public source: RunsSource | null,
    initial: { scope: Scope; filter: string } = { scope: "folder", filter: "" },
  ) {
    this.scope = initial.scope;
    this.filter = initial.filter;
  }

  /** Call `listener` after each change, until `signal` aborts. */
  subscribe(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Ask for the list, and then regularly while `isVisible`, until `signal` aborts. */
  follow(isVisible: () => boolean, signal: AbortSignal): void {
    const timer = setInterval(() => {
      if (!isVisible()) return;
      const since = Date.now() - this.listedAt;
      if (since >= Math.max(INTERVAL_MS, INTERVAL_MS_PER_RUN * this.ids.length) - 100) {
        void this.refresh();
      } else {
        this.refreshCurves();
      }
    }, INTERVAL_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    void this.refresh();
    if (this.filter) void this.setFilter(this.filter);
  }

  /** Use another kernel, or none. */
  setSource(source: RunsSource | null): void {
    this.source = source;
    this.revision = 0;
    this.listing = false;
    void this.refresh();
  }

  /** Show what a notebook has saved. */
  showSaved(rows: readonly RunRow[], unreadable: readonly UnreadableRow[]): void {
    this.rows = new Map(rows.map((row) => [row.id, row]));
    this.ids = rows.map(({ id }) => id);
    this.unreadable = unreadable;
    this.changed();
  }

  /** The runs to list: those of the scope that match the filter, oldest first. */
  get listed(): RunRow[] {
    return this.ids.flatMap((id) => {
      const row = this.rows?.get(id);
      return row && (!this.matching || this.matching.has(id)) ? [row] : [];
    });
  }

  /** The runs whose curves are drawn, in the order in which they were chosen. */
  get drawn(): Drawn[] {
    return [...this.drawnRuns].map(([id, { number, store }]) => ({ id, number, store }));
  }

  /** The runs from which drawn ones go on, and which are not drawn themselves. */
  get drawnParents(): Drawn[] {
    return [...this.parents].map(([id, { number, store }]) => ({ id, number, store }));
  }

  /** Return the number of a run among those of the same title; null if it is alone. */
  titleNumber(id: string): number | null {
    const { rows, ids } = this;
    if (this.titleNumbers?.rows !== rows || this.titleNumbers.ids !== ids) {
      const known = ids.flatMap((each) => rows?.get(each) ?? []);
      this.titleNumbers = { rows, ids, of: numbersOfTitles(known) };
    }
    return this.titleNumbers.of.get(id) ?? null;
  }

  /** Return what a run is called, told apart from others of the same title. */
  titleOf(id: string): string {
    const row = this.rows?.get(id);
    const number = this.titleNumber(id);
    const title = row ? runTitle(row) : id;
    return number === null ? title : `${title} #${number}`;
  }

  setMetrics(names: readonly string[] | null): void {
    this.metrics = names;
    this.changed();
  }

  isDrawn(id: string): boolean {
    return this.drawnRuns.has(id);
  }

  /** Return the number of a run among the drawn ones; null if it is none. */
  numberOf(id: string): number | null {
    return this.drawnRuns.get(id)?.number ?? null;
  }

  async refresh(): Promise<void> {
    const { source, scope } = this;
    if (!source || this.listing) return;
    this.listing = true;
    this.listedAt = Date.now();
    try {
      const list = await source.request("list_runs", { scope, since: this.revision });
      if (source !== this.source || scope !== this.scope) return;
      const isFirst = this.revision === 0;
      this.revision = list.revision;
      this.folder = list.folder;
      const hadProblem = this.problem !== "";
      this.problem = "";
      const unreadable = JSON.stringify(list.unreadable) !== JSON.stringify(this.unreadable);
      if (unreadable) this.unreadable = list.unreadable;
      if (list.rows.length) {
        const rows = new Map(isFirst ? [] : this.rows);
        for (const row of list.rows) rows.set(row.id, row);
        this.rows = rows;
      }
      this.rows ??= new Map();
      if (list.ids) this.ids = list.ids;
      if (list.ids || list.rows.length || unreadable || isFirst || hadProblem) this.changed();
      if (this.filter && (list.ids || list.rows.length)) void this.applyFilter();
    } catch (error) {
      if (source !== this.source) return;
      this.problem = messageOf(error);
      this.changed();
    } finally {
      if (source === this.source) this.listing = false;
      if (scope !== this.scope) void this.refresh();
    }
    this.refreshCurves();
  }

  setScope(scope: Scope): void {
    this.scope = scope;
    this.revision = 0;
    this.rows = null;
    this.ids = [];
    this.changed();
    void this.refresh();
    void this.applyFilter();
  }

  /** Filter by a text; resolves when the list shows what matches. */
  setFilter(text: string): Promise<void> {
    this.filter = text;
    return this.applyFilter();
  }

  private async applyFilter(): Promise<void> {
    const number = ++this.filterNumber;
    const { source, scope } = this;
    const text = this.filter.trim();
    let [matching, problem]: [Set<string> | null, string] = [null, ""];
    if (text && source) {
      try {
        matching = new Set(await source.request("filter_runs", { scope, text }));
      } catch (error) {
        problem = messageOf(error);
      }
      if (number !== this.filterNumber) return;
    }
    this.matching = problem ? this.matching : matching;
    this.filterProblem = problem;
    this.changed();
  }

  /** Draw the curves of these runs; of too many, the first ones. */
  setDrawn(ids: readonly string[]): void {
    const wanted = new Set(ids.slice(0, MAX_DRAWN));
    for (const id of [...this.drawnRuns.keys()]) if (!wanted.has(id)) this.drawnRuns.delete(id);
    for (const id of wanted) {
      if (this.drawnRuns.has(id)) continue;
      const numbers = new Set([...this.drawnRuns.values()].map(({ number }) => number));
      let number = 1;
      while (numbers.has(number)) number++;
      this.drawnRuns.set(id, newCurves(number));
    }
    this.findParents();
    if (this.panel?.is === "difference") void this.showDifference();
    this.changed();
    this.refreshCurves();
  }

  setIsDrawn(id: string, isDrawn: boolean): void {
    const others = [...this.drawnRuns.keys()].filter((other) => other !== id);
    this.setDrawn(isDrawn ? [...others, id] : others);
  }

  private findParents(): void {
    const found = new Map<string, Curves>();
    for (const id of this.drawnRuns.keys()) {
      let parent = this.rows?.get(id)?.parent?.run;
      for (let i = 0; parent && i < MAX_PARENTS; i++) {
        if (!this.rows?.has(parent)) break;
        if (!this.drawnRuns.has(parent)) {
          const curves = this.parents.get(parent) ?? newCurves(0);
          curves.number = this.drawnRuns.get(id)!.number;
          found.set(parent, curves);
        }
        parent = this.rows.get(parent)?.parent?.run;
      }
    }
    this.parents = found;
  }

  /** Ask for the curves that are missing, and for those of runs that are still written. */
  private refreshCurves(): void {
    const { source, open } = this;
    if (source && open && this.panel?.is === "details") {
      open.follow(source, this.tab, this.rows?.get(open.id)?.state === "running");
    }
    for (const [id, curves] of [...this.drawnRuns, ...this.parents]) {
      const isRunning = this.rows?.get(id)?.state === "running";
      const wasRunning = curves.store.progress?.status === "running";
      if (!curves.requested && (curves.seen === "" || isRunning || wasRunning)) {
        void this.requestCurves(id, curves);
      }
    }
  }

  private async requestCurves(id: string, curves: Curves): Promise<void> {
    if (!this.source) return;
    curves.requested = true;
    try {
      const { seen } = curves;
      const found = await this.source.request("run_curves", { run: id, seen });
      curves.seen = found.seen;
      if (found.snapshot) {
        curves.store.receive({ kind: "snapshot", payload: found.snapshot });
        if ((this.drawnRuns.get(id) ?? this.parents.get(id)) === curves) this.changedSoon();
      }
    } catch (error) {
      // Deleted meanwhile, or damaged: the list says so.
      if (curves.seen === "" && this.drawnRuns.get(id) === curves) {
        this.drawnRuns.delete(id);
        this.problem = messageOf(error);
        this.changed();
      }
    }
    // So that the traffic stays small, however fast the kernel answers.
    setTimeout(() => {
      curves.requested = false;
    }, INTERVAL_MS / 2);
  }

  /** Show the details of a run, or those of none. */
  async showDetails(run: string | null): Promise<void> {
    this.panel = run === null ? null : { is: "details", run };
    if (this.details?.run !== run) this.details = null;
    if (this.open?.id !== run) this.open = run ? new OpenRun(run, () => this.changed()) : null;
    this.panelProblem = "";
    this.changed();
    if (run === null || !this.source) return;
    void this.open?.read(this.source, this.tab);
    try {
      const details = await this.source.request("run_details", { run });
      if (this.panel?.is !== "details" || this.panel.run !== run) return;
      this.details = details;
    } catch (error) {
      this.panelProblem = messageOf(error);
    }
    this.changed();
  }

  /** Show a tab of the details. */
  chooseTab(tab: RunTab): void {
    this.tab = tab;
    this.changed();
    if (this.source) void this.open?.read(this.source, tab);
  }

  /** The two runs that are compared: the drawn ones, the older one first. */
  get pair(): readonly [string, string] | null {
    const created = (id: string) => this.rows?.get(id)?.created ?? 0;
    const ids = [...this.drawnRuns.keys()].sort((a, b) => created(a) - created(b));
    const [first, second] = ids;
    return ids.length === 2 && first && second ? [first, second] : null;
  }

  /** Show how the two chosen runs differ. */
  async showDifference(): Promise<void> {
    const { pair, source } = this;
    if (!pair || !source) {
      if (this.panel?.is === "difference") this.panel = null;
      this.changed();
      return;
    }
    const [first, second] = pair;
    this.panel = { is: "difference" };
    if (this.difference?.first !== first || this.difference.second !== second) {
      this.difference = null;
    }
    this.panelProblem = "";
    this.changed();
    try {
      this.difference = await source.request("compare_runs", { first, second });
    } catch (error) {
      this.panelProblem = messageOf(error);
    }
    this.changed();
  }

  closePanel(): void {
    this.panel = null;
    this.changed();
  }

  /** Change what the user wrote about a run; resolves with the reason if that failed, or "". */
  async edit(run: string, change: { name?: string; tags?: string[]; notes?: string }) {
    try {
      await this.source?.request("edit_run", { run, ...change });
    } catch (error) {
      return messageOf(error);
    }
    this.listing = false;
    await this.refresh();
    return "";
  }

  /** Return the interventions of a run as a program. */
  async replay(run: string): Promise<string> {
    return await this.source!.request("replay_run", { run });
  }

  /** Export a run; resolves with a sentence that says where it is. */
  async export(run: string, target: ExportTarget): Promise<string> {
    return await this.source!.request("export_run", { run, target });
  }

  /** Delete runs, or only their checkpoints. */
  async delete(runs: readonly string[], only?: "checkpoints"): Promise<Deleted> {
    const kind = only === "checkpoints" ? "delete_checkpoints" : "delete_runs";
    try {
      const deleted = await this.source!.request(kind, { runs: [...runs] });
      if (kind === "delete_runs") {
        if (this.panel?.is === "details" && runs.includes(this.panel.run)) this.panel = null;
        this.setDrawn([...this.drawnRuns.keys()].filter((id) => !runs.includes(id)));
      }
      return deleted;
    } catch (error) {
      return { bytes: 0, problems: [messageOf(error)] };
    } finally {
      this.listing = false;
      await this.refresh();
    }
  }

  /** Redraw once for the curves of several runs that come one after the other. */
  private changedSoon(): void {
    if (this.redrawing) return;
    this.redrawing = true;
    setTimeout(() => {
      this.redrawing = false;
      this.changed();
    }, REDRAW_MS);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function newCurves(number: number): Curves {
  return { number, store: new RunStore(() => {}), seen: "", requested: false };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
