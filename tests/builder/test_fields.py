"""What users type becomes a value, or an error that says what would."""

import json
import math
from typing import get_args

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwidgets.builder import catalog, fields
from kwidgets.builder.fields import DEFAULT, FieldError
from kwidgets.builder.protocol import FieldKind
from kwidgets.builder.quick_add import read_field
from kwidgets.builder.spec import ObjectSpec, Reference, Variable

NAN = float("nan")
L2 = ObjectSpec("keras.regularizers.L2")


def parameter(field, **more):
    return {
        "name": "value",
        "field": field,
        "required": False,
        "default": None,
        "nullable": False,
        "basic": True,
        "help": "",
        **more,
    }


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("int", "3", 3),
        ("int", " -3 ", -3),
        ("int", "1_000", 1000),
        ("int", "1e3", 1000),
        ("int", "64.0", 64),
        ("float", "0.5", 0.5),
        ("float", "1", 1.0),
        ("float", "1e-3", 0.001),
        ("float", ".5", 0.5),
        ("float", "1/255", 1 / 255),
        ("float", "1./255", 1 / 255),
        ("float", "20%", 0.2),
        ("float", "-inf", -math.inf),
        ("ints", "3", 3),
        ("ints", "3, 3", (3, 3)),
        ("ints", "3,3", (3, 3)),
        ("ints", "(3, 3)", (3, 3)),
        ("ints", "[3, 3]", (3, 3)),
        ("ints", "3 3", (3, 3)),
        ("ints", "3x3", (3, 3)),
        ("ints", "3 × 5 × 7", (3, 5, 7)),
        ("ints", "(3,)", (3,)),
        ("ints", "3,", (3,)),
        ("ints", "(3)", (3,)),
        ("numbers", "0.1", 0.1),
        ("numbers", "0, 255", (0, 255)),
        ("numbers", "(-0.2, 0.3)", (-0.2, 0.3)),
        ("numbers", "1 / 255", 1 / 255),
        ("numbers", "10%, 20%", (0.1, 0.2)),
        ("shape", "28, 28, None", (28, 28, None)),
        ("shape", "(28,)", (28,)),
        ("shape", "28", (28,)),
        ("shape", "28x28x1", (28, 28, 1)),
        ("shape", "7 7 -1", (7, 7, -1)),
        ("shape", "none, 3", (None, 3)),
        ("shape", "()", ()),
        ("bool", "True", True),
        ("bool", "off", False),
        ("text", "head", "head"),
        ("texts", "red, green", ("red", "green")),
        ("texts", "['red', \"green\"]", ("red", "green")),
        ("texts", "'a b', c", ("a b", "c")),
        ("texts", "one", ("one",)),
        ("python", "{'a': 0.5, 1: [2, None]}", {"a": 0.5, 1: [2, None]}),
        ("python", "1, 2", (1, 2)),
        ("python", "((1, 1), (2, 2))", ((1, 1), (2, 2))),
        ("python", "'text'", "text"),
        ("activation", "relu", "relu"),
        ("activation", "ReLU", "relu"),
        ("activation", "'gelu'", "gelu"),
        ("dtype", "float16", "float16"),
        ("dtype", "mixed_bfloat16", "mixed_bfloat16"),
        ("data", "x_train", Variable("x_train")),
    ],
)
def test_texts_are_read(field, text, value):
    found = read_field(parameter(field), text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("int", "many"),
        ("int", "3.5"),
        ("int", "3, 3"),
        ("int", "1e999999999"),
        ("int", "nan"),
        ("int", "9" * 5000),
        ("float", "fast"),
        ("float", "1/0"),
        ("float", "1/2/3"),
        ("float", "nan"),
        ("float", "0.1, 0.2"),
        ("ints", "3, x"),
        ("ints", "()"),
        ("ints", "3.5, 3"),
        ("numbers", "0.1, a"),
        ("numbers", "[]"),
        ("shape", "28, wide"),
        ("shape", "28, -2"),
        ("bool", "maybe"),
        ("choice", "diagonal"),
        ("activation", "relo"),
        ("dtype", "flot32"),
        ("python", "open('file')"),
        ("python", "{1, 2}"),
        ("python", "b'bytes'"),
        ("python", "("),
        ("data", "x train"),
        ("data", "x_train[0]"),
        ("reference", "anything"),
    ],
)
def test_texts_that_fit_nowhere_are_refused(field, text):
    more = {"choices": ["valid", "same"]} if field == "choice" else {}
    with pytest.raises(FieldError, match=r"^value"):
        read_field(parameter(field, **more), text)


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (
            {"field": "int", "name": "units", "minimum": 1},
            "many",
            "units must be an integer above 0, such as 128, not 'many'",
        ),
        (
            {"field": "int", "name": "patience", "minimum": 0},
            "-1",
            "patience must be an integer of at least 0, such as 128, not '-1'",
        ),
        (
            {"field": "choice", "name": "padding", "choices": ["valid", "same", "causal"]},
            "none",
            "padding must be one of these: valid, same or causal, such as valid, not 'none'",
        ),
        (
            {"field": "activation", "name": "activation"},
            "rely",
            "activation: No activation “rely”. Did you mean relu",
        ),
        (
            {"field": "object", "name": "kernel_regularizer", "section": "regularizers"},
            "l3",
            "kernel_regularizer: No regularizer “l3”. Try L2, L1 or ",
        ),
        (
            {"field": "float", "name": "rate", "nullable": True},
            "x" * 100,
            "rate must be a number, or empty, such as 0.001, not 'xxx",
        ),
    ],
)
def test_an_error_says_what_came_what_fits_and_an_example(arguments, text, message):
    with pytest.raises(FieldError) as caught:
        read_field(parameter(**arguments), text)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 200


