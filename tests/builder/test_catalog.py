"""What a builder offers follows the installed Keras, and each form says what Keras says."""

import enum
import functools
import inspect
import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from kwidgets.builder import catalog, fields
from kwidgets.builder.catalog import classes, signatures
from tools import make_catalog

BASES = {"Layer", "Wrapper", "InputSpec"}
KNOWN = catalog.catalog()
SECTIONS = pytest.mark.parametrize("section", [*catalog.SECTIONS, "cells"])


def public(module: object) -> set[type]:
    return {cls for _, cls in inspect.getmembers(module, inspect.isclass)}


def test_every_layer_of_keras_is_offered_once():
    keys = [key for key in KNOWN.sections["layers"] if key.startswith("keras.")]
    offered = [KNOWN.classes[key] for key in keys]
    assert len(offered) == len(set(offered))
    missing = public(keras.layers) - set(offered)
    assert {cls.__name__ for cls in missing} == BASES
    assert set(offered) - public(keras.layers) == {keras.Sequential}


def test_sections_hold_no_base_classes_and_nothing_that_fit_makes_itself():
    names = {catalog.short_name(key) for keys in KNOWN.sections.values() for key in keys}
    assert not names & {"Layer", "Optimizer", "Loss", "Metric", "Callback", "History", "InputSpec"}
    assert set(KNOWN.sections["callbacks"]) >= {
        f"keras.callbacks.{name}"
        for name in ("EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau", "CSVLogger")
    }
    assert set(KNOWN.sections["cells"]) == {
        f"keras.layers.{name}"
        for name in ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells")
    }


@SECTIONS
def test_each_form_agrees_with_the_signature(section):
    for key in KNOWN.sections[section]:
        if key == "keras.Sequential":
            continue
        found = {one["name"]: one for one in KNOWN.entries[key]["parameters"]}
        for name, argument in inspect.signature(KNOWN.classes[key]).parameters.items():
            if argument.kind in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL):
                continue
            parameter = found.pop(name)
            assert parameter["required"] == (argument.default is argument.empty), key
            if not parameter["required"]:
                assert parameter["default"] == argument.default, (key, name)
        # What is left goes through **kwargs to the base class.
        assert set(found) <= set(signatures.BASE_ARGUMENTS), key


@SECTIONS
def test_each_field_takes_its_default(section):
    for key in KNOWN.sections[section]:
        for parameter in KNOWN.entries[key]["parameters"]:
            default = parameter["default"]
            if parameter["required"]:
                assert parameter["field"] == "reference" or parameter["basic"]
            elif default is None:
                assert parameter["nullable"], (key, parameter)
            else:
                assert fields.check(parameter, default) == default, (key, parameter)


@SECTIONS
def test_each_entry_has_words_for_a_learner(section):
    for key in KNOWN.sections[section]:
        entry = KNOWN.entries[key]
        assert entry["key"] == key
        assert entry["summary"], key
        assert entry["group"], key
        assert len(entry["summary"]) <= signatures.SUMMARY_LENGTH
        names = [parameter["name"] for parameter in entry["parameters"]]
        assert len(names) == len(set(names))
        for parameter in entry["parameters"]:
            assert len(parameter["help"]) <= signatures.HELP_LENGTH
            if parameter["field"] == "choice":
                assert parameter["choices"]
            if parameter["field"] in {"object", "objects"}:
                assert parameter["section"] in KNOWN.sections


