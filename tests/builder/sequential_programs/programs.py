"""Random programs of calls that a script makes on a keras.Sequential, and what they observe.

A program is a list of steps. It runs once with ``keras.Sequential`` and once with the builder; each
run begins with fresh name counters and seeds, so that all names and weights must be equal.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from hypothesis import strategies as st
from keras import layers

from kwidgets.builder.sequential import SequentialBuilder

SIZE = 4
X = np.linspace(-1, 1, 8 * SIZE, dtype="float32").reshape(8, SIZE)


@dataclasses.dataclass(frozen=True)
class Step:
    """One statement: what it does, and a number from which it takes its choices."""

    do: str
    number: int = 0

    def __repr__(self) -> str:
        return f"{self.do}({self.number})"


@dataclasses.dataclass
class Run:
    """The state of a program while it runs.

    Args:
        make: ``keras.Sequential`` or the builder.
        model: what the program has made.
        compiled: whether ``compile`` was called since the last change of the layers; Keras's
            optimizer and traced steps are of no use after one.
    """

    make: Callable[..., Any]
    folder: Path
    model: Any = None
    compiled: bool = False
    # Whether the model itself was quantized: Keras locks it, and then cannot change its layers.
    locked: bool = False

    @property
    def is_builder(self) -> bool:
        return self.make is SequentialBuilder


def new_layer(number: int) -> Any:
    """Return one of the layers that programs add; each takes a vector of any size."""
    units = 2 + number % 3
    kinds: list[Callable[[], Any]] = [
        lambda: layers.Dense(units),
        lambda: layers.Dense(units, activation="relu", name=f"mine_{number}"),
        lambda: layers.Dropout(0.5),
        lambda: layers.BatchNormalization(),
        lambda: layers.Activation("tanh"),
        lambda: layers.LayerNormalization(),
        lambda: layers.Dense(units, kernel_regularizer="l2", dtype="mixed_bfloat16"),
        lambda: layers.UnitNormalization(),
        lambda: keras.Sequential([layers.Dense(units), layers.ReLU()]),
        lambda: keras.Sequential([keras.Input((None,)), layers.Activation("relu")], name="block"),
        lambda: layers.Conv2D(2, 3),  # does not fit: it takes images
    ]
    return kinds[number % len(kinds)]()


def start(run: Run, number: int) -> None:
    """Make the model in one of the ways in which scripts do."""
    make = run.make

    def functional() -> keras.Model:
        given = keras.Input((SIZE,))
        return keras.Model(given, layers.Dense(3)(given))

    def from_config() -> Any:
        first = keras.Sequential([keras.Input((SIZE,)), layers.Dense(3), layers.ReLU()])
        return make.from_config(first.get_config())  # type: ignore[attr-defined]

    ways: list[Callable[[], Any]] = [
        lambda: make([keras.Input((SIZE,)), layers.Dense(4), layers.Dense(3)]),
        lambda: make([layers.Dense(4), layers.Dense(2)]),
        lambda: make([layers.Dense(3, input_shape=(SIZE,)), layers.Dropout(0.25)], name="given"),
        lambda: make([keras.Input((SIZE,), batch_size=8), layers.Dense(3)], trainable=False),
        lambda: make(
            [keras.Input((SIZE,)), keras.Sequential([keras.Input((SIZE,)), layers.Dense(4)])]
        ),
        lambda: make([keras.Sequential([keras.Input((SIZE,)), layers.Dense(4)]), layers.Dense(3)]),
        lambda: make([functional(), layers.Dense(2)]),
        lambda: make([layers.InputLayer(shape=(SIZE,), name="x"), layers.Dense(2)]),
        from_config,
        lambda: make(),
    ]
    run.model = ways[number % len(ways)]()
    if not run.model.layers:
        run.model.add(keras.Input((SIZE,)))
        run.model.add(layers.Dense(3))


def add(run: Run, number: int) -> None:
    run.model.add(new_layer(number))
    run.compiled = False


def pop(run: Run, number: int) -> None:
    if len(run.model.layers) > 1:
        run.model.pop()
        run.compiled = False


def pop_and_add(run: Run, number: int) -> None:
    if len(run.model.layers) > 1:
        run.model.add(run.model.pop())
        run.compiled = False


def insert(run: Run, number: int) -> None:
    """Insert a layer; Keras has no such method, so its script takes the layers above off."""
    index = number % (len(run.model.layers) + 1)
    layer: Any = layers.Activation("elu")
    if index == 0:
        # As wide as what the layer above gets now: Keras cannot build a layer for another width.
        layer = layers.Dense(run.model.layers[0].compute_output_shape((8, SIZE))[-1])
    run.compiled = False
    if index == 0 and len(run.model.layers) < 2:
        return  # Keras cannot take off the last layer
    if run.is_builder:
        run.model.insert(max(index, 1), layer)
        return
    above = [run.model.pop() for _ in range(len(run.model.layers) - max(index, 1))]
    run.model.add(layer)
    for each in reversed(above):
        run.model.add(each)


def compile_model(run: Run, number: int) -> None:
    optimizers: list[Callable[[], Any]] = [
        lambda: "sgd",
        lambda: keras.optimizers.Adam(0.01),
        lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
        lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True, clipnorm=1.0),
    ]
    losses: list[Callable[[], Any]] = [
        lambda: "mse",
        lambda: keras.losses.Huber(delta=0.5),
        lambda: lambda y, p: keras.ops.mean(keras.ops.abs(y - p), axis=-1),
        lambda: "crossentropy",
    ]
    run.model.compile(
        optimizers[number % len(optimizers)](),
        losses[number % len(losses)](),
        # Always: Keras keeps those of an earlier call of compile.
        metrics=["mae"],
        # A traced step takes a second to make.
        run_eagerly=keras.backend.backend() == "tensorflow" and number % 7 != 0,
    )
    run.compiled = True


def _targets(run: Run) -> Any:
    width = run.model.compute_output_shape((8, SIZE))[-1]
    return np.full((8, width), 1 / width, "float32")


def fit(run: Run, number: int) -> Any:
    if not run.compiled:
        compile_model(run, number)
    history = run.model.fit(
        X, _targets(run), epochs=1 + number % 2, batch_size=8, shuffle=False, verbose=0
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def train_on_batch(run: Run, number: int) -> Any:
    if not run.compiled:
        compile_model(run, number)
    return np.asarray(run.model.train_on_batch(X, _targets(run))).tolist()


def evaluate(run: Run, number: int) -> Any:
    if not run.compiled:
        compile_model(run, number)
    return np.asarray(run.model.evaluate(X, _targets(run), batch_size=8, verbose=0)).tolist()


def predict(run: Run, number: int) -> Any:
    # Keras keeps a traced step across changes of the layers until compile.
    if not run.compiled:
        compile_model(run, number)
    return run.model.predict(X, batch_size=8, verbose=0).tolist()


def call(run: Run, number: int) -> Any:
    return keras.ops.convert_to_numpy(run.model(X)).astype("float32").tolist()


def traced_call(run: Run, number: int) -> Any:
    """Call the model for the first time within a function that is being traced."""
    model = run.model
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not model.built:
            return None  # Keras cannot create variables in a trace
        return np.asarray(tf.function(lambda x: model(x))(X)).astype("float32").tolist()
    if keras.backend.backend() == "jax":
        import jax

        if not model.built:
            return None
        return np.asarray(jax.jit(lambda x: model(x))(X)).astype("float32").tolist()
    return None


def save_and_load(run: Run, number: int) -> None:
    path = run.folder / "model.keras"
    run.model.save(path)
    run.compiled = run.locked = False
    if run.is_builder:
        run.model = run.make(path)
        return
    try:
        run.model = keras.models.load_model(path)
    except ValueError:
        # A lambda is not loaded; the builder then loads the model without its settings.
        run.model = keras.models.load_model(path, compile=False)


def save_weights(run: Run, number: int) -> None:
    path = run.folder / "some.weights.h5"
    run.model.save_weights(path)
    run.model.set_weights([np.zeros_like(value) for value in run.model.get_weights()])
    run.model.load_weights(path)


def freeze(run: Run, number: int) -> None:
    index = number % (len(run.model.layers) + 1)
    target = run.model if index == len(run.model.layers) else run.model.layers[index]
    target.trainable = not target.trainable
    run.compiled = False


def lora(run: Run, number: int) -> None:
    for layer in run.model.layers:
        if type(layer) is layers.Dense and layer.built and not layer.lora_enabled:
            layer.enable_lora(2)
            run.compiled = False
            return


def quantize(run: Run, number: int) -> None:
    if run.model.built and number % 2:
        run.model.quantize("int8")
        run.compiled, run.locked = False, True


def change_attribute(run: Run, number: int) -> None:
    layer = run.model.layers[number % len(run.model.layers)]
    if isinstance(layer, layers.Dropout):
        layer.rate = 0.125
    elif type(layer) is layers.Dense:
        layer.activation = keras.activations.sigmoid
    run.compiled = False


def copy_of_model(run: Run, number: int) -> None:
    if run.model.built:
        config, values = run.model.get_config(), run.model.get_weights()
        run.model = run.make.from_config(config)  # type: ignore[attr-defined]
        run.model.set_weights(values)
        run.compiled = run.locked = False


_CHANGES = {"add", "pop", "pop_and_add", "insert"}
# What makes variables, which scripts do under the scope of their strategy: Keras trains no others.
_MAKES_VARIABLES = {*_CHANGES, "compile_model", "lora", "quantize", "copy_of_model"}

STEPS: dict[str, Callable[[Run, int], Any]] = {
    function.__name__: function
    for function in (
        *(add, pop, pop_and_add, insert, compile_model, fit, train_on_batch, evaluate, predict),
        *(call, traced_call, save_and_load, save_weights, freeze, lora, quantize),
        *(change_attribute, copy_of_model),
    )
}


@st.composite
def programs(draw: Any) -> list[Step]:
    """Return a program: how the model is made, under which scope, and what is called then."""
    number = st.integers(0, 29)
    first = [Step("scope", draw(st.integers(0, 5))), Step("start", draw(number))]
    steps = st.builds(Step, st.sampled_from(sorted(STEPS)), number)
    return [*first, *draw(st.lists(steps, min_size=1, max_size=7))]


def parse(text: str) -> list[Step]:
    """Return the program that is written as ``"scope 0, start 4, add 1, call"``."""
    return [
        Step(name, int(number or 0))
        for name, _, number in (part.strip().partition(" ") for part in text.split(","))
    ]


def _scope(number: int) -> Callable[[], contextlib.AbstractContextManager[Any]]:
    """Return what makes the scope in which the model is made and compiled."""
    if number == 1 and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.distribute.MirroredStrategy(["CPU:0"]).scope  # type: ignore[no-any-return]
    if number == 2:
        return lambda: keras.device("cpu:0")  # type: ignore[no-any-return]
    if number == 3:
        return lambda: keras.name_scope("outer")  # type: ignore[no-any-return]
    return contextlib.nullcontext


def _observe(model: Any) -> Any:
    """Return all that can be seen of a model without changing it."""
    built = bool(model.built)
    return {
        "name": model.name,
        "built": built,
        "layers": [layer.name for layer in model.layers],
        "classes": [type(layer).__name__ for layer in model.layers],
        "config": json.loads(json.dumps(model.get_config(), default=str)),
        "weights": [
            (weight.path, str(weight.dtype), bool(weight.trainable)) for weight in model.weights
        ],
        "values": [np.asarray(value, "float32").tolist() for value in model.get_weights()],
        "count": model.count_params() if built else None,
        "shapes": [model.input_shape, model.output_shape] if built else None,
    }


def run_program(make: Callable[..., Any], program: list[Step]) -> Iterator[tuple[Step, Any]]:
    """Run a program; yield each step with what can be seen after it.

    The last one may be the error that ended the program.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    scope, first, *rest = program
    with tempfile.TemporaryDirectory() as folder:
        run = Run(make, Path(folder))
        try:
            make_scope = _scope(scope.number)
            with make_scope():
                start(run, first.number)
                compile_model(run, first.number)
            yield first, _observe(run.model)
            for step in rest:
                if run.locked and step.do in _CHANGES:
                    continue
                is_within = scope.number == 1 and (step.do in _MAKES_VARIABLES or not run.compiled)
                with make_scope() if is_within else contextlib.nullcontext():
                    result = STEPS[step.do](run, step.number)
                yield step, {"result": result, **_observe(run.model)}
        except Exception as error:
            yield Step("error"), error
