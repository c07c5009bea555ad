"""What the builder says of a stack is what Keras makes of it, and costs nothing."""

from __future__ import annotations

import os
import random
import threading
import time
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from kwidgets import dry_run
from kwidgets.builder import convert
from kwidgets.builder.shapes import model_inference
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Reference
from kwidgets.builder.spec import layer as layer_spec
from tests.builder.round_trip import inputs, stacks
from tests.builder.round_trip.test_round_trip import titles


def _(class_name: str, **arguments: Any) -> LayerSpec:
    return layer_spec(f"keras.layers.{class_name}", **arguments)


def stack(*entries: LayerSpec, shape: Any = (8,), **arguments: Any) -> ModelSpec:
    return ModelSpec(layers=entries).with_input(shape=shape, **arguments)


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("title", [title for title in titles() if title != "Sequential"])
def test_what_is_said_is_what_keras_builds(title: str) -> None:
    rng = random.Random(7)
    layer, _shape = stacks.layer_of(title, rng, 0.0, extras=False)
    arguments = stacks.SHAPES[stacks.TABLE[title][0]]
    entry = convert.spec_of_layer(layer)
    facts = model_inference.analyze(ModelSpec(layers=(entry,)).with_input(**arguments)).layers[
        entry.uid
    ]
    model = keras.Sequential([keras.Input(**arguments), layer])
    assert facts.problem is None
    assert facts.output_shape == model.output_shape
    assert facts.output_dtype == keras.backend.standardize_dtype(model.outputs[0].dtype)
    assert facts.parameters == model.count_params()
    assert facts.trainable == sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert facts.weight_shapes == tuple(tuple(weight.shape) for weight in model.weights)
    if title == "RandomCrop":  # when not in training, Keras gives another size than it says
        return
    data = inputs.make_input((2, *arguments["shape"]), arguments.get("dtype", "float32"), 1)
    output = model(data, training=False)
    known = [size for size in zip(facts.output_shape[1:], output.shape[1:], strict=True) if size[0]]
    assert all(said == real for said, real in known)


# Some of what these do takes a batch for one image; a Sequential always has a batch.
_UNBATCHED = ("AdaptiveAveragePooling", "AdaptiveMaxPooling", "AugMix", "RandAugment")


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="what was tried is TensorFlow")
@pytest.mark.parametrize("title", ["Equalization", *titles()])
def test_nothing_is_accepted_that_fails_on_data(title: str) -> None:
    if title == "Sequential":
        return
    kind, required, _ = stacks.TABLE[title]
    for shape in ((8,), (12, 6), (12, 12, 3), (4, 6, 6, 3)):
        rng = random.Random(1)
        arguments = {name: stacks.pick(rng, values) for name, values in required.items()}
        layer = getattr(layers, title)(**arguments)
        entry = convert.spec_of_layer(layer)
        dtype = "int32" if stacks.SHAPES[kind].get("dtype") == "int32" else "float32"
        problem = (
            model_inference.analyze(stack(entry, shape=shape, dtype=dtype))
            .layers[entry.uid]
            .problem
        )
        try:
            model = keras.Sequential([keras.Input(shape, dtype=dtype), layer])
            model(np.ones((2, *shape), dtype), training=True)
            works = True
        except Exception:
            works = False
        if title.startswith(_UNBATCHED) and works:
            continue
        assert (problem is None) == works, (shape, problem)


HUGE = [
    ((100_000,), _("Dense", units=100_000), 10_000_100_000),
    ((10,), _("Embedding", input_dim=10**7, output_dim=4096), 40_960_000_000),
    ((4, 50_000), _("LSTM", units=50_000), 20_000_200_000),
    ((8, 8, 8192), _("Conv2D", filters=8192, kernel_size=7), 3_288_342_528),
]


@pytest.mark.parametrize(("shape", "entry", "parameters"), HUGE)
def test_nothing_is_allocated(shape: Any, entry: LayerSpec, parameters: int) -> None:
    before = resident()
    facts = model_inference.analyze(stack(entry, shape=shape)).layers[entry.uid]
    assert facts.parameters == parameters
    assert facts.weight_bytes == 4 * parameters
    assert resident() - before < 50_000_000


