"""Templates: small, sound models of common kinds with their compile settings."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from kwidgets.builder.analysis import Shape
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Value, layer
from kwidgets.language import t

NUM_CLASSES = 10
VOCABULARY_SIZE = 20_000


@dataclasses.dataclass(frozen=True)
class Template:
    """A small model to start from.

    Args:
        name: its identifier; never changes.
        texts: returns the title and the summary in the user's language.
        make: returns the model for inputs of a shape; for None, or a shape it does not support,
            it uses its own.
    """

    name: str
    texts: Callable[[], tuple[str, str]]
    make: Callable[[Shape | None], ModelSpec]

    @property
    def title(self) -> str:
        return self.texts()[0]

    @property
    def summary(self) -> str:
        return self.texts()[1]


def by_name(name: str) -> Template:
    """Return a template.

    Raises:
        KeyError: there is none of this name.
    """
    for template in TEMPLATES:
        if template.name == name:
            return template
    known = ", ".join(template.name for template in TEMPLATES)
    raise KeyError(f"no template {name!r}. The templates are {known}")


def _model(
    shape: Shape, layers: list[LayerSpec], dtype: str | None = None, **compile: Value
) -> ModelSpec:
    arguments: dict[str, Value] = {"shape": shape}
    if dtype is not None:
        arguments["dtype"] = dtype
    return ModelSpec(input=arguments, layers=tuple(layers), compile=compile)


def _dense(units: int, activation: str | None = None) -> LayerSpec:
    if activation is None:
        return layer("keras.layers.Dense", units=units)
    return layer("keras.layers.Dense", units=units, activation=activation)


_CLASSIFIER: dict[str, Value] = {
    "optimizer": "adam",
    "loss": "sparse_categorical_crossentropy",
    "metrics": ("accuracy",),
}


def _is_fully_known(shape: Shape | None) -> bool:
    return shape is not None and None not in shape


def _mlp(shape: Shape | None) -> ModelSpec:
    if shape is None or not _is_fully_known(shape) or not shape:
        shape = (28, 28)
    flatten = [layer("keras.layers.Flatten")] if len(shape) > 1 else []
    return _model(
        shape,
        [
            *flatten,
            _dense(128, "relu"),
            layer("keras.layers.Dropout", rate=0.2),
            _dense(NUM_CLASSES, "softmax"),
        ],
        **_CLASSIFIER,
    )


def _cnn(shape: Shape | None) -> ModelSpec:
    start: list[LayerSpec] = []
    if shape is not None and len(shape) == 2 and _is_fully_known(shape):
        # Convolutions require a dimension for channels, even for a single one.
        start.append(layer("keras.layers.Reshape", target_shape=(*shape, 1)))
        image: Shape = (*shape, 1)
    elif shape is not None and len(shape) == 3 and shape[-1] is not None:
        image = shape
    else:
        shape = image = (28, 28, 1)
    # The image keeps at least 4 × 4 pixels through all halvings.
    smallest = min(size if size is not None else 224 for size in image[:2])
    halvings = max(0, min(4, int(math.log2(max(smallest, 1) / 4)))) if smallest >= 8 else 0
    # Flatten keeps positions, but needs too many weights for large feature maps.
    is_small = _is_fully_known(image) and max(size or 0 for size in image[:2]) >> halvings <= 8
    end = "keras.layers.Flatten" if is_small else "keras.layers.GlobalAveragePooling2D"
    body: list[LayerSpec] = []
    for step in range(halvings + 1):
        filters = 32 * 2 ** min(step, 2)
        body.append(
            layer(
                "keras.layers.Conv2D",
                filters=filters,
                kernel_size=3,
                padding="same",
                activation="relu",
            )
        )
        if step < halvings:
            body.append(layer("keras.layers.MaxPooling2D"))
    return _model(
        shape,
        [
            *start,
            *body,
            layer(end),
            layer("keras.layers.Dropout", rate=0.3),
            _dense(NUM_CLASSES, "softmax"),
        ],
        **_CLASSIFIER,
    )


def _lstm(shape: Shape | None) -> ModelSpec:
    if shape is None or len(shape) != 1:
        shape = (None,)
    return _model(
        shape,
        [
            layer("keras.layers.Embedding", input_dim=VOCABULARY_SIZE, output_dim=64),
            _bidirectional_lstm(),
            layer("keras.layers.Dropout", rate=0.3),
            _dense(1, "sigmoid"),
        ],
        dtype="int32",
        optimizer="adam",
        loss="binary_crossentropy",
        metrics=("accuracy",),
    )


def _bidirectional_lstm() -> LayerSpec:
    return layer("keras.layers.Bidirectional", layer=ObjectSpec("keras.layers.LSTM", {"units": 64}))


def _conv1d(shape: Shape | None) -> ModelSpec:
    start: list[LayerSpec] = []
    if shape is not None and len(shape) == 1 and _is_fully_known(shape):
        start.append(layer("keras.layers.Reshape", target_shape=(*shape, 1)))
    elif shape is None or len(shape) != 2 or shape[-1] is None:
        shape = (128, 1)
    body: list[LayerSpec] = []
    length = shape[0] if shape[0] is not None else 128
    for step in range(3):
        body.append(
            layer(
                "keras.layers.Conv1D",
                filters=32 * 2**step,
                kernel_size=5,
                padding="same",
                activation="relu",
            )
        )
        if step < 2 and length >= 8:
            body.append(layer("keras.layers.MaxPooling1D"))
            length //= 2
    return _model(
        shape,
        [
            *start,
            *body,
            layer("keras.layers.GlobalAveragePooling1D"),
            layer("keras.layers.Dropout", rate=0.3),
            _dense(NUM_CLASSES, "softmax"),
        ],
        **_CLASSIFIER,
    )


def _autoencoder(shape: Shape | None) -> ModelSpec:
    if shape is None or not _is_fully_known(shape) or not shape:
        shape = (28, 28)
    size = math.prod(entry for entry in shape if entry is not None)
    flatten = [layer("keras.layers.Flatten")] if len(shape) > 1 else []
    back = [layer("keras.layers.Reshape", target_shape=shape)] if len(shape) > 1 else []
    return _model(
        shape,
        [
            *flatten,
            _dense(128, "relu"),
            _dense(32, "relu"),
            _dense(128, "relu"),
            _dense(size),
            *back,
        ],
        optimizer="adam",
        loss="mse",
    )


def _regression(shape: Shape | None) -> ModelSpec:
    if shape is None or not _is_fully_known(shape) or not shape:
        shape = (8,)
    flatten = [layer("keras.layers.Flatten")] if len(shape) > 1 else []
    return _model(
        shape,
        [
            *flatten,
            # Columns of a table differ in scale; this layer learns to normalize them.
            layer("keras.layers.BatchNormalization"),
            _dense(64, "relu"),
            _dense(64, "relu"),
            _dense(1),
        ],
        optimizer="adam",
        loss="mse",
        metrics=("mae",),
    )


TEMPLATES: tuple[Template, ...] = (
    Template(
        "mlp",
        lambda: (
            t("Dense network"),
            t("Classifies small images or rows of numbers. A good first model."),
        ),
        _mlp,
    ),
    Template(
        "cnn",
        lambda: (
            t("Convolutional network"),
            t("Classifies images with convolutions and pooling."),
        ),
        _cnn,
    ),
    Template(
        "lstm",
        lambda: (
            t("Text with an LSTM"),
            t(
                "Binary text classifier; inputs are word indices below %1.",
                f"{VOCABULARY_SIZE:,}",
            ),
        ),
        _lstm,
    ),
    Template(
        "regression",
        lambda: (
            t("Table regression"),
            t("Predicts a number, such as a price, from the columns of a table."),
        ),
        _regression,
    ),
    Template(
        "conv1d",
        lambda: (
            t("1D convolution"),
            t("Classifies signals and time series, such as sound, motion or sensor data."),
        ),
        _conv1d,
    ),
    Template(
        "autoencoder",
        lambda: (
            t("Autoencoder"),
            t("Compresses and reconstructs its input with 32 numbers; use x as y."),
        ),
        _autoencoder,
    ),
)
