/** Builds the parts of insight as a kernel sends them, for each task. */

type Change = Record<string, unknown>;

/** A picture of one pixel. */
export const PICTURE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

/** Base64 of little-endian numbers. */
function base64(values: ArrayLike<number>, type: "u32" | "f32" | "u8"): string {
  const arrays = { u32: Uint32Array, f32: Float32Array, u8: Uint8Array };
  const bytes = new Uint8Array(arrays[type].from(values).buffer);
  return btoa([...bytes].map((byte) => String.fromCharCode(byte)).join(""));
}

const text = (key: string, ...values: string[]) => ({ key, values });

export function part(name: string, value: unknown, fit = 1) {
  return { v: 1, kind: "insight", payload: { part: name, fit, [name]: value } };
}

export function sample(i: number, change: Change = {}) {
  return {
    key: `v${i}`,
    index: 100 * i + 35,
    code: `x_test[${100 * i + 35}]`,
    true: "4",
    predicted: "9",
    right: false,
    probability: 0.98,
    loss: 7.1 - i / 10,
    looks: { kind: "picture", picture: `p${i % 12}` },
    ...change,
  };
}

/** Counts of a matrix with most samples on the diagonal. */
export function counts(classes: number, total = 100): number[] {
  return Array.from({ length: classes * classes }, (_, i) => {
    const [row, column] = [Math.floor(i / classes), i % classes];
    if (row === column) return total - 7 * (row % 4);
    return (row * 7 + column * 3) % 11 === 0 ? (row + column) % 9 : 0;
  });
}

export function predictions(change: Change = {}) {
  return {
    state: "ready",
    reason: null,
    source: "validation",
    outputs: ["output"],
    output: "output",
    task: "classification",
    tasks: ["classification", "regression"],
    task_note: text("from the loss %1", "SparseCategoricalCrossentropy"),
    epochs: [1, 2, 3, 4, 5, 6, 7],
    epoch: 7,
    last_epoch: 20,
    samples: 10000,
    figures: [
      { name: "accuracy", value: 0.934, change: 0.012, direction: "max" },
      { name: "loss", value: 0.2134, change: -0.031, direction: "min" },
    ],
    details: null,
    ...change,
  };
}

const HISTORY = (i: number) =>
  Array.from({ length: 7 }, (_, epoch) => 1 - 0.6 / (1 + epoch + (i % 3)));

/** A table of classes that fits the counts of a matrix. */
export function classesTable(names: string[], change: Change = {}) {
  const size = names.length;
  const table = counts(size);
  const row = (i: number) => table.slice(i * size, (i + 1) * size);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const column = (i: number) => names.map((_, other) => table[other * size + i]!);
  const recall = names.map((_, i) => table[i * size + i]! / sum(row(i)));
  const precision = names.map((_, i) => table[i * size + i]! / sum(column(i)));
  return {
    names,
    names_from: null,
    support: names.map((_, i) => sum(row(i))),
    predicted: names.map((_, i) => sum(column(i))),
    precision,
    recall,
    f1: recall.map((r, i) => (2 * r * precision[i]!) / (r + precision[i]!)),
    history_of: "recall",
    history: names.map((_, i) => HISTORY(i)),
    ...change,
  };
}

export function confusion(classes: number, change: Change = {}) {
  const table = counts(classes);
  return {
    classes,
    counts_u32: base64(table, "u32"),
    before_u32: base64(
      table.map((count, i) => count + ((i * 5) % 7 === 0 ? 2 : 0)),
      "u32",
    ),
    pairs: table
      .map((count, i) => ({ true: Math.floor(i / classes), predicted: i % classes, count }))
      .filter((pair) => pair.true !== pair.predicted && pair.count)
      .sort((a, b) => b.count - a.count),
    ...change,
  };
}

export function details(change: Change = {}) {
  return {
    mistakes: Array.from({ length: 24 }, (_, i) =>
      sample(i, { predicted: String((i * 3 + 1) % 10), true: String((i * 3) % 10) }),
    ),
    mistake_count: 661,
    watched: Array.from({ length: 12 }, (_, i) =>
      sample(50 + i, { predicted: String(i % 10), true: String(i % 10), right: true, loss: 0.02 }),
    ),
    ...change,
  };
}

const DIGITS = Array.from({ length: 10 }, (_, i) => String(i));
const CLOTHES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

const curve = (bend: number) =>
  Array.from({ length: 21 }, (_, i) => [i / 20, (i / 20) ** bend] as [number, number]);
