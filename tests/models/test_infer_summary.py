"""Shapes and weights of models that are not built, computed without a change to the original."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets.models.infer_shapes.infer_summary import infer_summary
from kwidgets.models.infer_shapes.shape_text import ShapeProblemError, parse_shapes
from kwidgets.models.summary_data import LayerSummary

BACKEND = keras.backend.backend()


class Own(keras.layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], 3), name="kernel")

    def call(self, inputs: Any) -> Any:
        return keras.ops.matmul(inputs, self.kernel)


class Block(keras.layers.Layer):
    def __init__(self, units: int) -> None:
        super().__init__()
        self.inner = [keras.layers.Dense(units, "relu"), keras.layers.Dropout(0.5)]
        self.named = {"last": keras.layers.Dense(units)}
        self.apply = lambda x: self.named["last"](x)

    def call(self, inputs: Any, training: bool = False) -> Any:
        for layer in self.inner:
            inputs = layer(inputs)
        return self.apply(inputs)


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.own, self.block = Own(), Block(4)
        self.norm = keras.layers.BatchNormalization()
        self.rnn = keras.layers.Bidirectional(keras.layers.LSTM(3))
        self.head = keras.layers.Dense(2)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.head(self.rnn(self.norm(self.block(self.own(inputs)), training=training)))


class TwoInputs(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.image, self.age = keras.layers.Dense(3), keras.layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        return keras.ops.concatenate([self.image(inputs["image"]), self.age(inputs["age"])], -1)


def unbuilt_sequential() -> keras.Model:
    return keras.Sequential([keras.layers.Dense(3), Block(5), keras.layers.Dense(1)])


def nested() -> keras.Model:
    return keras.Sequential([keras.Sequential([keras.layers.Dense(4)]), keras.layers.Dense(2)])


def facts(layer: LayerSummary) -> list[Any]:
    """Shapes without the batch, and parameters, of all in a layer."""
    shapes = layer.output_shapes and [shape[1:] for shape in layer.output_shapes]
    own = (layer.class_name, shapes, layer.parameters, layer.trainable_parameters)
    return [own, *(fact for child in layer.children for fact in facts(child))]


def state(model: keras.Model) -> Any:
    """What must not change."""
    parts = [model, *model._flatten_layers()]
    return [
        (
            *(id(part), part.built, part.name),
            [id(weight) for weight in part.weights],
            len(part._inbound_nodes),
            {name: id(value) for name, value in vars(part).items()},
        )
        for part in parts
    ]


@pytest.mark.parametrize("make", [Subclassed, unbuilt_sequential, nested])
def test_what_is_worked_out_is_what_a_call_makes(make: Any) -> None:
    model = make()
    summary = infer_summary(model, "(6, 4)")
    assert summary.inferred_from == "(6, 4)"
    model(np.zeros((2, 6, 4), "float32"))
    assert summary.parameters == model.count_params()
    again = infer_summary(model, "(6, 4)")
    assert facts(summary.root) == facts(again.root)
    assert all(shapes is not None for _, shapes, _, _ in facts(summary.root))


@pytest.mark.parametrize("make", [Subclassed, unbuilt_sequential, nested])
def test_the_original_is_not_touched(make: Any) -> None:
    model = make()
    named = keras.layers.Dense(1).name
    before, drawn = state(model), random.getstate()
    infer_summary(model, "(6, 4)")
    assert state(model) == before
    assert random.getstate() == drawn
    number = int(named.rpartition("_")[2]) if "_" in named else 0
    assert keras.layers.Dense(1).name == f"dense_{number + 1}"
    assert not model.built
    model(np.zeros((4, 6, 4), "float32"))
    assert model.built


def test_a_built_model_keeps_its_values() -> None:
    model = Subclassed()
    model(np.ones((2, 6, 4), "float32"))
    before = [np.array(value) for value in model.get_weights()]
    summary = infer_summary(model, "(9, 4)")
    assert summary.root.output_shapes == ((None, 2),)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_several_inputs_and_dtypes() -> None:
    summary = infer_summary(TwoInputs(), "{'image': (5,), 'age': (1,)}")
    assert summary.root.output_shapes == ((None, 5),)
    embedding = keras.Sequential([keras.layers.Embedding(100, 8), keras.layers.LSTM(4)])
    summary = infer_summary(embedding, "(20,) int32")
    assert summary.root.children[0].output_shapes == ((None, 20, 8),)
    assert summary.parameters == 100 * 8 + 4 * 4 * (8 + 4 + 1)


def test_nothing_is_allocated() -> None:
    huge = keras.Sequential([keras.layers.Dense(100_000), keras.layers.Dense(100_000)])
    assert infer_summary(huge, "100000").parameters == 2 * (100_000**2 + 100_000)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("28, 28", (None, 28, 28)),
        ("(28, 28)", (None, 28, 28)),
        ("[28, 28]", (None, 28, 28)),
        ("7", (None, 7)),
        (" (None, 5) ", (None, 5)),
        ("(None, None, 3)", (None, None, 3)),
    ],
)
def test_shapes_as_people_type_them(text: str, shape: tuple[int | None, ...]) -> None:
    assert parse_shapes(text).shape == shape


def test_several_shapes() -> None:
    first, second = parse_shapes("[(28, 28), (10,)]")
    assert first.shape == (None, 28, 28) and second.shape == (None, 10)
    assert parse_shapes("(10,) int64").dtype == "int64"


@pytest.mark.parametrize(
    "text", ["", "abc", "(0,)", "(-1, 2)", "(3.5,)", "(True,)", "(4,) foo32", "__import__('os')"]
)
def test_what_is_no_shape_says_what_is(text: str) -> None:
    with pytest.raises(ShapeProblemError, match=r"\(28, 28\)|dtype"):
        parse_shapes(text)


class Failing(keras.Model):
    def call(self, inputs: Any) -> Any:
        raise RuntimeError("the user's own reason")


class Slow(keras.Model):
    def call(self, inputs: Any) -> Any:
        while True:
            pass


def test_the_users_error_is_shown() -> None:
    with pytest.raises(ShapeProblemError, match="the user's own reason"):
        infer_summary(Failing(), "(3,)")
    convolution = keras.Sequential([keras.layers.Conv2D(2, 3)])
    with pytest.raises(ShapeProblemError, match=r"does not accept \(3,\).*expected"):
        infer_summary(convolution, "(3,)")


@pytest.mark.skipif(BACKEND != "tensorflow", reason="once is enough")
def test_code_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwidgets.dry_run.TIME_LIMIT_SECONDS", 0.5)
    with pytest.raises(ShapeProblemError, match="code was stopped"):
        infer_summary(Slow(), "(3,)")