def test_the_process_stays_as_it_was() -> None:
    keras.utils.clear_session(free_memory=False)
    layers.Dense(1)
    random.seed(3)
    expected = random.random()
    random.seed(3)
    model_inference.analyze(
        stack(_("Dense", units=3), _("Dropout", rate=0.5), _("Dense", units=10**9))
    )
    assert random.random() == expected
    assert layers.Dense(1).name == "dense_1"
    # Leaving any later scope gives a value to each variable that was left without one.
    before = resident()
    with keras.StatelessScope():
        pass
    assert resident() - before < 50_000_000


def test_it_works_while_a_model_is_in_training() -> None:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((256, 8)), np.ones((256, 1))
    ended = threading.Event()
    failures: list[BaseException] = []

    def train() -> None:
        try:
            model.fit(x, y, epochs=3, verbose=0)
        except BaseException as error:
            failures.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=train)
    thread.start()
    count = 0
    while not ended.is_set() or count < 5:
        count += 1
        assert model_inference.analyze(
            stack(_("Dense", units=count), _("BatchNormalization"))
        ).complete
    thread.join()
    assert not failures


class Counter(model_inference.Inference):
    """Counts the layers that Keras infers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def _infer_with_keras(self, entry: LayerSpec, tensor: model_inference.Tensor) -> Any:
        self.asked += 1
        return super()._infer_with_keras(entry, tensor)


def asked(inference: Counter, spec: ModelSpec) -> int:
    inference.asked = 0
    inference.analyze(spec)
    return inference.asked


def test_an_edit_costs_what_it_changes() -> None:
    inference = Counter()
    entries = [_("Dense", units=10 + n) for n in range(50)]
    spec = stack(*entries)
    assert asked(inference, spec) == 50
    assert asked(inference, spec) == 0
    changed = spec.update(entries[20].uid, lambda one: one.with_argument("units", 99))
    assert asked(inference, changed) == 2
    assert asked(inference, spec) == 0
    renamed = spec.update(entries[20].uid, lambda one: one.with_argument("name", "other"))
    assert asked(inference, renamed) == 0
    assert asked(inference, spec.insert(_("Dropout", rate=0.5), None, 0)) == 1
    assert asked(inference, spec.with_input(shape=(9,))) == 1


def convolutions(count: int) -> ModelSpec:
    entries = []
    for number in range(count // 3):
        entries += [
            _("Conv2D", filters=4 + number % 7, kernel_size=3, padding="same"),
            _("BatchNormalization"),
            _("ReLU"),
        ]
    return stack(*entries, shape=(32, 32, 3))


def test_another_size_of_image_asks_no_layer_anew() -> None:
    inference = Counter()
    spec = convolutions(60)
    asked(inference, spec)
    other = spec.with_input(shape=(65, 33, 3))
    assert asked(inference, other) == 0
    assert inference.analyze(other).layers == model_inference.analyze(other).layers


LOCAL = {
    "Conv1D": {"filters": 3, "kernel_size": 3, "strides": 2},
    "Conv2D": {"filters": 3, "kernel_size": (3, 2), "dilation_rate": 2},
    "Conv3D": {"filters": 3, "kernel_size": 2, "padding": "same"},
    "SeparableConv2D": {"filters": 3, "kernel_size": 3},
    "DepthwiseConv2D": {"kernel_size": 3, "strides": (2, 2)},
    "MaxPooling2D": {"pool_size": 3, "strides": 2},
    "AveragePooling1D": {"pool_size": 2},
    "ZeroPadding2D": {"padding": (1, 2)},
    "BatchNormalization": {},
    "Dropout": {"rate": 0.5},
    "Activation": {"activation": "relu"},
}


@pytest.mark.parametrize("name", LOCAL)
def test_what_is_concluded_is_what_would_be_found(name: str) -> None:
    rank = int(name[-2]) + 1 if name[-1] == "D" else 3
    entry = _(name, **LOCAL[name])
    inference = model_inference.Inference()
    rng = random.Random(5)
    for _number in range(12):
        shape = (*(rng.choice([1, 2, 5, 9, 12, None]) for _axis in range(rank - 1)), 3)
        spec = stack(entry, shape=shape)
        assert inference.analyze(spec).layers == model_inference.analyze(spec).layers


def test_edits_of_a_tall_stack_are_quick() -> None:
    inference = model_inference.Inference()
    spec = convolutions(200)
    inference.analyze(spec)
    rng = random.Random(2)
    times = []
    for number in range(30):
        entry = rng.choice([one for one in spec.layers if one.title == "Conv2D"])
        if number % 3 == 0:
            changed = spec.with_input(shape=(20 + number, 30, 3))
        elif number % 3 == 1:
            changed = spec.update(entry.uid, lambda one: one.with_argument("filters", 100))
        else:
            changed = spec.remove(entry.uid)
        began = time.perf_counter()
        inference.analyze(changed)
        times.append(time.perf_counter() - began)
    # A busy machine is no mistake of ours: 60 ms is what a quiet one has to keep.
    assert sorted(times)[len(times) // 2] < 0.06


def endless(x: Any) -> Any:
    while True:
        pass


def asleep(x: Any) -> Any:
    # Python looks for exceptions between two calls.
    for _second in range(600):
        time.sleep(0.1)
    return x


def greedy(x: Any) -> Any:
    kept = []
    while True:
        kept.append(np.ones(10_000_000))
        time.sleep(0.001)


@pytest.mark.parametrize(
    ("function", "words"), [(endless, "seconds"), (asleep, "seconds"), (greedy, "memory")]
)
def test_code_that_goes_too_far_is_cut_off(
    function: Any, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "TIME_LIMIT_SECONDS", 1.0 if words == "seconds" else 30.0)
    inference = model_inference.Inference()
    entry = _("Lambda", function=Reference(function, "a function"))
    began = time.monotonic()
    facts = inference.analyze(stack(entry)).layers[entry.uid]
    assert time.monotonic() - began < 15
    assert facts.problem is not None and words in facts.problem.text
    # Later edits work, and do not wait again.
    began = time.monotonic()
    after = _("Dense", units=3)
    assert inference.analyze(stack(after)).complete
    assert not inference.analyze(stack(entry, after)).complete
    assert time.monotonic() - began < 1
    assert layers.Dense(1)(np.ones((1, 2))).shape == (1, 1)


class Slow(layers.Layer):
    """Its constructor hangs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for _second in range(600):
            time.sleep(0.1)