const CURVES = {
  reliability: Array.from({ length: 10 }, (_, i) => [
    0.05 + i / 10,
    i < 2 ? "NaN" : Math.max(0, 0.05 + i / 10 - 0.08),
    i < 2 ? 0 : 100 + i ** 3,
  ]),
  roc: [],
  precision_recall: [],
};
const BINARY_CURVES = {
  ...CURVES,
  roc: curve(0.2),
  precision_recall: curve(1).map(([x]) => [x, 1 - 0.5 * x ** 4]),
};

function scores(classes: number, bins = 20) {
  const counts = (rises: boolean) =>
    Array.from({ length: classes * bins }, (_, i) => {
      const at = (i % bins) / (bins - 1);
      return Math.round(200 * (rises ? at : 1 - at) ** 3 + 3 * Math.floor(i / bins));
    });
  return {
    bins,
    positive_u32: base64(counts(true), "u32"),
    negative_u32: base64(counts(false), "u32"),
    threshold: 0.5,
  };
}

function regression() {
  const truth = Array.from({ length: 400 }, (_, i) => 5 + (i % 97) / 2.1);
  const noise = (i: number) => 3 * Math.sin(i * 12.9898) * Math.cos(i * 4.1);
  const bell = (i: number) => Math.round(90 * Math.exp(-(((i - 31) / 9) ** 2)));
  return {
    columns: ["MedHouseVal"],
    column: 0,
    true_f32: base64(truth, "f32"),
    predicted_f32: base64(
      truth.map((value, i) => value * 0.92 + 2 + noise(i)),
      "f32",
    ),
    residual_low: -8,
    residual_high: 8.5,
    residual_counts: Array.from({ length: 64 }, (_, i) => bell(i)),
  };
}

const wave = (length: number, from = 0) =>
  Array.from({ length }, (_, i) => Math.sin((i + from) / 5) + 0.2 * Math.sin((i + from) * 1.7));

