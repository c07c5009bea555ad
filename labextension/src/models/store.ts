/**
 * The state of one kernel's models in this page.
 *
 * Synced with Python: the entries, and the requested summaries and details. The view's own, never
 * sent: search, filter, order, unfolded rows, the selected row.
 */

import { ProtocolError } from "../shared/fields";
import { parseAnswer, parseModels, RefusedError } from "./parse";
import type { ModelEntry, ModelSummary, RequestKind, Requests } from "./protocol";
import { RowBuilder, type Rows, type TreeOptions } from "./treeRows";

/** The store's connection to the kernel: a request resolves with the payload of its answer. */
export interface SummarySource {
  request(kind: RequestKind, payload: object): Promise<unknown>;
}

/** A summary that is loading, loaded, or failed to load. */
interface LoadedSummary {
  revision: string;
  /** How long the model was trained when it was requested, which no revision says. */
  trained: string;
  summary: ModelSummary | null;
  error: string | null;
}

export class SummaryStore {
  /** Null until the kernel has sent them. */
  entries: readonly ModelEntry[] | null = null;
  /** Variables of which the kernel has searched only some entries. */
  searchedInPart: readonly string[] = [];
  options: TreeOptions = { search: "", filter: "all", order: "blocks" };
  /** Id of the selected row, or null. */
  selected: string | null = null;
  /** Further selected rows, of the same model. */
  private alsoSelected: ReadonlySet<string> = new Set();
  /** Whether the details of the selected row are shown. */
  detailsOpen = false;
  private readonly expanded = new Set<string>();
  private readonly loaded = new Map<string, LoadedSummary>();
  /** Summaries inferred from an input shape, by model. */
  private readonly inferred = new Map<string, ModelSummary>();
  private readonly rowBuilder = new RowBuilder();
  private readonly listeners = new Set<() => void>();

