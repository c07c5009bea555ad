/** A small catalog and states of a builder, as a kernel sends them. */

import type { Catalog, LayerState, Parameter, State } from "../../src/builder/protocol";

export function parameter(name: string, change: Partial<Parameter> = {}): Parameter {
  return {
    name,
    field: "int",
    required: false,
    default: null,
    nullable: false,
    basic: true,
    help: "",
    ...change,
  };
}

const initializer = (name: string, by: string) =>
  parameter(name, {
    field: "object",
    section: "initializers",
    default: by,
    nullable: true,
    basic: false,
    help: "How the weights begin.",
  });

const entry = (key: string, group: string, parameters: Parameter[], summary = "") => ({
  key,
  name: key.split(".").at(-1)!,
  group,
  summary: summary || `What ${key.split(".").at(-1)} does, in one sentence.`,
  parameters,
  unusable: "",
});

const entries = [
  entry("keras.Sequential", "Models", [parameter("name", { field: "text", nullable: true })]),
  entry(
    "keras.layers.InputLayer",
    "Core",
    [
      parameter("shape", { field: "shape", help: "Of one sample, without the batch." }),
      parameter("batch_size", { nullable: true, basic: false }),
      parameter("dtype", {
        field: "dtype",
        choices: ["float32", "float16", "int32"],
        default: "float32",
        basic: false,
      }),
    ],
    "What goes into the model.",
  ),
  entry(
    "keras.layers.Dense",
    "Core",
    [
      parameter("units", { required: true, minimum: 1, help: "How many outputs the layer has." }),
      parameter("activation", { field: "activation", nullable: true }),
      parameter("use_bias", { field: "bool", default: true }),
      initializer("kernel_initializer", "glorot_uniform"),
      initializer("bias_initializer", "zeros"),
      parameter("kernel_regularizer", {
        field: "object",
        section: "regularizers",
        nullable: true,
        basic: false,
      }),
      parameter("name", { field: "text", nullable: true, basic: false }),
    ],
    "Just your regular densely-connected NN layer.",
  ),
  entry("keras.layers.Conv2D", "Convolution", [
    parameter("filters", { required: true }),
    parameter("kernel_size", { field: "ints", required: true }),
    parameter("strides", { field: "ints", default: [1, 1] }),
    parameter("padding", { field: "choice", choices: ["valid", "same"], default: "valid" }),
    parameter("activation", { field: "activation", nullable: true }),
  ]),
  entry("keras.layers.Flatten", "Reshaping", []),
  entry("keras.layers.Dropout", "Regularization", [
    parameter("rate", { field: "float", required: true, help: "Between 0 and 1." }),
  ]),
  entry("keras.initializers.GlorotUniform", "Initializers", [
    parameter("seed", { nullable: true }),
  ]),
  entry("keras.initializers.HeNormal", "Initializers", [parameter("seed", { nullable: true })]),
  entry("keras.initializers.Zeros", "Initializers", []),
  entry("keras.regularizers.L2", "Regularizers", [
    parameter("l2", { field: "float", default: 0.01 }),
  ]),
  entry("keras.optimizers.Adam", "Optimizers", [
    parameter("learning_rate", { field: "float", default: 0.001, section: "schedules" }),
    parameter("beta_1", { field: "float", default: 0.9, basic: false }),
  ]),
  entry("keras.optimizers.SGD", "Optimizers", [
    parameter("learning_rate", { field: "float", default: 0.01, section: "schedules" }),
    parameter("momentum", { field: "float", default: 0 }),
  ]),
  entry("keras.optimizers.schedules.CosineDecay", "Schedules", [
    parameter("initial_learning_rate", { field: "float", required: true }),
    parameter("decay_steps", { required: true }),
  ]),
  entry("keras.losses.MeanSquaredError", "Losses", []),
  entry("keras.losses.SparseCategoricalCrossentropy", "Losses", [
    parameter("from_logits", { field: "bool", default: false }),
  ]),
  entry("keras.metrics.SparseCategoricalAccuracy", "Metrics", []),
  entry("keras.callbacks.EarlyStopping", "Callbacks", [
    parameter("monitor", { field: "text", default: "val_loss" }),
    parameter("patience", { default: 0 }),
  ]),
];

const keysOf = (part: string) =>
  entries.map(({ key }) => key).filter((key) => key.startsWith(`keras.${part}.`));