/** The predictions of each task, by the name of the picture of it. */
export const TASKS: Record<string, () => Record<string, unknown>> = {
  classification: () =>
    predictions({
      details: details({
        classes: classesTable(DIGITS),
        confusion: confusion(10),
        curves: CURVES,
      }),
    }),
  names: () =>
    predictions({
      details: details({
        classes: classesTable(CLOTHES, { names_from: text("from %1", "class_names") }),
        confusion: confusion(10),
        curves: CURVES,
      }),
    }),
  many: () =>
    predictions({
      details: details({
        classes: classesTable(Array.from({ length: 100 }, (_, i) => `class ${i}`)),
        confusion: confusion(100, { counts_u32: undefined, before_u32: undefined }),
      }),
    }),
  twenty: () =>
    predictions({
      details: details({
        classes: classesTable(Array.from({ length: 24 }, (_, i) => `kind ${i}`)),
        confusion: confusion(24),
      }),
    }),
  binary: () =>
    predictions({
      task: "binary",
      details: details({
        classes: classesTable(["negative", "positive"], { scores: scores(1) }),
        confusion: confusion(2),
        curves: BINARY_CURVES,
        mistakes: Array.from({ length: 12 }, (_, i) =>
          sample(i, {
            true: "negative",
            predicted: "positive",
            looks: {
              kind: "text",
              text: `A <b>film</b> that takes its time and never arrives, number ${i}: long shots of rain, a cast that looks as tired as I was, and then an ending that explains what nobody had asked.`,
            },
          }),
        ),
      }),
    }),
  multi_label: () =>
    predictions({
      task: "multi_label",
      tasks: ["multi_label", "regression"],
      figures: [{ name: "F1 (macro)", value: 0.71, change: -0.004, direction: "max" }],
      details: details({
        classes: classesTable(["sun", "sea", "people", "dog", "night"], {
          scores: scores(5),
          history_of: "f1",
        }),
        mistakes: [0, 1, 2, 3, 4, 5].map((i) =>
          sample(i, { true: "sun, sea", predicted: "sun, people, dog", probability: null }),
        ),
      }),
    }),
  regression: () =>
    predictions({
      task: "regression",
      tasks: ["regression"],
      outputs: ["price", "days"],
      output: "price",
      figures: [
        { name: "MAE", value: 2.31, change: -0.12, direction: "min" },
        { name: "RMSE", value: 3.94, change: -0.2, direction: "min" },
        { name: "R²", value: 0.81, change: 0.02, direction: "max" },
      ],
      details: details({
        regression: regression(),
        mistakes: Array.from({ length: 12 }, (_, i) =>
          sample(i, {
            true: "12.3",
            predicted: "31.9",
            right: null,
            probability: null,
            loss: 384.2 - i,
            looks: {
              kind: "row",
              row: [
                ["MedInc", "2.31", false],
                ["HouseAge", "52", false],
                ["AveRooms", "141.9", true],
                ["AveBedrms", "25.6", true],
                ["Population", "322", false],
                ["Latitude", "37.9", false],
              ],
            },
          }),
        ),
      }),
    }),
  segmentation: () =>
    predictions({
      task: "segmentation",
      tasks: ["segmentation"],
      figures: [{ name: "mean IoU", value: 0.62, change: 0.03, direction: "max" }],
      details: details({
        classes: classesTable(["background", "cat", "border"], {
          iou: [0.93, 0.58, 0.34],
          history_of: "iou",
        }),
        confusion: confusion(3),
        mistakes: Array.from({ length: 8 }, (_, i) =>
          sample(i, {
            true: "",
            predicted: "",
            right: null,
            probability: null,
            looks: {
              kind: "picture",
              picture: `p${i}`,
              true_picture: `m${i % 2}`,
              predicted_picture: `m${(i + 1) % 2}`,
            },
          }),
        ),
      }),
    }),
  forecast: () =>
    predictions({
      task: "forecast",
      tasks: ["forecast", "regression"],
      figures: [{ name: "MAE", value: 0.31, change: -0.02, direction: "min" }],
      details: details({
        mistakes: Array.from({ length: 6 }, (_, i) =>
          sample(i, {
            true: "",
            predicted: "",
            right: null,
            probability: null,
            looks: {
              kind: "series",
              series: [wave(60, i)],
              true_series: [wave(20, 60 + i)],
              predicted_series: [wave(20, 60 + i).map((value) => 0.5 * value + 0.3)],
            },
          }),
        ),
      }),
    }),
  boxes: () =>
    predictions({
      task: "boxes",
      tasks: ["boxes"],
      figures: [{ name: "mean IoU", value: 0.55, change: null, direction: "max" }],
      details: details({
        mistakes: Array.from({ length: 6 }, (_, i) =>
          sample(i, {
            true: "cat",
            predicted: "dog",
            looks: {
              kind: "picture",
              picture: `p${i}`,
              true_boxes: [[0.1, 0.2, 0.6, 0.7, "cat", null]],
              predicted_boxes: [[0.2, 0.25, 0.75, 0.8, "dog", 0.81]],
            },
          }),
        ),
      }),
    }),
  sound: () =>
    predictions({
      details: details({
        classes: classesTable(["yes", "no", "stop"]),
        confusion: confusion(3),
        mistakes: Array.from({ length: 6 }, (_, i) =>
          sample(i, {
            true: "yes",
            predicted: "no",
            looks: {
              kind: "sound",
              series: [wave(2000, i).map((value, at) => value * Math.exp(-at / 700))],
              sample_rate: 16000,
            },
          }),
        ),
      }),
    }),
  image_to_image: () =>
    predictions({
      task: "image_to_image",
      tasks: ["image_to_image", "regression"],
      figures: [{ name: "MSE", value: 0.0131, change: -0.0004, direction: "min" }],
      details: details({
        mistakes: Array.from({ length: 12 }, (_, i) =>
          sample(i, {
            true: "",
            predicted: "",
            right: null,
            probability: null,
            looks: { kind: "picture", picture: `p${i}`, predicted_picture: `p${(i + 1) % 12}` },
          }),
        ),
      }),
    }),
  training: () =>
    predictions({
      source: "training",
      samples: 500,
      details: details({ classes: classesTable(DIGITS), confusion: confusion(10) }),
    }),
  waiting: () => empty("waiting"),
  missing: () => empty("missing"),
  off: () => empty("off", text("The model's own evaluate keeps its predictions to itself.")),
};

function empty(state: string, reason: object | null = null) {
  return predictions({
    state,
    reason,
    outputs: [],
    output: "",
    task: "unknown",
    tasks: [],
    task_note: null,
    epochs: [],
    epoch: 0,
    samples: 0,
    figures: [],
  });
}

export function sampleDetails(of = sample(0), change: Change = {}) {
  return {
    sample: of,
    top: [
      [of.predicted, 0.91],
      [of.true, 0.06],
      ["7", 0.02],
      ["1", 0.008],
      ["3", 0.002],
    ],
    history: [
      [1, "4", 1.2],
      [2, "4", 0.9],
      [3, "9", 2.3],
      [4, "9", 3.9],
      [5, "9", 5.2],
      [6, "9", 6.6],
      [7, "9", 7.1],
    ],
    ...change,
  };
}

