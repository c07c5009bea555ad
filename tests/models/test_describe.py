"""Descriptions agree with Keras's own numbers and shapes; test_backends.py repeats it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.utils import summary_utils

from kwidgets.models.describe.layer_tree import find_layer
from kwidgets.models.describe.model_entry import model_entry
from kwidgets.models.describe.model_summary import MAX_DEPTH, describe
from kwidgets.models.summary_data import Compiled, LayerSummary, ModelEntry, Trained
from kwidgets.models.text import number_format
from tests.models import models

by_name = pytest.mark.parametrize("name", models.NAMES)


def all_of(layer: LayerSummary) -> Iterator[LayerSummary]:
    yield layer
    for child in layer.children:
        yield from all_of(child)


def entry_of(model: keras.Model) -> ModelEntry:
    return model_entry(model, "key", ("model",))


def layer_of(model: keras.Model, name: str) -> LayerSummary:
    return next(one for one in all_of(describe(model).root) if one.name == name)


def test_there_are_models_of_every_kind() -> None:
    assert len(models.NAMES) >= 40


# The numbers are Keras's.


@by_name
def test_totals_are_those_of_keras(name: str) -> None:
    model = models.model(name)
    summary = describe(model)
    if not model.built:
        assert summary.parameters is None and summary.weight_bytes is None
        return
    # Not model.weights where a class of the test's own hides it.
    assert summary.parameters == keras.Model.count_params(model)
    trainable = summary_utils.count_params(model.trainable_weights)
    assert summary.trainable_parameters == trainable
    assert summary.weight_bytes == int(summary_utils.weight_memory_size(model.weights))
    assert all(type(n) is int for n in (summary.parameters, summary.weight_bytes))


@by_name
def test_each_layer_has_keras_numbers(name: str) -> None:
    model = models.model(name)
    for one in all_of(describe(model).root):
        layer = find_layer(model, one.path)
        assert one.problem is None
        assert one.name == layer.name and one.class_name == type(layer).__name__
        if one.kind == "operation":
            assert not isinstance(layer, keras.Layer)
            continue
        assert one.built == layer.built
        assert one.trainable == layer.trainable
        if one.parameters is not None:
            # Asked in this way Keras counts what is not built too.
            assert one.parameters == summary_utils.count_params(layer.weights)
            assert one.weight_bytes == int(summary_utils.weight_memory_size(layer.weights))
            assert one.trainable_parameters == (
                sum(int(np.prod(w.shape)) for w in layer.weights if w.trainable)
                if model.trainable
                else 0
            )


@by_name
def test_what_is_in_a_built_model_is_known(name: str) -> None:
    if name in ("unbuilt", "empty", "only_an_input", "subclassed_unbuilt", "forgotten_layer"):
        pytest.skip("something in it is not built")
    for one in all_of(describe(models.model(name)).root):
        assert one.parameters is not None, one


CALLED_ELSEWHERE_TOO = (
    "layer_of_another_model",
    "shared_across_levels",
    "shared_layer",
    "twice_the_same_layer",
)


def said_by_keras(layer: Any) -> str:
    """The output shape in Keras's own summary."""
    marked = summary_utils.format_layer_shape(layer)
    return re.sub(r"\[color\(\d+\)\]|\[/\]", "", marked)


@by_name
def test_shapes_are_those_of_keras(name: str) -> None:
    model = models.model(name)
    if name in CALLED_ELSEWHERE_TOO:
        pytest.skip("Keras shows the shape of another call")
    if name == "wrapped_custom_layer":
        pytest.skip("only the user's code could tell")
    compared = 0
    for one in all_of(describe(model).root):
        layer = find_layer(model, one.path)
        if one.path == "" or type(layer).__module__.startswith("tests.") or "." in one.path:
            continue
        theirs = said_by_keras(layer)
        if theirs == "?" or theirs.startswith("{"):
            continue
        if theirs.startswith("["):
            theirs = theirs[1:-1]
        assert number_format.shapes(one.output_shapes) == theirs, one
        compared += 1
    assert compared or not model.built or not describe(model).root.children