  /** @param single the store shows this one model's layers alone */
  constructor(
    private readonly source: SummarySource,
    readonly single: boolean = false,
  ) {}

  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener), { once: true });
  }

  /** Apply a message from the kernel. */
  receive(message: Record<string, unknown>): void {
    if (message.kind !== "models") return;
    try {
      const { entries, searchedInPart } = parseModels(message.payload);
      this.searchedInPart = searchedInPart;
      this.setEntries(entries);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      console.warn(`kwidgets: message ignored. ${error.message}`);
    }
  }

  setEntries(entries: readonly ModelEntry[]): void {
    const first = this.entries === null || this.entries.length === 0;
    this.entries = entries;
    const keys = new Set(entries.map(({ key }) => key));
    for (const key of [...this.loaded.keys()]) if (!keys.has(key)) this.loaded.delete(key);
    for (const entry of entries) {
      const loaded = this.loaded.get(entry.key);
      if (!loaded) continue;
      if (loaded.revision !== entry.revision) this.inferred.delete(entry.key);
      if (loaded.revision !== entry.revision || loaded.trained !== trainedText(entry)) {
        void this.load(entry.key);
      }
    }
    const [only] = entries;
    // A single model is unfolded by itself.
    if (first && only && entries.length === 1 && !this.single) this.setExpanded(only.key, true);
    this.changed();
  }

  /** Set a summary that came with the data, such as one saved in a notebook. */
  setSummary(entry: ModelEntry, summary: ModelSummary): void {
    this.loaded.set(entry.key, {
      revision: entry.revision,
      trained: trainedText(entry),
      summary,
      error: null,
    });
    this.setEntries([entry]);
  }

  /** Drop everything, after a restart of the kernel. */
  clear(): void {
    this.entries = null;
    this.loaded.clear();
    this.inferred.clear();
    this.expanded.clear();
    this.selected = null;
    this.changed();
  }

  entry(key: string): ModelEntry | null {
    return this.entries?.find((entry) => entry.key === key) ?? null;
  }

  /** Return the summary to show: the one inferred from an input shape, or the model's own. */
  summary(key: string): ModelSummary | null {
    return this.inferred.get(key) ?? this.loaded.get(key)?.summary ?? null;
  }

  /** Return why the summary of a model failed to load; null when it is loaded or loading. */
  error(key: string): string | null {
    return this.loaded.get(key)?.error ?? null;
  }

  rows(): Rows {
    return this.rowBuilder.build(
      this.entries ?? [],
      (key) => this.summary(key),
      this.expanded,
      this.options,
      this.single,
    );
  }

  setOptions(change: Partial<TreeOptions>): void {
    this.options = { ...this.options, ...change };
    // The search includes models that were never unfolded.
    if (this.options.search || this.options.filter !== "all") {
      for (const { key, error } of this.entries ?? []) if (!error) this.loadIfNeeded(key);
    }
    this.changed();
  }

  /** Return whether a row is selected. */
  isSelected(id: string): boolean {
    return id === this.selected || this.alsoSelected.has(id);
  }

  /** The ids of all selected rows. */
  get selection(): string[] {
    return this.selected === null ? [] : [this.selected, ...this.alsoSelected];
  }

  /** Select these rows of one model, the last of them as the current one. */
  selectSeveral(ids: readonly string[]): void {
    const current = ids.at(-1) ?? null;
    this.select(current, ids.length > 1 || this.detailsOpen);
    const ofModel = ids.filter((id) => id !== current && keyOf(id) === keyOf(current ?? ""));
    this.alsoSelected = new Set(ofModel);
    this.changed();
  }

  select(id: string | null, openDetails = false): void {
    this.selected = id;
    this.alsoSelected = new Set();
    if (openDetails) this.detailsOpen = true;
    const key = id && keyOf(id);
    if (key && this.detailsOpen) this.loadIfNeeded(key);
    this.changed();
  }

  closeDetails(): void {
    this.detailsOpen = false;
    this.changed();
  }

  setExpanded(id: string, expanded: boolean): void {
    if (expanded) this.expanded.add(id);
    else this.expanded.delete(id);
    const key = keyOf(id);
    if (expanded) this.loadIfNeeded(key);
    this.changed();
  }

  /** Unfold a model and select it. */
  reveal(key: string): void {
    this.setExpanded(key, true);
    this.select(key, true);
  }

  /** Send a request to the kernel; rejects with a message for the user. */
  async request<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]> {
    return parseAnswer(kind, await this.source.request(kind, payload));
  }

  /** Infer shapes and weights for these inputs. Rejects with the reason if they do not fit. */
  async infer(key: string, inputShapes: string): Promise<void> {
    const summary = await this.request("infer", { model: key, input_shapes: inputShapes });
    this.inferred.set(key, summary);
    this.changed();
  }

  /** Show the model's own summary again. */
  forgetInferred(key: string): void {
    this.inferred.delete(key);
    this.changed();
  }

  /** Request a model's summary again, such as after a change. */
  async load(key: string): Promise<void> {
    const entry = this.entry(key);
    if (!entry) return;
    const loaded: LoadedSummary = {
      revision: entry.revision,
      trained: trainedText(entry),
      summary: this.loaded.get(key)?.summary ?? null,
      error: null,
    };
    this.loaded.set(key, loaded);
    try {
      loaded.summary = await this.request("describe", { model: key });
    } catch (error) {
      loaded.error = messageOf(error);
      if (!(error instanceof RefusedError)) console.warn("kwidgets:", error);
    }
    this.changed();
  }

  private loadIfNeeded(key: string): void {
    const loaded = this.loaded.get(key);
    if (!loaded || loaded.error !== null) void this.load(key);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function trainedText({ trained }: ModelEntry): string {
  return JSON.stringify(trained);
}

/** Return the key of the model of a row. */
export function keyOf(id: string): string {
  return id.split("/", 1)[0] as string;
}

/** Return the message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