def test_a_constructor_that_hangs_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from kwidgets.builder import catalog

    monkeypatch.setattr(dry_run, "TIME_LIMIT_SECONDS", 0.5)
    entry = layer_spec(catalog.add_class(Slow))
    for spec in (stack(entry), ModelSpec(layers=(entry,))):
        began = time.monotonic()
        model_inference.analyze(spec)
        assert time.monotonic() - began < 5


def test_user_code_sees_the_policy_that_the_user_set() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        entry = _("Lambda", function=Reference(lambda x: x * 2, "a lambda"))
        assert model_inference.analyze(stack(entry)).output_dtype == "float16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_block_tells_what_is_in_it() -> None:
    block = LayerSpec(
        "block",
        ObjectSpec("keras.Sequential"),
        children=(_("Dense", units=3), _("Dense", units=2, trainable=False)),
    )
    analysis = model_inference.analyze(stack(block, _("Dense", units=1)))
    assert analysis.layers["block"].parameters == 27 + 8
    assert analysis.layers["block"].trainable == 27
    assert analysis.output_shape == (None, 1)


def test_a_live_model_stays_as_it_is() -> None:
    given = keras.Input((8,))
    model = keras.Model(given, layers.Dense(3)(given))
    before = model.get_config()
    entry = convert.spec_of_layer(model)
    assert model_inference.analyze(stack(entry)).output_shape == (None, 3)
    problem = model_inference.analyze(stack(entry, shape=(9, 9))).layers[entry.uid].problem
    assert problem is not None
    assert model.get_config() == before