export function finding(id: string, change: Change = {}) {
  return {
    id,
    level: "error",
    title: "x has NaN",
    text: "3 rows of x have NaN. TensorFlow on a CPU trains on without a word: Dense layers with relu turn NaN to 0.",
    where: "",
    code: "x_train[[4, 8, 15]]",
    rows: [4, 8, 15],
    row_count: 3,
    ...change,
  };
}

export function layers(change: Change = {}) {
  const bell = (width: number, shift: number) =>
    Array.from({ length: 64 }, (_, i) =>
      Math.round(255 * Math.exp(-(((i - 31 - shift) / width) ** 2))),
    );
  const names = ["conv2d", "conv2d_1", "batch_normalization", "dense", "dense_1"];
  return {
    state: "ready",
    reason: null,
    step: 1240,
    findings: [
      finding("dead:dense", {
        title: "12 of 16 units are dead",
        text: "They give 0 for every sample, and learn nothing any more. A smaller learning rate or LeakyReLU helps.",
        where: "dense",
        code: "",
        rows: [],
        row_count: 0,
      }),
    ],
    layers: names.map((name, i) => ({
      name,
      class_name: ["Conv2D", "Conv2D", "BatchNormalization", "Dense", "Dense"][i],
      size: [320, 18496, 256, 1024000, 1290][i],
      sampled: Math.min(4096, [320, 18496, 256, 1024000, 1290][i]!),
      norm: [3.21, 12.9, 8.002, 41.7, 5.12][i],
      norm_history: Array.from({ length: 20 }, (_, at) => 3 + i + Math.sqrt(at) * (i - 1)),
      update: [1.2e-3, 8.1e-4, 2.3e-2, 4.1e-7, null][i],
      gradient: [2.1e-3, 8.2e-4, 1.1e-8, 3e-5, null][i],
      zeros: [0, 0, 0, 0.31, 0.001][i],
      low: -0.31 - i / 10,
      high: 0.33 + i / 10,
      histograms_u8: base64(
        Array.from({ length: 12 }, (_, at) => bell(6 + at, (at * (i - 2)) / 2)).flat(),
        "u8",
      ),
    })),
    measure: "available",
    measure_reason: null,
    ...change,
  };
}

export function measuredLayers() {
  const part = layers({ measure: "measured" });
  return {
    ...part,
    layers: part.layers.map((layer, i) => ({
      ...layer,
      measured: {
        gradient: [3.1e-3, 9e-4, 2e-3, 1.1e-6, 4e-3][i],
        mean: 0.12 * i,
        deviation: 0.4,
        zeros: [0.41, 0.5, 0, 0.93, 0][i],
        dead: [0, 0.02, 0, 0.75, 0][i],
      },
    })),
  };
}

export function data(change: Change = {}) {
  return {
    state: "ready",
    reason: null,
    part_of: null,
    findings: [
      finding("scale", {
        level: "warning",
        title: "Validation data are on another scale",
        text: "x_train ranges from 0 to 1, x_val from 0 to 255.",
        code: "x_val = x_val / 255",
        rows: [],
        row_count: 0,
      }),
      finding("nan"),
      finding("rare", {
        level: "hint",
        title: "Class “8” is rare",
        text: "It has 21 samples, the largest class 612.",
        code: "",
        rows: [],
        row_count: 0,
      }),
    ],
    dismissed: 1,
    balance: {
      names: DIGITS,
      training: [590, 612, 580, 601, 577, 560, 588, 603, 21, 594],
      validation: [98, 101, 95, 99, 97, 92, 96, 100, 0, 97],
    },
    inputs: [
      {
        name: "x_train",
        shape: [60000, 28, 28],
        dtype: "float32",
        split: "training",
        low: 0,
        high: 1,
        mean: 0.1307,
        deviation: 0.3081,
        nan: 3,
        infinite: 0,
      },
      {
        name: "x_val",
        shape: [10000, 28, 28],
        dtype: "uint8",
        split: "validation",
        low: 0,
        high: 255,
        mean: 33.8,
        deviation: 78.6,
        nan: 0,
        infinite: 0,
      },
    ],
    samples: Array.from({ length: 12 }, (_, i) =>
      sample(i, {
        true: String(i % 10),
        predicted: "",
        right: null,
        probability: null,
        loss: "NaN",
      }),
    ),
    ...change,
  };
}

/** Pictures by the hashes of the samples above. */
export function pictures(url: (name: string) => string = () => PICTURE) {
  const names = [...Array.from({ length: 12 }, (_, i) => `p${i}`), "m0", "m1"];
  return Object.fromEntries(names.map((name) => [name, url(name)]));
}