@pytest.mark.parametrize(
    ("key", "name", "expected"),
    [
        ("keras.layers.Dense", "units", {"field": "int", "required": True, "minimum": 1}),
        ("keras.layers.Dense", "activation", {"field": "activation", "nullable": True}),
        ("keras.layers.Dense", "name", {"field": "text", "basic": False}),
        ("keras.layers.Dense", "trainable", {"field": "bool", "default": True}),
        ("keras.layers.Dense", "dtype", {"field": "dtype", "nullable": True}),
        (
            "keras.layers.Dense",
            "kernel_regularizer",
            {"field": "object", "section": "regularizers", "nullable": True, "basic": False},
        ),
        ("keras.layers.Conv1D", "padding", {"choices": ["valid", "same", "causal"]}),
        ("keras.layers.SeparableConv1D", "padding", {"choices": ["valid", "same"]}),
        ("keras.layers.Conv2D", "padding", {"choices": ["valid", "same"]}),
        ("keras.layers.Conv1DTranspose", "padding", {"choices": ["valid", "same"]}),
        ("keras.layers.ZeroPadding2D", "padding", {"field": "python", "basic": True}),
        ("keras.layers.Reshape", "target_shape", {"field": "shape", "required": True}),
        ("keras.layers.RandomZoom", "height_factor", {"field": "numbers", "basic": True}),
        ("keras.layers.Bidirectional", "layer", {"field": "object", "section": "layers"}),
        ("keras.layers.RNN", "cell", {"field": "object", "section": "cells"}),
        ("keras.layers.Lambda", "function", {"field": "reference"}),
        ("keras.layers.LSTM", "return_sequences", {"field": "bool", "basic": True}),
        ("keras.layers.TextVectorization", "vocabulary", {"field": "texts"}),
        ("keras.layers.Normalization", "mean", {"field": "numbers"}),
        ("keras.optimizers.Adam", "learning_rate", {"field": "float", "section": "schedules"}),
        ("keras.losses.Huber", "reduction", {"field": "choice"}),
        ("keras.callbacks.EarlyStopping", "monitor", {"field": "text", "basic": True}),
    ],
)
def test_forms_of_the_layers_that_learners_meet(key, name, expected):
    parameter = KNOWN.parameter(key, name)
    assert {one: parameter[one] for one in expected} == expected


# Values for what layers require; of some also what only their code asks for.
REQUIRED = {
    "activation": "relu",
    "float": 0.5,
    "int": 2,
    "ints": 2,
    "numbers": 0.5,
    "shape": (1,),
    "text": "ab,bc->ac",
}
ASKED_FOR = {"CategoryEncoding": {"num_tokens": 4}, "Discretization": {"num_bins": 4}}


def test_keras_takes_every_choice_that_a_form_offers():
    nested = {
        "layer": keras.layers.LSTM(2),
        "cell": keras.layers.LSTMCell(2),
        "layers": [keras.layers.Flatten()],
        "function": abs,
    }
    for key in KNOWN.sections["layers"]:
        entry = KNOWN.entries[key]
        if entry["unusable"]:
            continue
        arguments = ASKED_FOR.get(entry["name"], {}) | {
            one["name"]: nested.get(one["name"], REQUIRED.get(one["field"]))
            for one in entry["parameters"]
            if one["required"]
        }
        for parameter in entry["parameters"]:
            for choice in parameter.get("choices", ()) if parameter["field"] == "choice" else ():
                KNOWN.classes[key](**arguments | {parameter["name"]: choice})


def test_what_a_sequential_cannot_hold_says_why():
    for name in ("Add", "Attention", "LSTMCell", "JaxLayer", "InputLayer", "MaxNumBoundingBoxes"):
        assert KNOWN.entries[f"keras.layers.{name}"]["unusable"]
    for name in ("Dense", "Bidirectional", "Lambda", "RNN", "TextVectorization"):
        assert not KNOWN.entries[f"keras.layers.{name}"]["unusable"]


def test_the_checked_in_table_is_what_the_generator_writes():
    version = ".".join(keras.__version__.split(".")[:2])
    path = make_catalog.FOLDER / f"keras-{version}.json"
    if not path.exists():
        pytest.skip(f"there is no table for Keras {version}")
    if json.loads(path.read_text(encoding="utf-8"))["keras_version"] != keras.__version__:
        pytest.skip("the table is of another patch release")
    assert path.read_text(encoding="utf-8") == make_catalog.as_text(make_catalog.table())


def test_activations_are_the_public_functions():
    assert {"relu", "softmax", "sigmoid", "tanh", "linear", "gelu"} <= set(KNOWN.activations)
    assert "get" not in KNOWN.activations
    assert all(callable(keras.activations.get(name)) for name in KNOWN.activations)


# Keys.


def test_keys_and_classes_are_one_to_one():
    for key in KNOWN.entries:
        assert catalog.key_of(catalog.class_of(key)) == key