def test_shapes_within_wrappers_and_subclasses() -> None:
    summary = describe(models.model("subclassed"))
    encoder, _, head = summary.root.children
    assert (encoder.input_shapes, encoder.output_shapes) == (((2, 6),), ((2, 8),))
    assert head.output_shapes == ((2, 3),)
    assert summary.root.input_shapes == ((2, 6),) and summary.root.output_shapes is None

    recurrent = describe(models.model("recurrent")).root.children
    bidirectional, distributed = recurrent[1], recurrent[2]
    assert [one.class_name for one in bidirectional.children] == ["GRU", "GRU"]
    assert bidirectional.children[0].output_shapes == ((None, 5, 3),)
    assert distributed.children[0].activation == "tanh"
    assert distributed.children[0].output_shapes == ((None, 2),)

    attention = layer_of(models.model("transformer"), "attention")
    assert attention.input_shapes == ((None, 6, 8), (None, 6, 8))
    query = next(one for one in attention.children if one.name == "query")
    assert query.output_shapes == ((None, None, 2, 4),)


def test_a_model_called_on_symbols_has_shapes() -> None:
    root = describe(models.model("subclassed_called_on_symbols")).root
    assert root.input_shapes == ((None, 6),)


def test_dicts_and_lists_of_tensors() -> None:
    root = describe(models.model("dict_in_dict_out")).root
    assert root.input_shapes == ((None, 3), (None, 2))
    assert root.output_shapes == ((None, 2), (None, 1))
    encoder = layer_of(models.model("with_states"), "encoder")
    assert encoder.output_shapes == ((None, 4), (None, 4), (None, 4))
    decoder = layer_of(models.model("with_states"), "decoder")
    assert decoder.inbound == ("repeat_vector", "encoder") or "encoder" in decoder.inbound


# The graph.


def test_connections() -> None:
    model = models.model("branches")
    assert layer_of(model, "features").kind == "input"
    assert layer_of(model, "features").inbound == ()
    assert layer_of(model, "joined").inbound == ("left", "right")
    assert layer_of(model, "score").inbound == ("joined",)
    hidden, output = describe(models.model("dense_stack")).root.children
    assert (hidden.inbound, output.inbound) == ((), ("hidden",))


def test_a_layer_called_twice() -> None:
    model = models.model("shared_layer")
    shared = layer_of(model, "shared")
    assert shared.calls == 2
    assert shared.inbound == ("first", "second")
    assert layer_of(model, "score").calls == 1


def test_operations_are_no_layers() -> None:
    children = describe(models.model("operations")).root.children
    operations = [one for one in children if one.kind == "operation"]
    assert {"Add", "Relu", "Concatenate", "Multiply"} == {one.class_name for one in operations}
    assert all(one.parameters == 0 and one.dtype == "" for one in operations)
    assert operations[-1].output_shapes == ((None, 8),)


def test_only_this_models_calls_count() -> None:
    shared = layer_of(models.model("layer_of_another_model"), "shared")
    assert (shared.calls, shared.inbound) == (1, ("longer",))
    assert shared.output_shapes == ((None, 3, 3),)
    assert layer_of(models.model("shared_layer"), "shared").output_shapes == ((None, 3),)


def test_the_second_place_of_a_layer() -> None:
    summary = describe(models.model("twice_the_same_layer"))
    dense, pooling, dense_again, pooling_again = summary.root.children
    assert (dense.shared_with, dense_again.shared_with, pooling_again.shared_with) == (
        None,
        "0",
        "1",
    )
    assert (dense.calls, dense_again.calls) == (2, 2)
    assert pooling.output_shapes == ((None, 4, 3),)
    assert pooling_again.output_shapes == ((None, 2, 3),)
    assert summary.parameters == dense.parameters == dense_again.parameters
    assert "'dense_twice' and 'pooling' are used in several places" in summary.notes[0]


def test_a_layer_shared_between_levels() -> None:
    summary = describe(models.model("shared_across_levels"))
    shared = [one for one in all_of(summary.root) if one.name == "shared"]
    assert [one.shared_with for one in shared] == [None, shared[0].path]
    assert summary.parameters == 4 * 4 + 4


def test_a_model_that_holds_itself() -> None:
    outer, inner = models.Classifier(name="outer"), models.Classifier(name="within")
    outer.inner, inner.outer = inner, outer
    root = describe(outer).root
    within = next(one for one in root.children if one.name == "within")
    again = next(one for one in within.children if one.name == "outer")
    assert (again.shared_with, again.children) == ("", ())
    assert entry_of(outer).num_layers == 4


