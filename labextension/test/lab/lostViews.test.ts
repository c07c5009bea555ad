// @vitest-environment jsdom
/** Tests of views that were lost because the page was reloaded before a save. */

import { Signal } from "@lumino/signaling";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { MIME_TYPE } from "../../src/live/protocol";
import { wireRun, wireSnapshot } from "../live/messages";

let restoreLostViews: typeof import("../../src/lab/lostViews").restoreLostViews;
beforeAll(async () => {
  // jsdom has no drag and drop.
  vi.stubGlobal("DragEvent", class extends Event {});
  ({ restoreLostViews } = await import("../../src/lab/lostViews"));
});

const STARTED_AT = 1_700_000_000;
const BEFORE = new Date((STARTED_AT - 60) * 1000).toISOString();
const AFTER = new Date((STARTED_AT + 60) * 1000).toISOString();

interface Output {
  data: Record<string, unknown>;
}
type Message = (content: object) => void;

class FakeCell {
  readonly type = "code";
  readonly added: Output[] = [];
  readonly outputs;
  constructor(readonly id: string) {
    const { added } = this;
    this.outputs = {
      get length() {
        return added.length;
      },
      get: (index: number) => added[index],
      add: (output: Output) => added.push(output),
    };
  }
}

/** A page before it is reloaded. */
interface Page {
  readonly cells: readonly FakeCell[];
  hear(message: object): void;
  save(): void;
}

/** A notebook in a page that was loaded once more for each of `clients`. */
function open(
  clients: string[],
  change: { savedAt?: string; collaborative?: boolean; beforeReload?: (page: Page) => void } = {},
) {
  const cells = ["c0", "c1"].map((id) => new FakeCell(id));
  const listeners = new Set<Message>();
  const sent: { kind: string; run?: string }[] = [];
  const channel = {
    state: { is: "open" },
    listen: ({ message }: { message: Message }, signal: AbortSignal) => {
      listeners.add(message);
      signal.addEventListener("abort", () => listeners.delete(message));
    },
    send: (message: { kind: string; run?: string }) => sent.push(message),
  };
  for (const [index, clientId] of clients.entries()) {
    listeners.clear();
    const saveState = new Signal<object, string>({});
    const panel = {
      disposed: new Signal<object, void>({}),
      sessionContext: {
        kernelChanged: new Signal<object, void>({}),
        session: { kernel: { id: "k1", clientId } },
      },
      context: {
        ready: Promise.resolve(),
        saveState,
        contentsModel: { last_modified: change.savedAt ?? BEFORE },
        model: { collaborative: change.collaborative ?? false, cells },
      },
    };
    restoreLostViews(panel as never, { of: () => channel } as never);
    if (index === 0) {
      change.beforeReload?.({
        cells,
        hear: (message) => {
          for (const listener of listeners) listener(message);
        },
        save: () => {
          saveState.emit("started");
          saveState.emit("completed");
        },
      });
      for (const { added } of cells) added.length = 0;
    }
  }
  const say = async (message: object) => {
    for (const listener of [...listeners]) listener(message);
    await vi.waitFor(() => {});
    await Promise.resolve();
  };
  return { cells, sent, say };
}

function runs(change: object = {}) {
  const run = {
    run_id: "r1",
    model_name: "digits",
    model: null,
    status: "running",
    started_at: STARTED_AT,
    cell_id: "c1",
    client: "before",
    ...change,
  };
  return { kind: "runs", payload: { runs: [run] } };
}

const snapshot = { ...wireSnapshot(), run: "r1" };

beforeEach(() => sessionStorage.clear());

test("a view that the file never had is put back into its cell, once", async () => {
  const { cells, sent, say } = open(["before", "now"]);
  await say(runs());
  await say(runs());
  expect(sent).toMatchObject([{ kind: "resync", run: "r1" }]);
  await say(snapshot);
  await say(snapshot);
  await say(runs());
  expect(cells.map(({ added }) => added.length)).toEqual([0, 1]);
  expect(cells[1]!.added[0]).toMatchObject({
    output_type: "display_data",
    data: { [MIME_TYPE]: { payload: { run: { run_id: "r1" } } } },
  });
});

test.each<[string, string[], object, object]>([
  ["this page runs the cell", ["now"], { client: "now" }, {}],
  ["another page has executed it", ["before", "now"], { client: "another" }, {}],
  ["the notebook was saved since", ["before", "now"], {}, { savedAt: AFTER }],
  ["the cell has another output now", ["before", "now"], { cell_id: null }, {}],
  ["the cell is in another notebook", ["before", "now"], { cell_id: "c9" }, {}],
])("nothing is put back when %s", async (_, clients, run, notebook) => {
  const { cells, sent, say } = open(clients, notebook);
  await say(runs(run));
  await say(snapshot);
  expect(sent).toEqual([]);
  expect(cells.map(({ added }) => added.length)).toEqual([0, 0]);
});

test("a view that came after the save by which it was lost is put back", async () => {
  const { cells, say } = open(["before", "now"], {
    savedAt: AFTER,
    beforeReload: (page) => {
      page.hear(runs());
      page.save();
      page.cells[1]!.outputs.add({ data: { [MIME_TYPE]: wireSnapshot() } });
    },
  });
  await say(runs());
  await say(snapshot);
  expect(cells[1]!.added).toHaveLength(1);
});

test("a view that was removed before the save is not put back", async () => {
  const { sent, say } = open(["before", "now"], {
    savedAt: AFTER,
    beforeReload: (page) => {
      page.hear(runs());
      page.cells[1]!.outputs.add({ data: { [MIME_TYPE]: wireSnapshot() } });
      page.save();
    },
  });
  await say(runs());
  expect(sent).toEqual([]);
});

test("in a shared notebook only a run that begins after the reload is put back", async () => {
  const { cells, say } = open(["before", "now"], { collaborative: true, savedAt: AFTER });
  await say(runs());
  await say(snapshot);
  expect(cells[1]!.added).toEqual([]);
  const { payload } = runs({ run_id: "r2" });
  await say({ kind: "runs", payload });
  await say({ ...wireSnapshot({ run: wireRun({ run_id: "r2" }) }), run: "r2" });
  expect(cells[1]!.added).toHaveLength(1);
});

test("an output that is there stays alone", async () => {
  const { cells, say } = open(["before", "now"]);
  await say(runs());
  cells[1]!.outputs.add({ data: { [MIME_TYPE]: wireSnapshot() } });
  await say(snapshot);
  expect(cells[1]!.added).toHaveLength(1);
});