def test_other_names_of_a_class_are_understood():
    assert catalog.class_of("keras.layers.Convolution2D") is keras.layers.Conv2D
    assert KNOWN.entry("keras.layers.MaxPool2D")["key"] == "keras.layers.MaxPooling2D"
    assert catalog.key_of(keras.layers.MaxPool2D) == "keras.layers.MaxPooling2D"
    # Keras's name of this one differs from the class's own.
    key = catalog.key_of(keras.layers.GroupQueryAttention)
    assert key == "keras.layers.GroupQueryAttention"
    assert catalog.class_of(key) is keras.layers.GroupQueryAttention


def test_an_unknown_key_says_what_is_near():
    with pytest.raises(KeyError, match=r"Dens.*Did you mean keras\.layers\.Dense"):
        catalog.class_of("keras.layers.Dens")
    assert KNOWN.entry("keras.layers.Dens") is None
    assert KNOWN.parameter("keras.layers.Dens", "units") is None


# Identifiers.


@SECTIONS
def test_a_text_makes_the_same_as_the_class_with_its_defaults(section):
    for key in KNOWN.sections[section]:
        text = catalog.identifier_of(key, section)
        if text is None:
            continue
        assert catalog.resolve_identifier(text, section) == key
        by_text = getattr(keras, section).get(text)
        by_class = catalog.class_of(key)()
        if inspect.isfunction(by_text):
            assert by_class.fn is by_text
            config = by_class.get_config()
            for name, argument in inspect.signature(by_text).parameters.items():
                assert name not in config or config[name] == argument.default, key
            continue
        assert type(by_text) is type(by_class)
        # Keras numbers optimizers, and draws a seed for each initializer.
        own = {"seed": None} if section != "optimizers" else {"name": None}
        assert {**by_text.get_config(), **own} == {**by_class.get_config(), **own}, key


@pytest.mark.parametrize(
    ("text", "section", "key"),
    [
        ("he_normal", "initializers", "keras.initializers.HeNormal"),
        ("HeNormal", "initializers", "keras.initializers.HeNormal"),
        ("uniform", "initializers", "keras.initializers.RandomUniform"),
        ("Zeros", "initializers", "keras.initializers.Zeros"),
        ("keras.initializers.he_normal", "initializers", "keras.initializers.HeNormal"),
        ("adam", "optimizers", "keras.optimizers.Adam"),
        ("SGD", "optimizers", "keras.optimizers.SGD"),
        ("Lamb", "optimizers", "keras.optimizers.Lamb"),
        ("mse", "losses", "keras.losses.MeanSquaredError"),
        ("mean_squared_error", "losses", "keras.losses.MeanSquaredError"),
        (
            "sparse_categorical_crossentropy",
            "losses",
            "keras.losses.SparseCategoricalCrossentropy",
        ),
        ("mae", "metrics", "keras.metrics.MeanAbsoluteError"),
        ("auc", "metrics", "keras.metrics.AUC"),
        ("l2", "regularizers", "keras.regularizers.L2"),
        ("max_norm", "constraints", "keras.constraints.MaxNorm"),
        ("accuracy", "metrics", None),
        ("nonsense", "losses", None),
        ("adam", "losses", None),
    ],
)
def test_texts_are_resolved_as_users_write_them(text, section, key):
    assert catalog.resolve_identifier(text, section) == key


def test_the_usual_text_is_chosen():
    assert catalog.identifier_of("keras.losses.MeanSquaredError", "losses") == "mse"
    # The logs would call it otherwise.
    assert catalog.identifier_of("keras.metrics.MeanSquaredError", "metrics") == (
        "mean_squared_error"
    )
    assert catalog.identifier_of("keras.metrics.Accuracy", "metrics") is None
    assert catalog.identifier_of("keras.metrics.AUC", "metrics") is None
    assert catalog.identifier_of("keras.layers.Dense", "layers") is None


# Forms of compile and fit.


@pytest.mark.parametrize("name", ["compile", "fit"])
def test_forms_have_help_and_the_defaults_of_keras(name):
    signature = inspect.signature(getattr(keras.Model, name)).parameters
    for parameter in catalog.FORMS[name]:
        assert parameter["help"]
        known = signature.get(parameter["name"])
        if known is None:
            assert parameter["name"] in {"validation_x", "validation_y"}
        elif parameter["name"] != "batch_size":
            assert parameter["default"] == known.default