def test_nesting_without_end() -> None:
    inner: keras.Layer = layers.Dense(2, name="innermost")
    for _ in range(MAX_DEPTH + 50):
        outer = models.Classifier()
        outer.inner = inner
        inner = outer
    problems = [one.problem for one in all_of(describe(inner).root) if one.problem]
    assert len(problems) == 1 and "nested more than" in problems[0]


@pytest.mark.once
def test_five_thousand_layers() -> None:
    model = models.Containers()
    model.many = [layers.Dense(1) for _ in range(5000)]
    assert len(describe(model).root.children) > 5000
    assert entry_of(model).num_layers > 5000


# Single facts.


def test_activations() -> None:
    children = describe(models.model("convolutional")).root.children
    names = {one.class_name: one.activation for one in children}
    assert names["Conv2D"] == "relu"
    assert names["Activation"] == "silu"
    assert names["Dense"] == "LeakyReLU"
    assert names["ReLU"] is names["Flatten"] is names["SeparableConv2D"] is None
    assert describe(models.model("recurrent")).root.children[0].activation == "tanh"


def test_dtypes() -> None:
    model = models.model("mixed_precision")
    assert layer_of(model, "half").dtype == "mixed_float16"
    assert layer_of(model, "full").dtype == "float32"
    assert layer_of(models.model("quantized"), "integers").dtype == "int8_from_float32"
    assert describe(models.model("brain_floats")).weight_bytes == 2 * 15


def test_a_policy_for_each_layer() -> None:
    policies = keras.dtype_policies.DTypePolicyMap()
    dense = layers.Dense(2, name="mapped", dtype=policies)
    model = keras.Sequential([keras.Input((2,)), dense])
    policies[dense.path] = keras.DTypePolicy("bfloat16")
    assert layer_of(model, "mapped").dtype == "bfloat16"


def test_frozen_parts() -> None:
    summary = describe(models.model("frozen_part"))
    backbone = next(one for one in summary.root.children if one.name == "backbone")
    assert not backbone.trainable and backbone.trainable_parameters == 0
    assert summary.trainable_parameters == 4 * 2 + 2
    frozen = describe(models.model("frozen"))
    assert frozen.trainable_parameters == 0
    assert "All weights are frozen, so training has no effect." in frozen.notes
    assert layer_of(models.model("frozen"), "hidden").trainable_parameters == 0


def test_what_is_not_built() -> None:
    summary = describe(models.model("unbuilt"))
    flatten, dense, dropout = summary.root.children
    assert (flatten.parameters, dense.parameters, dropout.parameters) == (0, None, 0)
    assert not dense.built and dense.output_shapes is None
    assert summary.root.parameters is None and summary.root.built is False
    assert summary.notes[0].startswith("This model is not built yet")

    summary = describe(models.model("forgotten_layer"))
    assert summary.root.built and summary.parameters == 8 * 7 + 3 * 9
    assert summary.root.parameters is None
    assert "'unused' is not built" in summary.notes[0]


# Nothing of the user's runs, and nothing changes.


@by_name
def test_no_code_of_the_user_runs(name: str) -> None:
    model = models.model(name)
    before = len(models.RAN)
    describe(model)
    entry_of(model)
    assert models.RAN[before:] == []


def test_names_and_weights_stay_as_they_are() -> None:
    model = models.model("subclassed")
    describe(model)
    first = int(layers.Dense(1).name.rpartition("_")[2] or 0)
    describe(model)
    assert layers.Dense(1).name == f"dense_{first + 1}"
    assert not describe(models.MODELS["unbuilt"]()).root.built


def test_one_bad_layer_leaves_the_others() -> None:
    bad = models.Unreadable(name="bad")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), bad, layers.Dense(1)])
    stored = vars(bad)
    stored["silent"] = True
    first, silent, last = describe(model).root.children
    assert silent.class_name == "Unreadable" and silent.problem is None
    stored["_dtype_policy"] = object()
    first, problem, last = describe(model).root.children
    assert (first.parameters, last.parameters) == (8, 3)
    assert problem.class_name == "Unreadable" and problem.parameters is None
    assert "has no attribute" in (problem.problem or "")
    assert last.inbound == ("bad",) or last.inbound == ()


def test_something_else_is_refused() -> None:
    with pytest.raises(TypeError, match="not Dense"):
        describe(layers.Dense(1))


