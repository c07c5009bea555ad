"""Exports models of many kinds to each format: parity, size and latency, or why it cannot be."""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Formats in the columns of the table.
TARGETS = (
    "keras",
    "saved_model",
    "onnx",
    "litert",
    "litert_float16",
    "litert_int8",
    "openvino",
    "stablehlo",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument(
        "--models",
        nargs="+",
        default=(),
        metavar="WORD",
        help="export: only the models whose name has one of these words, such as LSTM",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="export: keep the rows of each model in this file, and do not measure them again",
    )
    parser.add_argument(
        "--without-latency",
        action="store_true",
        help="export: parity and sizes only, in half of the time",
    )


def measure(arguments: argparse.Namespace) -> None:
    """Print a row for each model and format."""
    import keras

    backend = keras.backend.backend()
    known = _known(arguments.resume)
    print(f"\nbackend: {backend}")
    print(
        "| model | format | state | max. difference | of at most | same class | bytes "
        "| ms p50/p95, 1 thread | all threads |"
    )
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for name, make in MODELS.items():
        if arguments.models and not any(word.lower() in name.lower() for word in arguments.models):
            continue
        lines = known.get((backend, name))
        if lines is None:
            lines = _rows(name, make, latency=not arguments.without_latency)
            if arguments.resume is not None:
                with arguments.resume.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([backend, name, lines], ensure_ascii=False) + "\n")
        print("\n".join(lines), flush=True)


def _known(path: Path | None) -> dict[tuple[str, str], list[str]]:
    """Return the rows of models that an earlier run has measured."""
    if path is None or not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        # A run that was ended may have left half a line.
        with contextlib.suppress(ValueError):
            backend, name, lines = json.loads(line)
            found[backend, name] = lines
    return found


def _rows(name: str, make: Callable[[], Any], latency: bool) -> list[str]:
    """Return the lines of one model; what goes wrong is one of them."""
    import keras

    import kwidgets
    from kwidgets.language import translated

    began = time.monotonic()
    keras.utils.set_random_seed(0)
    try:
        model = make()
        with tempfile.TemporaryDirectory(prefix="kwidgets-bench-") as folder:
            exports = kwidgets.export(
                model,
                _samples(model),
                targets=TARGETS,
                folder=folder,
                latency=latency,
                verbose=False,
            )
    except Exception as error:
        return [f"| {name} | – | failed: {type(error).__name__}: {error} |"]
    lines = []
    for row in exports:
        found = row.difference
        same = "–" if found is None or found.same_class is None else f"{found.same_class:.1%}"
        times = [f"{each.p50_ms:.2f}/{each.p95_ms:.2f}" for each in row.latency]
        cells = [
            name,
            row.title,
            row.status,
            "–" if found is None else f"{found.maximum:.1e}",
            "–" if found is None else f"{found.scale:.2g}",
            same,
            "–" if row.num_bytes is None else f"{row.num_bytes:,}",
            *[*times, "–", "–"][:2],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    for row in exports:
        if row.problem is not None:
            lines.append(f"    {row.title}: {translated(row.problem)}")
    lines.append(f"    {time.monotonic() - began:.0f} s")
    keras.utils.clear_session()
    return lines


def _samples(model: Any) -> Any:
    """Return inputs of the right shape: pictures from 0 to 1, word numbers, texts."""
    import numpy as np

    from kwidgets.formats.export.model_data import random_inputs
    from kwidgets.formats.export.model_signature import input_specs

    specs, structure = input_specs(model)
    inputs = random_inputs(specs)
    generator = np.random.default_rng(1)
    for spec in specs:
        if spec.dtype.startswith("int"):
            inputs[spec.name] = generator.integers(0, 50, inputs[spec.name].shape).astype(
                spec.dtype
            )
    if structure == "single":
        return inputs[specs[0].name]
    return inputs


def _mlp() -> Any:
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((20,)),
            layers.Dense(64, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, activation="softmax"),
        ],
        name="mlp",
    )


def _cnn() -> Any:
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(32, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ],
        name="cnn",
    )


def _mobilenet() -> Any:
    import keras

    return keras.applications.MobileNetV3Small(
        input_shape=(96, 96, 3), weights=None, classes=10, include_preprocessing=True
    )


def _residual() -> Any:
    from keras import Input, Model, layers

    inputs = Input((32, 32, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(16, 3, padding="same")(x)
    y = layers.BatchNormalization()(y)
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(10)(x), name="residual")


def _transformer() -> Any:
    from keras import Input, Model, layers

    inputs = Input((24,), dtype="int32")
    x = layers.Embedding(100, 32)(inputs)
    y = layers.MultiHeadAttention(4, 8)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    y = layers.Dense(32)(layers.Dense(64, activation="gelu")(x))
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling1D()(x)
    return Model(inputs, layers.Dense(4, activation="softmax")(x), name="transformer")


def _lstm() -> Any:
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((12,), dtype="int32"),
            layers.Embedding(100, 16, mask_zero=True),
            layers.LSTM(24),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="lstm_masked",
    )


def _gru() -> Any:
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((None, 6)),
            layers.Bidirectional(layers.GRU(16, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(3, activation="softmax")),
        ],
        name="gru_any_length",
    )


def _text() -> Any:
    from keras import Input, Sequential, layers

    vectorize = layers.TextVectorization(max_tokens=50, output_sequence_length=8)
    vectorize.adapt(["a short text", "another one", "and a third, longer text"])
    return Sequential(
        [
            Input((), dtype="string"),
            vectorize,
            layers.Embedding(50, 8),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, activation="softmax"),
        ],
        name="text",
    )


def _multi_input() -> Any:
    from keras import Input, Model, layers

    picture = Input((16, 16, 1), name="picture")
    age = Input((1,), name="age")
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(picture))
    x = layers.Concatenate()([x, age])
    shared = layers.Dense(16, activation="relu")(x)
    kind = layers.Dense(5, activation="softmax", name="kind")(shared)
    price = layers.Dense(1, name="price")(shared)
    return Model({"picture": picture, "age": age}, {"kind": kind, "price": price}, name="multi")


def _autoencoder() -> Any:
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
        ],
        name="autoencoder",
    )


def _tabular() -> Any:
    import numpy as np
    from keras import Input, Sequential, layers

    normalize = layers.Normalization()
    normalize.adapt(np.random.default_rng(0).normal(5, 2, (100, 8)).astype("float32"))
    return Sequential(
        [Input((8,)), normalize, layers.Dense(16, activation="silu"), layers.Dense(1)],
        name="tabular",
    )


def _segmentation() -> Any:
    from keras import Input, Model, layers

    inputs = Input((32, 32, 3))
    down = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(layers.MaxPooling2D()(down))
    x = layers.Concatenate()([layers.UpSampling2D(interpolation="bilinear")(x), down])
    return Model(inputs, layers.Conv2D(3, 1, activation="softmax")(x), name="unet")


MODELS: dict[str, Callable[[], Any]] = {
    "MLP, batch normalization": _mlp,
    "CNN, separable": _cnn,
    "residual, logits": _residual,
    "tabular, Normalization": _tabular,
    "multi-input, two outputs": _multi_input,
    "autoencoder": _autoencoder,
    "U-Net": _segmentation,
    "LSTM with masking": _lstm,
    "bidirectional GRU, any length": _gru,
    "transformer block": _transformer,
    "TextVectorization inside": _text,
    "MobileNetV3Small": _mobilenet,
}
