/** Compares the messages with the examples that Python wrote to tests/golden/. */

import { expect, test } from "vitest";
import { parseMessage } from "../../src/live/parse";
import { envelope, KERNEL_KINDS, type ViewKind } from "../../src/live/protocol";
import type { Envelope } from "../../src/protocol";

const VIEW_KINDS: ViewKind[] = [
  "pause",
  "resume",
  "stop",
  "set_learning_rate",
  "follow_schedule",
  "answer",
  "checkpoint",
  "rewind",
  "set_nan_guard",
  "choose_optimizer",
  "read_log",
  "resync",
];

const files = Object.entries(
  import.meta.glob<Envelope>(
    [
      "../../../tests/golden/*.json",
      "!../../../tests/golden/{builder,models,record,runs,charts,insight,export,search}*.json",
    ],
    {
      eager: true,
      import: "default",
    },
  ),
);
const kinds = files.map(([, message]) => message.kind);

test("there is an example of each message; those of insight are in a file of their own", () => {
  expect(kinds).toEqual(
    expect.arrayContaining([...KERNEL_KINDS, ...VIEW_KINDS].filter((kind) => kind !== "insight")),
  );
});

test.each(files)("%s", (_, message) => {
  if ((VIEW_KINDS as string[]).includes(message.kind)) {
    const ours = envelope(message.kind as ViewKind, message.payload as never, message.id ?? "");
    // A resync needs no id, and we send one all the same.
    expect(message.id === undefined ? { ...ours, id: undefined } : ours).toEqual(message);
    return;
  }
  const parsed = parseMessage(message);
  expect(parsed.kind).toBe(message.kind);
  if (parsed.kind === "snapshot") {
    const { batch, run } = parsed.payload;
    expect(batch.rows).toBeGreaterThan(0);
    for (const { name } of run.metrics) {
      expect(batch.columns.get(`mean/${name}`)).toHaveLength(batch.rows);
    }
  }
});
