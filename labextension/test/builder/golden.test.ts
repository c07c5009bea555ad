/** Compares the messages with the examples that Python wrote to tests/golden/. */

import { expect, test } from "vitest";
import saved from "../../../tests/golden/builder_saved.json";
import { parseBuilderMessage } from "../../src/builder/parse";
import {
  BUILDER_KERNEL_KINDS,
  BUILDER_VIEW_KINDS,
  type BuilderViewKind,
  builderEnvelope,
} from "../../src/builder/protocol";
import { parseSavedBuilder } from "../../src/builder/savedBuilder";
import { SavedTransport } from "../../src/live/savedTransport";
import { RunSession } from "../../src/live/session";
import type { Envelope } from "../../src/protocol";

const files = import.meta.glob<Record<string, Envelope>>("../../../tests/golden/builder.json", {
  eager: true,
  import: "default",
});
const messages = Object.entries(Object.values(files)[0] ?? {});

test("tests/golden/builder.json has an example of each message", () => {
  const kinds = messages.map(([, { kind }]) => kind);
  expect(kinds).toEqual(expect.arrayContaining([...BUILDER_KERNEL_KINDS, ...BUILDER_VIEW_KINDS]));
});

test.runIf(messages.length > 0).each(messages)("%s", (_, message) => {
  if ((BUILDER_VIEW_KINDS as readonly string[]).includes(message.kind)) {
    const { kind, payload, id = "" } = message;
    const ours = builderEnvelope(kind as BuilderViewKind, payload as never, id);
    expect(ours).toEqual({ ...message, id });
    return;
  }
  expect(parseBuilderMessage(message).kind).toBe(message.kind);
});

test("saved data of a builder are read, with the run inside", () => {
  const read = parseSavedBuilder(saved);
  expect(read).toEqual({ ...saved, v: undefined, omittedRows: 0 });
  const session = new RunSession(new SavedTransport(read.run), new AbortController().signal);
  expect(session.store.run).not.toBeNull();
});