export const catalog: Catalog = {
  keras_version: "3.12.0",
  entries: Object.fromEntries(entries.map((each) => [each.key, each])),
  sections: {
    layers: ["keras.Sequential", ...keysOf("layers")],
    initializers: keysOf("initializers"),
    regularizers: keysOf("regularizers"),
    optimizers: keysOf("optimizers").filter((key) => !key.includes("schedules")),
    schedules: keysOf("optimizers.schedules"),
    losses: keysOf("losses"),
    metrics: keysOf("metrics"),
    callbacks: keysOf("callbacks"),
  },
  activations: ["relu", "sigmoid", "softmax", "tanh"],
  templates: [
    { name: "mlp", title: "Classifier for tables", summary: "Dense layers with dropout." },
    { name: "cnn", title: "Classifier for images", summary: "Convolutions, pooling, dense." },
    { name: "text", title: "Classifier for text", summary: "Embedding and pooling." },
  ],
  forms: {
    compile: [
      parameter("optimizer", { field: "object", section: "optimizers", default: "rmsprop" }),
      parameter("loss", { field: "object", section: "losses", nullable: true }),
      parameter("metrics", { field: "objects", section: "metrics", choices: ["accuracy"] }),
      parameter("jit_compile", {
        field: "choice",
        choices: ["auto", true, false],
        default: "auto",
        basic: false,
      }),
    ],
    fit: [
      parameter("x", { field: "data", required: true }),
      parameter("y", { field: "data" }),
      parameter("epochs", { default: 1, minimum: 1 }),
      parameter("batch_size", { nullable: true, help: "Samples for one update; 32 by default." }),
      parameter("validation_split", { field: "float", default: 0 }),
      parameter("shuffle", { field: "bool", default: true, basic: false }),
      parameter("callbacks", { field: "objects", section: "callbacks", basic: false }),
    ],
  },
};

export function layer(uid: string, change: Partial<LayerState> = {}): LayerState {
  return {
    uid,
    class_name: "keras.layers.Dense",
    title: "Dense",
    summary: "",
    name: null,
    arguments: {},
    enabled: true,
    children: null,
    status: "ok",
    error: null,
    output_shape: [null, 10],
    output_dtype: "float32",
    parameters: 0,
    trainable: 0,
    weight_bytes: 0,
    output_bytes: 40,
    trained: false,
    ...change,
  };
}

export const input = layer("input", {
  class_name: "keras.layers.InputLayer",
  title: "Input",
  arguments: { shape: [28, 28, 1] },
  output_shape: [null, 28, 28, 1],
});

export const layers: LayerState[] = [
  layer("a", {
    class_name: "keras.layers.Flatten",
    title: "Flatten",
    output_shape: [null, 784],
  }),
  layer("b", {
    summary: "128, relu",
    arguments: { units: 128, activation: "relu", kernel_initializer: "he_normal" },
    output_shape: [null, 128],
    parameters: 100_480,
    trainable: 100_480,
    weight_bytes: 401_920,
    trained: true,
  }),
  layer("c", {
    class_name: "keras.Sequential",
    title: "Sequential",
    summary: "2 layers",
    children: ["d", "e"],
    output_shape: [null, 64],
    parameters: 8256,
    weight_bytes: 33_024,
  }),
  layer("d", {
    summary: "64, relu",
    arguments: { units: 64, activation: "relu" },
    output_shape: [null, 64],
    parameters: 8256,
    weight_bytes: 33_024,
  }),
  layer("e", {
    class_name: "keras.layers.Dropout",
    title: "Dropout",
    summary: "0.5",
    arguments: { rate: 0.5 },
    output_shape: [null, 64],
  }),
  layer("f", {
    summary: "10, softmax",
    arguments: { units: 10, activation: "softmax" },
    parameters: 650,
    weight_bytes: 2600,
  }),
];

export function state(change: Partial<State> = {}): State {
  return {
    sequence: 0,
    name: "digits",
    input,
    order: ["a", "b", "c", "f"],
    layers: Object.fromEntries(layers.map((each) => [each.uid, each])),
    totals: {
      parameters: 109_386,
      trainable: 109_386,
      weight_bytes: 437_544,
      output_shape: [null, 10],
      complete: true,
    },
    advice: [],
    history: { undo: "Add Dense", redo: null },
    compile: { arguments: { optimizer: "adam" }, errors: {} },
    fit: { arguments: { x: { variable: "x_train" }, y: { variable: "y_train" } }, errors: {} },
    data: [
      {
        name: "x_train",
        kind: "NumPy array",
        shape: "(60000, 28, 28, 1)",
        dtype: "float32",
        roles: ["x"],
      },
      { name: "y_train", kind: "NumPy array", shape: "(60000,)", dtype: "uint8", roles: ["y"] },
    ],
    run: { status: "idle", detail: "", live: null, blocked: "" },
    code: {
      source:
        'import keras\n\n# The model.\nmodel = keras.Sequential(\n    [\n        keras.Input(shape=(28, 28, 1)),\n        keras.layers.Dense(128, activation="relu"),\n    ],\n    name="digits",\n)\n',
      notes: [],
    },
    ...change,
  };
}
