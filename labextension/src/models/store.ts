/**
 * The models of one kernel in this page.
 *
 * Synced with Python: the entries, and the summaries and details that were asked for. The view's
 * own, never sent: search, filter, order, what is unfolded, what is selected.
 */

import { ProtocolError } from "../shared/fields";
import { parseAnswer, parseModels, RefusedError } from "./parse";
import type { ModelEntry, ModelSummary, RequestKind, Requests } from "./protocol";
import { type Choice, RowMaker, type Rows } from "./treeRows";

/** How the store asks the kernel: resolves with the payload of the answer. */
export interface SummarySource {
  request(kind: RequestKind, payload: object): Promise<unknown>;
}

/** A summary under way, there, or why not. */
interface Held {
  revision: string;
  summary: ModelSummary | null;
  error: string | null;
}

export class SummaryStore {
  /** Null until the kernel has told. */
  entries: readonly ModelEntry[] | null = null;
  choice: Choice = { search: "", filter: "all", order: "blocks" };
  /** Id of the row that the user is at, or null. */
  selected: string | null = null;
  /** Whether the details of the selected row are shown. */
  detailsOpen = false;
  private readonly expanded = new Set<string>();
  private readonly held = new Map<string, Held>();
  /** What was worked out at the user's wish, by model. */
  private readonly inferred = new Map<string, ModelSummary>();
  private readonly maker = new RowMaker();
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

  /** Take in what the kernel pushes. */
  receive(message: Record<string, unknown>): void {
    if (message.kind !== "models") return;
    try {
      this.setEntries(parseModels(message.payload));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      console.warn(`kwidgets: message ignored. ${error.message}`);
    }
  }

  setEntries(entries: readonly ModelEntry[]): void {
    const first = this.entries === null || this.entries.length === 0;
    this.entries = entries;
    const keys = new Set(entries.map(({ key }) => key));
    for (const key of [...this.held.keys()]) if (!keys.has(key)) this.held.delete(key);
    for (const { key, revision } of entries) {
      const held = this.held.get(key);
      if (held && held.revision !== revision) {
        this.inferred.delete(key);
        void this.load(key);
      }
    }
    const [only] = entries;
    // With one model there is little to choose.
    if (first && only && entries.length === 1 && !this.single) this.setExpanded(only.key, true);
    this.changed();
  }

  /** Put a summary that came with the data, such as out of a notebook. */
  setSummary(entry: ModelEntry, summary: ModelSummary): void {
    this.held.set(entry.key, { revision: entry.revision, summary, error: null });
    this.setEntries([entry]);
  }

  /** The kernel of old is gone. */
  clear(): void {
    this.entries = null;
    this.held.clear();
    this.inferred.clear();
    this.expanded.clear();
    this.selected = null;
    this.changed();
  }

  entry(key: string): ModelEntry | null {
    return this.entries?.find((entry) => entry.key === key) ?? null;
  }

  /** What is shown of a model: worked out for an input shape, or its own. */
  summary(key: string): ModelSummary | null {
    return this.inferred.get(key) ?? this.held.get(key)?.summary ?? null;
  }

  /** Why the summary of an unfolded model is not there; null when it is, or is on its way. */
  error(key: string): string | null {
    return this.held.get(key)?.error ?? null;
  }

  rows(): Rows {
    return this.maker.make(
      this.entries ?? [],
      (key) => this.summary(key),
      this.expanded,
      this.choice,
      this.single,
    );
  }

  choose(change: Partial<Choice>): void {
    this.choice = { ...this.choice, ...change };
    // Layers of models that were never unfolded are looked through too.
    if (this.choice.search || this.choice.filter !== "all") {
      for (const { key, error } of this.entries ?? []) if (!error) this.ensure(key);
    }
    this.changed();
  }

  select(id: string | null, openDetails = false): void {
    this.selected = id;
    if (openDetails) this.detailsOpen = true;
    const key = id?.split("/", 1)[0];
    if (key && this.detailsOpen) this.ensure(key);
    this.changed();
  }

  closeDetails(): void {
    this.detailsOpen = false;
    this.changed();
  }

  setExpanded(id: string, expanded: boolean): void {
    if (expanded) this.expanded.add(id);
    else this.expanded.delete(id);
    const key = id.split("/", 1)[0] as string;
    if (expanded) this.ensure(key);
    this.changed();
  }

  /** Unfold a model and bring the user to it. */
  reveal(key: string): void {
    this.setExpanded(key, true);
    this.select(key, true);
  }

  /** Ask the kernel; rejects with what to tell the user. */
  async ask<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
  ): Promise<Requests[K]["answer"]> {
    return parseAnswer(kind, await this.source.request(kind, payload));
  }

  /** Work out shapes and weights for these inputs. Rejects with why they do not fit. */
  async infer(key: string, inputShapes: string): Promise<void> {
    const summary = await this.ask("infer", { model: key, input_shapes: inputShapes });
    this.inferred.set(key, summary);
    this.changed();
  }

  /** Show the model as it is again. */
  forgetInferred(key: string): void {
    this.inferred.delete(key);
    this.changed();
  }

  /** Ask for a model's summary again, such as after a change. */
  async load(key: string): Promise<void> {
    const entry = this.entry(key);
    if (!entry) return;
    const held: Held = {
      revision: entry.revision,
      summary: this.held.get(key)?.summary ?? null,
      error: null,
    };
    this.held.set(key, held);
    try {
      held.summary = await this.ask("describe", { model: key });
    } catch (error) {
      held.error = messageOf(error);
      if (!(error instanceof RefusedError)) console.warn("kwidgets:", error);
    }
    this.changed();
  }

  private ensure(key: string): void {
    const held = this.held.get(key);
    if (!held || held.error !== null) void this.load(key);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