def test_from_another_thread() -> None:
    found = []
    model = models.model("mixed_precision")
    thread = threading.Thread(target=lambda: found.append(describe(model)))
    thread.start()
    thread.join()
    assert found == [describe(model)]


# compile and fit.


def accuracy_like(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(y_true == y_pred)


def test_compiled() -> None:
    model = models.MODELS["dense_stack"]()
    assert describe(model).compiled is None
    assert describe(model).optimizer_parameters is None
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", accuracy_like])
    summary = describe(model)
    assert summary.compiled == Compiled(
        "Adam", "sparse_categorical_crossentropy", ("accuracy", "accuracy_like")
    )
    model.optimizer.build(model.trainable_variables)
    summary = describe(model)
    variables = model.optimizer.variables
    assert summary.optimizer_parameters == summary_utils.count_params(variables)
    assert summary.optimizer_bytes == int(summary_utils.weight_memory_size(variables))


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (keras.losses.MeanSquaredError(), "MeanSquaredError"),
        (keras.losses.mean_absolute_error, "mean_absolute_error"),
        (accuracy_like, "accuracy_like"),
        ({"kind": "mse", "price": keras.losses.Huber()}, "kind: mse, price: Huber"),
        (["mse", None], "mse, none"),
        (None, ""),
    ],
)
def test_the_loss_in_words(loss: Any, words: str) -> None:
    model = models.MODELS["many_in_many_out"]()
    model.compile(keras.optimizers.SGD(), loss, metrics={"kind": [keras.metrics.AUC(name="area")]})
    assert describe(model).compiled == Compiled("SGD", words, ("kind: area",))


def test_changed_since_compile() -> None:
    model = models.MODELS["dense_stack"]()
    model.compile("sgd", "mse")
    model.get_layer("hidden").trainable = False
    if not hasattr(model, "_compiled_trainable_state"):
        pytest.skip("this Keras does not keep it")
    assert "'hidden' was frozen or unfrozen after compile" in describe(model).notes[0]


def test_trained() -> None:
    model = models.MODELS["dense_stack"]()
    model.compile("adam", "mse")
    assert describe(model).trained is None
    x, y = np.zeros((8, 6), "float32"), np.zeros((8, 3), "float32")
    seen: list[Any] = []

    class Describes(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            seen.append(describe(model))

    model.fit(x, y, epochs=3, batch_size=4, verbose=0, callbacks=[Describes()])
    summary = describe(model)
    assert summary.trained == Trained(steps=6, epochs=3)
    assert [one.parameters for one in seen] == [summary.parameters] * 6
    assert summary.optimizer_parameters == summary_utils.count_params(model.optimizer.variables)


def test_loss_scaling() -> None:
    model = models.MODELS["dense_stack"]()
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()), "mse")
    compiled = describe(model).compiled
    assert compiled is not None and compiled.optimizer == "LossScaleOptimizer(SGD)"


# In entry.


@by_name
def test_the_entry_and_the_summary_agree(name: str) -> None:
    model = models.model(name)
    entry, summary = entry_of(model), describe(model)
    for field in ("parameters", "weight_bytes", "compiled", "trained"):
        assert getattr(entry, field) == getattr(summary, field)
    assert (entry.name, entry.class_name) == (model.name, type(model).__name__)
    assert entry.built == summary.root.built
    assert entry.num_layers == len(summary.root.children)
    assert entry.revision == entry_of(model).revision


def test_the_revision_follows_what_is_shown() -> None:
    model = models.MODELS["unbuilt"]()
    seen = [entry_of(model).revision]

    def changed() -> bool:
        seen.append(entry_of(model).revision)
        return seen[-1] not in seen[:-1]

    model.add(layers.Dense(2, name="last"))
    assert changed()
    model.build((None, 3))
    assert changed()
    model.get_layer("last").trainable = False
    assert changed()
    model.compile("adam", "mse")
    assert changed()
    model.compile("adam", "mae")
    assert changed()
    x, y = np.zeros((4, 3), "float32"), np.zeros((4, 2), "float32")
    model.fit(x, y, verbose=0)
    # The optimizer has its variables now.
    assert changed()
    model.fit(x, y, verbose=0)
    assert not changed()
    model.get_layer("last").enable_lora(1)
    assert changed()
    model.pop()
    assert changed()