def test_the_wire_form_is_json():
    template = {"name": "digits", "title": "Digits", "summary": "Small images"}
    message = json.loads(json.dumps(KNOWN.as_wire([template])))
    assert message["templates"] == [template]
    assert set(message["forms"]) == {"compile", "fit"}
    assert message["sections"]["layers"][0] == "keras.layers.Dense"
    assert set(message["sections"]["layers"]) <= set(message["entries"])


# The user's own classes.


@pytest.fixture
def own_classes(monkeypatch):
    """Leave no class of a test registered."""
    registered = keras.saving.get_custom_objects()
    before = dict(registered)
    monkeypatch.setattr(classes, "_added", {})
    yield
    registered.clear()
    registered.update(before)


@pytest.mark.usefixtures("own_classes")
def test_a_registered_layer_is_offered_as_your_own():
    @keras.saving.register_keras_serializable("test")
    class Doubled(keras.layers.Layer):
        """Doubles its input.

        Args:
            times: Integer, how often.
        """

        def __init__(self, times=1, **kwargs):
            super().__init__(**kwargs)

    known = catalog.catalog()
    assert catalog.key_of(Doubled) == "test>Doubled"
    assert catalog.class_of("test>Doubled") is Doubled
    entry = known.entry("test>Doubled")
    assert (entry["name"], entry["group"]) == ("Doubled", "Your own")
    assert entry["summary"] == "Doubles its input."
    # After Keras's own; other tests may have registered more.
    keras_own = [key for key in known.sections["layers"] if key.startswith("keras.")]
    assert known.sections["layers"].index("test>Doubled") >= len(keras_own)
    times = known.parameter("test>Doubled", "times")
    assert (times["field"], times["default"], times["help"]) == ("int", 1, "Integer, how often.")
    assert known.parameter("test>Doubled", "trainable")["field"] == "bool"


@pytest.mark.usefixtures("own_classes")
def test_a_class_can_be_added_without_registering_it_and_defined_again():
    class Own(keras.losses.Loss):
        def __init__(self, weight=1.0):
            super().__init__()

    with pytest.raises(KeyError, match="add_class"):
        catalog.key_of(Own)
    key = catalog.add_class(Own)
    assert key.endswith(".Own")
    assert catalog.add_class(Own) == key
    assert catalog.class_of(key) is Own
    assert key in catalog.catalog().sections["losses"]

    first = Own

    class Own(keras.losses.Loss):
        pass

    Own.__qualname__ = first.__qualname__
    assert catalog.add_class(Own) == key
    assert catalog.class_of(key) is Own


@pytest.mark.usefixtures("own_classes")
def test_the_catalog_is_cached_until_something_changes():
    before = catalog.catalog()
    assert catalog.catalog() is before

    class Own(keras.layers.Layer):
        pass

    catalog.add_class(Own)
    assert catalog.catalog() is not before


def test_a_layer_that_is_newer_than_the_table_is_offered_by_guess(monkeypatch):
    class Futuristic(keras.layers.Layer):
        """Does what no layer did before.

        Args:
            units: Positive integer, its size.
            padding: string, either `"valid"` or `"same"`.
            mode: One of `"fast"`, `"slow"`.
            kernel_initializer: Initializer for the weights.
        """

        def __init__(
            self, units, padding="valid", mode="fast", kernel_initializer="zeros", **kwargs
        ):
            super().__init__(**kwargs)

    monkeypatch.setattr(keras.layers, "Futuristic", Futuristic, raising=False)
    entry = catalog.catalog().entry("keras.layers.Futuristic")
    assert entry["key"] in catalog.catalog().sections["layers"]
    fields = {parameter["name"]: parameter for parameter in entry["parameters"]}
    assert {name: one["field"] for name, one in fields.items()} == {
        "units": "int",
        "padding": "choice",
        "mode": "choice",
        "kernel_initializer": "object",
        "name": "text",
        "trainable": "bool",
        "dtype": "dtype",
    }
    assert fields["units"]["basic"] and fields["units"]["minimum"] == 1
    assert fields["mode"]["choices"] == ["fast", "slow"]


def test_a_layer_that_keras_no_longer_has_is_left_out(monkeypatch):
    monkeypatch.delattr(keras.layers, "Solarization")
    assert catalog.catalog().entry("keras.layers.Solarization") is None


