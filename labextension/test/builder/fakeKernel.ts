/** A fake kernel for tests and the demo: it has a state and applies simple edits to it. */

import { childrenOf, placeOf } from "../../src/builder/layerTree";
import type { Edit, LayerState, State, Value } from "../../src/builder/protocol";
import type { BuilderListener, BuilderTransport } from "../../src/builder/session";
import { catalog, layer } from "./fixture";

interface SentCommand {
  kind: string;
  id: string;
  payload: Record<string, unknown>;
}
type Result = { ok: boolean; message?: string; result?: Record<string, unknown> };

export class FakeKernel implements BuilderTransport {
  readonly sent: SentCommand[] = [];
  /** False: requests wait until `answer` is called. */
  automatic = true;
  refusal = "";
  private handled = 0;
  private listener!: BuilderListener;

  constructor(
    public state: State,
    private readonly withCatalog = true,
  ) {}

  listen(listener: BuilderListener): void {
    this.listener = listener;
    listener.message({ v: 1, kind: "snapshot", payload: this.state });
    if (this.withCatalog) listener.catalog(catalog);
  }

  send(content: object): void {
    const sent = content as SentCommand;
    this.sent.push(sent);
    if (sent.kind === "resync" || !this.automatic) return;
    queueMicrotask(() => this.answer(sent, this.act(sent)));
  }

  /** Handle what was sent while it was not automatic, as a kernel that was busy. */
  catchUp(): void {
    const handled = this.handled;
    this.handled = this.sent.length;
    for (const sent of this.sent.slice(handled)) {
      if (sent.kind !== "resync") this.answer(sent, this.act(sent));
    }
  }

  /** Payloads of the sent messages of a kind. */
  of(kind: string): Record<string, unknown>[] {
    return this.sent.filter((each) => each.kind === kind).map(({ payload }) => payload);
  }

  answer({ id }: { id: string }, { ok, message = "", result }: Result): void {
    this.listener.message({ v: 1, kind: "reply", id, payload: { ok, message, result } });
  }

  update(change: Partial<State>): void {
    const sequence = this.state.sequence + 1;
    const layers = { ...this.state.layers, ...change.layers };
    this.state = { ...this.state, ...change, layers, sequence };
    this.listener.message({ v: 1, kind: "update", payload: { sequence, ...change } });
  }

  lose(): void {
    this.listener.lost();
  }

  private act({ kind, payload }: SentCommand): Result {
    if (kind === "search") return { ok: true, result: { options: search(String(payload.text)) } };
    if (kind !== "edit") return { ok: true };
    if (this.refusal) return { ok: false, message: this.refusal };
    return this.edit(payload as unknown as Edit);
  }

  private edit(edit: Edit): Result {
    switch (edit.action) {
      case "add": {
        const [word, ...rest] = "text" in edit ? edit.text.split(" ") : [edit.class_name];
        const key = Object.keys(catalog.entries).find(
          (each) => each === word || each.toLowerCase().endsWith(`.${word?.toLowerCase()}`),
        );
        if (!key) return { ok: false, message: `There is no layer called “${word}”.` };
        return this.insert(edit.uid, key, rest.join(", "), edit.parent, edit.index);
      }
      case "duplicate": {
        const place = placeOf(this.state, edit.uid)!;
        const { class_name, summary } = this.state.layers[edit.uid]!;
        return this.insert(edit.copy, class_name, summary, place.parent, place.index + 1);
      }
      case "remove":
        return this.rearrange(edit.uid, null, 0, false);
      case "move":
        return this.rearrange(edit.uid, edit.parent, edit.index ?? 0, true);
      case "enable":
        return this.change(edit.uid, {
          enabled: edit.enabled,
          status: edit.enabled ? "ok" : "off",
        });
      case "set":
      case "reset": {
        const held = this.argumentsOf(edit.target);
        const after = { ...held };
        const name = String(edit.path[0]);
        if (edit.action === "reset") delete after[name];
        else if (edit.path.length === 1)
          after[name] = "text" in edit ? read(edit.text) : edit.value;
        return this.setArguments(edit.target, after);
      }
      default:
        return { ok: true };
    }
  }

  private argumentsOf(target: string): Record<string, Value> {
    if (target === "compile" || target === "fit") return this.state[target].arguments;
    return target === "input"
      ? this.state.input.arguments
      : (this.state.layers[target]?.arguments ?? {});
  }

  private setArguments(target: string, after: Record<string, Value>): Result {
    if (target === "compile" || target === "fit") {
      this.update({ [target]: { arguments: after, errors: {} } });
    } else if (target === "input") {
      this.update({ input: { ...this.state.input, arguments: after } });
    } else this.change(target, { arguments: after });
    return { ok: true };
  }

  private insert(
    uid: string,
    key: string,
    summary: string,
    parent: string | null,
    at: number | null,
  ): Result {
    const made = layer(uid, { class_name: key, title: key.split(".").at(-1)!, summary });
    if (made.title === "Sequential") made.children = [];
    const uids = [...childrenOf(this.state, parent)];
    uids.splice(at ?? uids.length, 0, uid);
    this.apply({ [uid]: made }, parent, uids);
    return { ok: true, result: { uid } };
  }

  private rearrange(uid: string, parent: string | null, index: number, keep: boolean): Result {
    const from = placeOf(this.state, uid)!;
    this.apply(
      {},
      from.parent,
      childrenOf(this.state, from.parent).filter((each) => each !== uid),
    );
    if (keep) {
      const uids = [...childrenOf(this.state, parent)];
      uids.splice(index, 0, uid);
      this.apply({ [uid]: this.kept[uid]! }, parent, uids);
    }
    return { ok: true };
  }

  /** All layers so far: a view drops layers that it cannot reach, and may need them again. */
  private kept: Record<string, LayerState> = {};

  private apply(more: Record<string, LayerState>, parent: string | null, uids: string[]): void {
    const changed = { ...more };
    Object.assign(this.kept, this.state.layers, more);
    if (parent !== null) changed[parent] = { ...this.kept[parent]!, children: uids };
    const order = parent === null ? uids : this.state.order;
    this.update({ order, layers: changed });
  }

  private change(uid: string, change: Partial<LayerState>): Result {
    this.update({ layers: { [uid]: { ...this.state.layers[uid]!, ...change } } });
    return { ok: true };
  }
}

function read(text: string): Value {
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function search(text: string) {
  const [word = "", ...rest] = text.toLowerCase().split(" ");
  return catalog.sections
    .layers!.map((key) => catalog.entries[key]!)
    .filter(({ name }) => name.toLowerCase().startsWith(word))
    .map(({ key, name, group, summary }) => ({
      class_name: key,
      arguments: {},
      title: name,
      detail: rest.join(", ") || summary,
      group,
    }));
}