def test_an_empty_text_is_none_or_the_default():
    assert read_field(parameter("int", nullable=True), "  ") is None
    assert read_field(parameter("int", nullable=True), "None") is None
    assert read_field(parameter("int"), "") is DEFAULT
    assert read_field(parameter("activation", nullable=True), "none") is None
    with pytest.raises(FieldError):
        read_field(parameter("int"), "None")


def test_choices_are_found_by_their_text():
    mixed = parameter("choice", choices=["auto", True, False])
    assert read_field(mixed, "AUTO") == "auto"
    assert read_field(mixed, "true") is True
    assert fields.check(mixed, False) is False
    with pytest.raises(FieldError):
        fields.check(mixed, 1)


@pytest.mark.parametrize(
    ("section", "text", "value"),
    [
        ("regularizers", "l2", L2),
        ("regularizers", "'l2'", L2),
        ("regularizers", "L2", L2),
        ("regularizers", "keras.regularizers.L2", L2),
        ("regularizers", "L2(0.1)", ObjectSpec("keras.regularizers.L2", {"l2": 0.1})),
        ("regularizers", "l2 0.1", ObjectSpec("keras.regularizers.L2", {"l2": 0.1})),
        ("initializers", "he_normal", ObjectSpec("keras.initializers.HeNormal")),
        ("losses", "mse", ObjectSpec("keras.losses.MeanSquaredError")),
        ("optimizers", "adam 0.01", ObjectSpec("keras.optimizers.Adam", {"learning_rate": 0.01})),
        ("layers", "lstm 8", ObjectSpec("keras.layers.LSTM", {"units": 8})),
        ("cells", "LSTMCell(8)", ObjectSpec("keras.layers.LSTMCell", {"units": 8})),
        ("metrics", "accuracy", "accuracy"),
        ("metrics", "mae", "mae"),
        ("metrics", "AUC()", ObjectSpec("keras.metrics.AUC")),
    ],
)
def test_objects_are_read(section, text, value):
    assert read_field(parameter("object", section=section), text) == value


