"""Impossible stacks, and what a learner is told about them."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kwidgets.builder.analysis import Problem
from kwidgets.builder.shapes import model_inference
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Reference
from kwidgets.builder.spec import layer as layer_spec


def _(class_name: str, **arguments: Any) -> LayerSpec:
    return layer_spec(f"keras.layers.{class_name}", **arguments)


def inner(class_name: str, **arguments: Any) -> ObjectSpec:
    return ObjectSpec(f"keras.layers.{class_name}", arguments)


def function(value: Any) -> Reference:
    return Reference(value, "a lambda")


def problem_of(shape: Any, *layers: LayerSpec, dtype: str = "float32") -> Problem | None:
    spec = ModelSpec(layers=layers).with_input(shape=shape, dtype=dtype)
    analysis = model_inference.analyze(spec)
    problems = [analysis.layers[entry.uid].problem for entry in spec.walk() if not entry.children]
    return next((problem for problem in problems if problem), analysis.input_problem)


IMAGE = "(batch, height, width, channels)"
SEQUENCE = "(batch, steps, features)"
LSTM, DENSE = inner("LSTM", units=3), inner("Dense", units=3)

# What goes in, the layers, words of the answer, and the argument to blame.
STACKS: list[tuple[Any, list[LayerSpec], list[str], str | None]] = [
    (
        (4, 4, 3),
        [_("Conv2D", filters=8, kernel_size=7)],
        ["larger", "(None, 4, 4, 3)", '"same"'],
        "kernel_size",
    ),
    (
        (10, 10, 1),
        [_("Conv2D", filters=8, kernel_size=(3, 3), dilation_rate=8)],
        ["dilation_rate 8", "spans 17 positions", "(None, 10, 10, 1)"],
        "dilation_rate",
    ),
    (
        (10, 10, 1),
        [_("Conv2D", filters=8, kernel_size=(3, 2), dilation_rate=(8, 1))],
        ["spans 17 × 2 positions"],
        "dilation_rate",
    ),
    ((4, 3), [_("Conv1D", filters=8, kernel_size=7)], ["kernel", "larger"], "kernel_size"),
    ((2, 2, 3), [_("MaxPooling2D", pool_size=(4, 4))], ["window", "(4, 4)"], "pool_size"),
    ((1, 1, 3), [_("MaxPooling2D")], ["window", "larger"], None),
    ((8,), [_("Conv2D", filters=8, kernel_size=3)], [IMAGE, "(None, 8)", "Flatten"], None),
    ((28, 28), [_("Conv2D", filters=8, kernel_size=3)], ["Reshape((28, 28, 1))"], None),
    ((28, 28, 1), [_("Conv1D", filters=8, kernel_size=3)], [SEQUENCE, "Reshape"], None),
    ((28, 28, 1), [_("Conv3D", filters=8, kernel_size=3)], ["volume", "2D"], None),
    ((None,), [_("Dense", units=3)], ["unknown (None)", "(None, None)", "fixed input size"], None),
    ((None, 3), [_("Flatten"), _("Dense", units=3)], ["unknown (None)", "global pooling"], None),
    (
        (8, 8, None),
        [_("Conv2D", filters=8, kernel_size=3)],
        ["unknown (None)", "fixed input size"],
        None,
    ),
    ((8,), [_("Reshape", target_shape=(3, 3))], ["8 values", "(3, 3)", "-1"], "target_shape"),
    ((8,), [_("Reshape", target_shape=(-1, 3))], ["8 values"], "target_shape"),
    ((8,), [_("Reshape", target_shape=(-1, -1))], ["-1 only once"], "target_shape"),
    ((8,), [_("Add")], ["two or more inputs"], None),
    ((8,), [_("Concatenate")], ["two or more inputs"], None),
    ((8, 4), [_("MultiHeadAttention", num_heads=2, key_dim=2)], ["a query and a value"], None),
    ((8,), [_("Dense")], ["requires units"], "units"),
    ((8, 8, 1), [_("Conv2D", filters=3)], ["requires kernel_size"], "kernel_size"),
    ((8,), [_("Dense", units=-3)], ["above 0", "-3"], "units"),
    ((8,), [_("Dense", units="many")], ["integer", '"many"'], "units"),
    ((8,), [_("Dense", units=2.5)], ["integer", "2.5"], "units"),
    ((8,), [_("Dense", units=3, activation="rellu")], ["Did you mean 'relu'"], "activation"),
    (
        (8,),
        [_("Dense", units=3, kernel_initializer="glorot_norm")],
        ["glorot_normal"],
        "kernel_initializer",
    ),
    (
        (8,),
        [_("Dense", units=3, kernel_regularizer="l3")],
        ["No regularizer “l3”"],
        "kernel_regularizer",
    ),
    ((8,), [_("Dense", units=3, kernel_constraint="foo")], ["No constraint"], "kernel_constraint"),
    (
        (8, 8, 1),
        [_("Conv2D", filters=3, kernel_size=3, padding="some")],
        ['"same"', '"valid"'],
        "padding",
    ),
    ((8, 8, 1), [_("Conv2D", filters=3, kernel_size=3, padding="causal")], ["Conv1D"], "padding"),
    (
        (8, 8, 1),
        [_("Conv2D", filters=3, kernel_size=(3, 3, 3))],
        ["2 of them", "(3, 3, 3)"],
        "kernel_size",
    ),
    ((8, 8, 1), [_("Conv2D", filters=3, kernel_size=0)], ["above 0"], "kernel_size"),
    ((8, 8, 1), [_("Conv2D", filters=0, kernel_size=3)], ["above 0"], "filters"),
    ((8, 8, 3), [_("Conv2D", filters=4, kernel_size=3, groups=2)], ["divide", "3"], "groups"),
    (
        (8, 8, 4),
        [_("Conv2D", filters=3, kernel_size=3, strides=2, dilation_rate=2)],
        ["must be 1"],
        "strides",
    ),
    ((8,), [_("LSTM", units=3)], [SEQUENCE, "(None, 8)"], None),
    ((8, 2), [_("LSTM", units=3), _("LSTM", units=3)], ["return_sequences"], None),
    ((8, 8, 2), [_("LSTM", units=3)], [SEQUENCE, "(None, 8, 8, 2)"], None),
    ((8, 2), [_("LSTM", units=3, return_state=True)], ["several outputs"], "return_state"),
    ((8, 2), [_("LSTM", units=3, stateful=True)], ["batch_size"], "stateful"),
    ((8, 2), [_("Bidirectional", layer=LSTM, merge_mode=None)], ["merge_mode"], "merge_mode"),
    ((8, 2), [_("Bidirectional", layer=DENSE)], ["recurrent"], "layer"),
    ((8, 2), [_("Bidirectional")], ["requires layer"], "layer"),
    ((8, 2), [_("TimeDistributed", layer=inner("Dense"))], ["Dense requires units"], "layer"),
    ((8,), [_("TimeDistributed", layer=DENSE)], ["no steps"], None),
    (
        (8, 4),
        [_("TimeDistributed", layer=inner("Conv2D", filters=3, kernel_size=3))],
        ["one step", "(None, 8, 4)", IMAGE],
        "layer",
    ),
    (
        (8, 4),
        [_("TimeDistributed", layer=LSTM)],
        ["one step", "Use LSTM without TimeDistributed"],
        "layer",
    ),
    (
        (8, 4),
        [_("TimeDistributed", layer=inner("Bidirectional", layer=LSTM))],
        ["Use Bidirectional without TimeDistributed"],
        "layer",
    ),
    ((8, 4), [_("TimeDistributed", layer=inner("GlobalMaxPooling2D"))], [IMAGE], "layer"),
    (
        (50,),
        [_("Embedding", input_dim=9, output_dim=16), _("Conv2D", filters=3, kernel_size=3)],
        ["use Conv1D"],
        None,
    ),
    (
        (None,),
        [_("Embedding", input_dim=9, output_dim=16), _("MaxPooling2D")],
        ["use MaxPooling1D"],
        None,
    ),
    ((8, 6), [_("GroupNormalization", groups=4)], ["divide", "6", "1, 2, 3, 6"], "groups"),
    ((8, 8, 3), [_("GroupNormalization", groups=32)], ["32 groups", "3 channels"], "groups"),
    ((8, 3), [_("Permute", dims=(1, 2, 3))], ["(2, 1)", "(None, 8, 3)"], "dims"),
    ((8, 3), [_("Permute", dims=(0, 1))], ["from 1"], "dims"),
    ((4, 4, 3), [_("Cropping2D", cropping=2)], ["Crop less", "(None, 4, 4, 3)"], "cropping"),
    ((4, 3), [_("Cropping1D", cropping=(2, 3))], ["Crop less"], "cropping"),
    ((8, 3), [_("RepeatVector", n=3)], ["one vector", "Flatten"], None),
    ((8,), [_("RepeatVector", n=2.5)], ["integer"], "n"),
    ((8,), [_("Embedding", input_dim=10)], ["requires output_dim"], "output_dim"),
    ((8,), [_("Embedding", input_dim=-10, output_dim=3)], ["above 0"], "input_dim"),
    ((8,), [_("Dropout", rate=2.0)], ["from 0 to 1", "2.0"], "rate"),
    ((8,), [_("Dropout", rate="x")], ["number", '"x"'], "rate"),
    ((8,), [layer_spec("Package>Foo", a=1)], ["No layer Foo", "Run the cell"], None),
    ((8,), [_("Dense", units=3, unitz=4)], ["no argument 'unitz'"], "unitz"),
    ((8,), [_("Dense", units=3, dtype="float31")], ["mixed_float16"], "dtype"),
    ((8,), [_("BatchNormalization", axis=4)], ["2 axes", "-1"], "axis"),
    ((8,), [_("Softmax", axis=4)], ["2 axes"], "axis"),
    ((8, 8, 3), [_("PReLU", shared_axes=[7])], ["4 axes"], "shared_axes"),
    ((8,), [_("GlobalAveragePooling1D")], [SEQUENCE], None),
    ((8, 3), [_("GlobalAveragePooling2D")], [IMAGE], None),
    ((8,), [_("AdaptiveAveragePooling2D", output_size=2)], [IMAGE], None),
    ((8,), [_("RandomFlip")], [IMAGE], None),
    ((8, 8, 3), [_("Equalization")], ["before training"], None),
    ((8,), [_("Dense", units=3, name="a/b")], ["without /"], "name"),
    (
        (8, 8, 8),
        [_("EinsumDense", equation="abc,cd->abd", output_shape=3)],
        ["3 axes", "has 4"],
        "equation",
    ),
    ((8,), [_("Lambda", function=function(lambda x: 1 / 0))], ["ZeroDivisionError"], "function"),
    ((8,), [_("Lambda", function=function(lambda x: [x, x]))], ["several outputs"], None),
    ((8, 3), [_("RNN", cell=DENSE)], ["LSTMCell"], "cell"),
    ((8, 3), [_("LSTMCell", units=3)], ["inside RNN"], None),
    ((8,), [_("SpectralNormalization", layer=inner("Dropout", rate=0.3))], ["kernel"], "layer"),
    (
        (8,),
        [_("Dense", units=3, name="a"), _("Dense", units=3, name="a")],
        ["already has the name"],
        "name",
    ),
    ((8,), [layer_spec("keras.Sequential")], ["empty"], None),
    ((-3,), [_("Dense", units=3)], ["one sample"], "shape"),
]

# Words of Keras's own developers.
JARGON = (
    "Received",
    "`",
    "KerasTensor",
    "keras.src",
    "Exception encountered",
    "'NoneType'",
    "\x1b",
)


@pytest.mark.parametrize(
    ("shape", "layers", "words", "blamed"),
    STACKS,
    ids=lambda value: (
        value[-1].title
        if isinstance(value, list) and value and isinstance(value[0], LayerSpec)
        else None
    ),
)
def test_an_impossible_stack_is_explained(
    shape: Any, layers: list[LayerSpec], words: list[str], blamed: str | None
) -> None:
    problem = problem_of(shape, *layers)
    assert problem is not None
    for word in words:
        assert word in problem.text
    assert problem.parameter == blamed
    assert problem.detail
    assert not [word for word in JARGON if word in problem.text]
    assert problem.text.endswith((".", "?", "…"))


def test_the_table_is_long_enough() -> None:
    assert len(STACKS) >= 40


def test_keras_own_message_is_kept() -> None:
    problem = problem_of((8,), _("Dense", units=-3))
    assert problem is not None and "expected a positive integer" in problem.detail


TEXT = [
    ("Dense", {"units": 3}),
    ("Conv1D", {"filters": 2, "kernel_size": 2}),
    ("Dropout", {"rate": 0.1}),
]


@pytest.mark.parametrize(("name", "arguments"), TEXT)
def test_text_goes_into_no_layer_that_computes(name: str, arguments: dict[str, Any]) -> None:
    problem = problem_of((1,), _(name, **arguments), dtype="string")
    assert problem is not None and "TextVectorization" in problem.text


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the layers need TensorFlow")
@pytest.mark.parametrize("name", ["TextVectorization", "StringLookup"])
def test_numbers_go_into_no_layer_that_reads_text(name: str) -> None:
    problem = problem_of((1,), _(name))
    assert problem is not None and '"string"' in problem.text
