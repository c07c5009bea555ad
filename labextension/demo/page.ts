/** The demo page: a builder over the fake kernel of the tests, in the state named by the address. */

import { mountBuilder } from "../src/builder/components/mountBuilder";
import type { State } from "../src/builder/protocol";
import { BuilderSession } from "../src/builder/session";
import { FakeKernel } from "../test/builder/fakeKernel";
import { layer, layers, state } from "../test/builder/fixture";

const words = new Set(location.hash.slice(1).split(","));
if (words.has("dark")) {
  document.documentElement.classList.add("dark");
  document.body.style.background = "#111";
}
document.addEventListener("kwidgets:insert-cell", (event) => event.preventDefault());

function wanted(): State {
  if (words.has("empty")) {
    const totals = { ...state().totals, parameters: 0, trainable: 0, weight_bytes: 0 };
    const input = {
      ...state().input,
      arguments: {},
      output_shape: null,
      status: "unknown" as const,
    };
    return state({ order: [], layers: {}, totals, input, history: { undo: null, redo: null } });
  }
  if (words.has("long")) {
    const many = Array.from({ length: 200 }, (_, i) =>
      layer(`n${i}`, { summary: `${i + 1}, relu`, parameters: 1000 * i, weight_bytes: 4000 * i }),
    );
    return state({
      order: many.map(({ uid }) => uid),
      layers: Object.fromEntries(many.map((each) => [each.uid, each])),
      totals: { ...state().totals, parameters: 19_900_000, weight_bytes: 79_600_000 },
    });
  }
  const change: Partial<State> = {};
  if (words.has("error")) {
    const [a, b, c, d, e, f] = layers as [(typeof layers)[0], ...typeof layers] & typeof layers;
    const blocked = { status: "blocked" as const, output_shape: null, parameters: null };
    change.layers = {
      a: { ...a!, enabled: false, status: "off" },
      b: {
        ...b!,
        status: "error",
        error: {
          text: "units must be a positive whole number; it is −1. Give the number of outputs.",
          detail:
            "ValueError: Received an invalid value for `units`, expected a positive integer. Received: units=-1",
          parameter: "units",
        },
      },
      c: { ...c!, ...blocked },
      d: { ...d!, ...blocked },
      e: { ...e!, ...blocked },
      f: { ...f!, ...blocked },
    };
    change.totals = { ...state().totals, complete: false, output_shape: null };
    change.fit = { arguments: {}, errors: { x: "Say which variable holds the inputs." } };
    change.run = {
      status: "idle",
      detail: "",
      live: null,
      blocked: "Dense has an error: units must be a positive whole number.",
    };
  }
  if (words.has("advice")) {
    change.advice = [
      {
        id: "1",
        level: "warning",
        title: "The last layer has 10 outputs, the labels 12",
        text: "Each class needs an output of its own.",
        target: "f",
        fix: "Set 12 units",
      },
      {
        id: "2",
        level: "tip",
        title: "Dropout as the last layer of a block",
        text: "It still works; it is more usual before it.",
        target: "e",
        fix: null,
      },
      {
        id: "3",
        level: "error",
        title: "The loss does not fit",
        text: "Labels are whole numbers: use sparse_categorical_crossentropy.",
        target: "compile",
        fix: "Use it",
      },
    ];
  }
  return state(change);
}

const kernel = new FakeKernel(wanted());
Object.assign(window, { kernel });
const session = new BuilderSession(kernel, new AbortController().signal);
mountBuilder(document.querySelector<HTMLElement>("#view")!, session, null);