def test_the_text_of_a_default_is_the_default():
    kernel = catalog.catalog().parameter("keras.layers.Dense", "kernel_initializer")
    assert read_field(kernel, "GlorotUniform") == "glorot_uniform"
    assert read_field(kernel, "zeros") == ObjectSpec("keras.initializers.Zeros")


def test_lists_of_objects_are_read():
    metrics = parameter("objects", section="metrics")
    expected = ("accuracy", ObjectSpec("keras.metrics.Precision", {"thresholds": (0.5, 0.9)}))
    assert read_field(metrics, "accuracy, Precision(thresholds=[0.5, 0.9])") == expected
    assert read_field(metrics, "['accuracy']") == ("accuracy",)
    assert fields.check(metrics, "mae") == ("mae",)


def test_a_schedule_may_stand_for_a_learning_rate():
    rate = catalog.catalog().parameter("keras.optimizers.Adam", "learning_rate")
    schedule = ObjectSpec(
        "keras.optimizers.schedules.CosineDecay",
        {"initial_learning_rate": 0.01, "decay_steps": 100},
    )
    assert read_field(rate, "CosineDecay(0.01, 100)") == schedule
    assert fields.check(rate, schedule) == schedule
    assert fields.check(rate, 0.5) == 0.5
    with pytest.raises(FieldError, match="learning_rate"):
        read_field(rate, "fast")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("int", 3.0, 3),
        ("ints", [3, 3], (3, 3)),
        ("ints", 3, 3),
        ("shape", [28, None], (28, None)),
        ("shape", 28, (28,)),
        ("numbers", [0, 0.5], (0, 0.5)),
        ("float", 3, 3),
        ("texts", "one", ("one",)),
        ("texts", ["a", "b"], ("a", "b")),
        ("python", {"a": [1]}, {"a": [1]}),
        ("activation", "RELU", "relu"),
        ("dtype", "int8", "int8"),
        ("data", Variable("x"), Variable("x")),
        ("reference", Reference(print, "print"), Reference(print, "print")),
        ("int", Reference(print, "print"), Reference(print, "print")),
    ],
)
def test_values_of_programs_are_checked(field, value, expected):
    assert fields.check(parameter(field), value) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("int", True),
        ("int", "3"),
        ("int", 0.5),
        ("int", None),
        ("ints", ["a"]),
        ("float", NAN),
        ("float", "0.1"),
        ("numbers", [None]),
        ("bool", 1),
        ("text", 3),
        ("texts", [1]),
        ("shape", "wide"),
        ("data", "x"),
        ("python", {1, 2}),
        ("dtype", 3),
        ("activation", 3),
        ("object", 3),
        ("object", "nonsense"),
        ("object", ObjectSpec("keras.layers.Nonsense")),
        ("object", ObjectSpec("keras.losses.Poisson")),
        ("object", ObjectSpec("keras.layers.Dense", {"units": "many"})),
        ("object", ObjectSpec("keras.layers.Dense", {"unit": 3})),
        ("objects", [None]),
    ],
)
def test_values_that_do_not_fit_are_refused(field, value):
    with pytest.raises(FieldError):
        fields.check(parameter(field), value)


def test_minimum_counts_for_each_of_several():
    kernel = parameter("ints", minimum=1)
    assert fields.check(kernel, (1, 2)) == (1, 2)
    for value in (0, (3, 0)):
        with pytest.raises(FieldError, match="above 0"):
            fields.check(kernel, value)


def test_arguments_of_nested_objects_are_checked():
    spec = ObjectSpec(
        "keras.layers.Bidirectional",
        {"layer": ObjectSpec("keras.layers.LSTM", {"units": 8.0, "activation": "TANH"})},
    )
    inner = fields.check_arguments(spec).arguments["layer"]
    assert inner.arguments == {"units": 8, "activation": "tanh"}
    with pytest.raises(FieldError, match=r"no argument 'unit'. Did you mean units"):
        fields.check_arguments(ObjectSpec("keras.layers.LSTM", {"unit": 8}))
    with pytest.raises(FieldError, match="input card"):
        fields.check_arguments(ObjectSpec("keras.layers.Dense", {"input_shape": (3,)}))
    # What no form could have made is left alone.
    odd = ObjectSpec("keras.layers.LSTM", {"anything": 8}, from_config=True)
    assert fields.check_arguments(odd) is odd