def test_a_class_whose_arguments_changed_keeps_what_is_known_of_the_others(monkeypatch):
    class Conv1D(keras.layers.Layer):
        def __init__(self, filters, padding="valid", brand_new=3, **kwargs):
            super().__init__(**kwargs)

    monkeypatch.setattr(keras.layers, "Conv1D", Conv1D)
    known = catalog.catalog()
    assert known.parameter("keras.layers.Conv1D", "padding")["choices"][-1] == "causal"
    assert known.parameter("keras.layers.Conv1D", "brand_new")["default"] == 3


# The guess.


class Mode(enum.Enum):
    FAST = "fast"


class Awkward:
    def __eq__(self, other):
        raise RuntimeError("cannot be compared")

    def __bool__(self):
        raise RuntimeError("has no truth")

    def __repr__(self):
        raise RuntimeError("cannot be shown")

    __hash__ = None


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        (Mode.FAST, "fast"),
        (np.float32(0.5), None),
        (np.float64(0.5), 0.5),
        (keras.activations.relu, "relu"),
        (Awkward(), None),
        (np.zeros(3), None),
        (print, None),
        ([1, [2, 3]], (1, (2, 3))),
        ([1, Awkward()], None),
        ({1, 2}, None),
        (float("nan"), "nan"),
    ],
)
def test_defaults_that_are_not_plain(default, expected):
    parameter = signatures.parameter("thing", default, "", required=False)
    if expected == "nan":
        assert np.isnan(parameter["default"])
        return
    assert parameter["default"] == expected
    assert type(parameter["default"]) is type(expected)
    if expected is None:
        assert parameter["field"] == "reference"


def weird_classes():
    class NoArguments(keras.layers.Layer):
        def __init__(self):
            super().__init__()

    class Star(keras.layers.Layer):
        def __init__(self, *units, activation=keras.activations.relu, **kwargs):
            super().__init__(**kwargs)

    class PositionalOnly(keras.layers.Layer):
        def __init__(self, units, /, **kwargs):
            super().__init__(**kwargs)

    class Annotated(keras.layers.Layer):
        def __init__(self, units: "Nonexistent" = 3, awkward=Awkward()):  # noqa: B008, F821
            super().__init__()

    class OddText(keras.layers.Layer):
        __doc__ = "Args:\nArgs:\n\n  :\n  x: \x00 unfinished `\n"

        def __init__(self, x=None, **kwargs):
            super().__init__(**kwargs)

    class NoText(keras.layers.Layer):
        __doc__ = None
        __init__ = functools.partialmethod(keras.layers.Layer.__init__)

    class DocIsNoText:
        __doc__ = 3
        __signature__ = "nonsense"

    return [NoArguments, Star, PositionalOnly, Annotated, OddText, NoText, DocIsNoText, int, type]


@pytest.mark.parametrize("cls", weird_classes(), ids=lambda cls: cls.__name__)
def test_no_class_is_too_weird_to_describe(cls):
    entry = signatures.entry(cls, "key", "group")
    assert entry["name"] == cls.__name__
    json.dumps(entry)


def test_arguments_that_cannot_be_given_by_name_make_a_class_unusable():
    positional = next(cls for cls in weird_classes() if cls.__name__ == "PositionalOnly")
    assert "units" in signatures.entry(positional, "", "")["unusable"]


def test_a_docstring_is_split_into_its_arguments():
    class Documented:
        """First line
        goes on here..

        Args:
            one: Integer. First
                and more:
                still more.
            two, three: Floats.
            `four` (optional): Said so.
                - five: not an argument.

        Returns:
            six: nothing.
        """

    assert signatures.summary(Documented) == "First line goes on here."
    assert signatures.documentation(Documented) == {
        "one": "Integer. First and more: still more.",
        "two": "Floats.",
        "three": "Floats.",
        "four": "Said so. - five: not an argument.",
    }


def test_long_texts_end_with_a_sentence_or_a_word():
    assert signatures.shorten("One two. Three four five.", 20) == "One two."
    assert signatures.shorten("word " * 10, 13) == "word word…"
    assert signatures.shorten("  short\n text ", 20) == "short text"


def test_importing_kwidgets_does_not_import_the_builder():
    code = "import kwidgets, sys; assert not any('builder' in name for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