def test_an_activation_may_be_the_user_s_own(monkeypatch):
    monkeypatch.setitem(keras.saving.get_custom_objects(), "test>wave", math.sin)
    assert fields.check(parameter("activation"), "test>wave") == "test>wave"


# JSON and back.

names = st.text(st.characters(codec="utf-8"), max_size=5)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names
reference = st.builds(Reference, st.sampled_from([print, len, object()]), names)
keys = names | st.integers() | st.booleans() | st.tuples(st.integers(), names)


def containers(children):
    return (
        st.lists(children, max_size=3)
        | st.lists(children, max_size=3).map(tuple)
        | st.dictionaries(keys, children, max_size=3)
        | st.builds(
            ObjectSpec,
            names,
            st.dictionaries(names, children, max_size=3),
            st.booleans(),
            st.none() | reference,
        )
    )


values = st.recursive(plain | reference | st.builds(Variable, names), containers, max_leaves=8)


def with_tuples(value):
    """The same with tuples for lists."""
    if isinstance(value, (list, tuple)):
        return tuple(with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: with_tuples(item) for key, item in value.items()}
    if isinstance(value, ObjectSpec):
        arguments = with_tuples(dict(value.arguments))
        return ObjectSpec(value.class_name, arguments, value.from_config, value.live)
    return value


@given(values)
def test_values_survive_the_wire(value):
    known = {}

    def reference_id(one):
        known[str(id(one.value))] = one
        return str(id(one.value))

    sent = json.loads(json.dumps(fields.to_wire(value, reference_id), allow_nan=False))
    assert fields.from_wire(sent, known) == with_tuples(value)


def test_the_wire_form_is_the_documented_one():
    thing = Reference(print, "print")
    assert fields.to_wire((1, L2, math.inf), None) == [
        1,
        {"class_name": "keras.regularizers.L2", "arguments": {}},
        {"number": "Infinity"},
    ]
    assert fields.to_wire(thing, lambda _: "r1") == {"reference": "r1", "text": "print"}
    assert fields.to_wire({"a": -math.inf}) == {"mapping": {"a": {"number": "-Infinity"}}}
    assert fields.to_wire({0: 0.5}) == {"mapping": {"0": 0.5}, "keys": [0]}
    assert fields.to_wire(Variable("x")) == {"variable": "x"}
    assert math.isnan(fields.from_wire(fields.to_wire(NAN)))
    # Defaults of the catalog are tuples, which JSON would make lists.
    assert fields.from_wire((2, 2)) == (2, 2)


def test_what_no_spec_holds_is_not_sent():
    for value in (object(), {1, 2}, Reference(print, "print")):
        with pytest.raises(TypeError, match="Reference"):
            fields.to_wire(value)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"reference": "r9", "text": "a function"},
        {"reference": []},
        {"number": "ten"},
        {"number": []},
        {"class_name": 3},
        {"class_name": "a", "arguments": 3},
        {"mapping": []},
        {"mapping": {"a": 1}, "keys": []},
        {"mapping": {"a": 1}, "keys": [{"mapping": {}}]},
        {"mapping": {"a": 1}, "keys": 3},
        object(),
    ],
)
def test_messages_in_no_known_form_are_refused(content):
    with pytest.raises(FieldError):
        fields.from_wire(content)


@settings(deadline=None)
@given(st.sampled_from(get_args(FieldKind)), st.text(max_size=12), st.booleans())
def test_no_text_does_anything_but_mean_a_value_or_be_refused(field, text, nullable):
    try:
        value = read_field(parameter(field, nullable=nullable), text)
    except FieldError:
        return
    if value is not DEFAULT:
        fields.check(parameter(field, nullable=nullable), value)
