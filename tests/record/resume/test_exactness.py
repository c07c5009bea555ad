"""What of a resumed training is exact is said by name, before it goes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets.language import translated
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.training_state import TrainingState, read_state
from kwidgets.record.resume.exactness import Exactness, find_exactness
from tests.record.resume.training_program import OwnOrder, Stateless, arrays, dataset, generator

BACKEND = keras.backend.backend()
on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="an order of TensorFlow's")


class Look(keras.callbacks.Callback):
    """Reads the state before the second step, and ends the fit."""

    def __init__(self) -> None:
        super().__init__()
        self.state: TrainingState | None = None

    def on_train_begin(self, logs: object = None) -> None:
        self.data = FitData.find()
        assert self.data is not None
        self.data.watch()

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.model.stop_training = True
        self.state = read_state(self._model, 0, 0, data=self.data, callbacks=self.others)

    others: tuple[Any, ...] = ()


@pytest.fixture(scope="module")
def model() -> Any:
    made = keras.Sequential([keras.Input((12,)), keras.layers.Dense(2)])
    made.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return made


@pytest.fixture
def look(model: Any) -> Callable[..., Look]:
    def fit(**data: Any) -> Look:
        looking = Look()
        looking.others = tuple(data.pop("others", ()))
        model.fit(**data, epochs=1, verbose=0, callbacks=[looking, *looking.others])
        return looking

    return fit


def found(
    look: Look, model: Any, callbacks: tuple[Any, ...] | None = None, **facts: Any
) -> Exactness:
    recorded = {name: values[0] for name, values in facts.items()}
    current = {name: values[1] for name, values in facts.items()}
    assert look.state is not None
    others = look.others if callbacks is None else callbacks
    return find_exactness(look.state, model, look.data, others, recorded, current)


def texts(exactness: Exactness) -> list[str]:
    return [translated(finding.text) for finding in exactness.findings]


@pytest.fixture
def plain(look: Callable[..., Look]) -> Look:
    keras.utils.set_random_seed(3)
    x, y = arrays()
    return look(x=x, y=y, batch_size=16, shuffle=False)


def test_arrays_are_exact(plain: Look, model: Any) -> None:
    exactness = found(plain, model, versions=({"keras": "3"}, {"keras": "3"}))
    assert (exactness.verdict, exactness.findings) == ("exact", ())
    assert exactness.may_resume and exactness.may_take_weights


class CountsCalls(keras.losses.MeanSquaredError):
    def __init__(self) -> None:
        super().__init__()
        self.calls = keras.Variable(0.0, trainable=False)


def test_variables_of_a_loss_are_named(plain: Look, model: Any) -> None:
    other = keras.models.clone_model(model)
    other.compile(model.optimizer, CountsCalls())
    exactness = found(plain, other)
    assert exactness.verdict == "inexact" and exactness.may_resume
    assert texts(exactness) == [
        "The loss CountsCalls has variables of its own, which are not recorded."
    ]


@on_tensorflow
def test_a_seed_decides_what_tensorflow_shuffles(look: Callable[..., Look], model: Any) -> None:
    import tensorflow as tf

    x, y = arrays()
    keras.utils.set_random_seed(3)
    seeded = look(x=x, y=y, batch_size=16)
    assert found(seeded, model).verdict == "exact"
    tf.random.set_seed(4)
    exactness = found(seeded, model)
    assert exactness.verdict == "inexact" and exactness.may_resume
    assert texts(exactness) == [
        "TensorFlow's seed is not the recorded one (3), so it shuffles differently."
    ]


@on_tensorflow
def test_an_unseeded_shuffle_is_seen(look: Callable[..., Look], model: Any) -> None:
    from tensorflow.python.eager import context

    keras.utils.set_random_seed(3)
    context.context()._seed = None
    try:
        x, y = arrays()
        assert "No seed was set" in texts(found(look(x=x, y=y), model))[0]
        ordered = look(x=dataset().batch(16))
        assert found(ordered, model).verdict == "exact"
        shuffled = look(x=dataset().shuffle(10).batch(16))
        assert "shuffles without a seed" in texts(found(shuffled, model))[0]
        assert found(look(x=dataset().shuffle(10, seed=1).batch(16)), model).verdict == "exact"
    finally:
        keras.utils.set_random_seed(3)


def test_data_made_in_python_are_named(look: Callable[..., Look], model: Any) -> None:
    keras.utils.set_random_seed(3)
    drawn = look(x=generator(), steps_per_epoch=4)
    assert found(drawn, model).verdict == "unknown"
    assert texts(found(drawn, model))[0].startswith("Your generator starts over")
    assert found(look(x=Stateless()), model).verdict == "exact"
    own_order = found(look(x=OwnOrder()), model)
    assert texts(own_order) == [
        "OwnOrder changes between epochs: exact if the changes depend on its own seed."
    ]


class WithState(OwnOrder):
    def state_dict(self) -> dict[str, Any]:
        return {"order": self.order}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.order = state["order"]


def test_data_with_a_state_of_their_own_are_exact(look: Callable[..., Look], model: Any) -> None:
    looking = look(x=WithState())
    assert found(looking, model).verdict == "exact"
    assert looking.state is not None
    np.testing.assert_array_equal(
        looking.state.place["own_state"]["order"], looking.data.source.order
    )


class Mute(keras.callbacks.Callback):
    """Has no state."""


class Remembers(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.seen = 0


def test_callbacks_that_start_over_are_named(look: Callable[..., Look], model: Any) -> None:
    x, y = arrays()
    stopping = keras.callbacks.EarlyStopping("loss")
    looking = look(x=x, y=y, shuffle=False, others=[stopping, Mute(), Remembers()])
    assert texts(found(looking, model)) == [
        "The callback Remembers starts over: it has no get_state() and set_state()."
    ]
    reduce = keras.callbacks.ReduceLROnPlateau("loss")
    others = found(looking, model, callbacks=(reduce, Mute()))
    assert texts(others) == [
        "The callback ReduceLROnPlateau is new.",
        "The callback EarlyStopping is missing.",
        "The callback Remembers is missing.",
    ]
    assert others.verdict == "inexact"


def test_what_has_changed_is_named_and_weights_are_offered(plain: Look, model: Any) -> None:
    exactness = found(
        plain,
        model,
        backend=("jax", "tensorflow"),
        versions=({"keras": "3.14", "kwidgets": "1"}, {"keras": "3.15", "kwidgets": "2"}),
        environment=({}, {"OMP_NUM_THREADS": "1"}),
        fit_arguments=({"epochs": 3, "batch_size": 8}, {"epochs": 5, "batch_size": 16}),
        data=({"x": {"crc32": 1}}, {"x": {"crc32": 2}}),
    )
    assert texts(exactness) == [
        "Another backend: jax → tensorflow.",
        "keras: 3.14 → 3.15.",
        "OMP_NUM_THREADS: – → 1.",
        "Other arguments of fit: batch_size.",
        "Other data: x.",
    ]
    assert not exactness.may_resume and exactness.may_take_weights


def test_counted_names_are_no_change(plain: Look, model: Any) -> None:
    one = {"layers": [{"config": {"name": "dense_1", "units": 2}}]}
    same = {"layers": [{"config": {"name": "dense_7", "units": 2}}]}
    other = {"layers": [{"config": {"name": "dense_1", "units": 3}}]}
    assert found(plain, model, model_config=(one, same)).verdict == "exact"
    assert found(plain, model, model_config=(one, other)).verdict == "changed"
    # That of ``compile`` is compared by itself.
    compiled = {**one, "compile_config": {"optimizer": "sgd"}}
    assert found(plain, model, model_config=(one, compiled)).verdict == "exact"


def test_another_model_is_impossible(plain: Look) -> None:
    other = keras.Sequential([keras.Input((12,)), keras.layers.Dense(3)])
    other.compile("sgd", "mse")
    exactness = found(plain, other)
    assert exactness.verdict == "impossible"
    assert not exactness.may_resume and not exactness.may_take_weights
    assert "kernel float32[12, 2] → " in texts(exactness)[0]


def test_data_of_another_kind_leave_the_weights(plain: Look, model: Any) -> None:
    assert plain.state is not None
    exactness = find_exactness(plain.state, model, None, plain.others, {}, {})
    assert exactness.verdict == "impossible" and exactness.may_take_weights


def test_findings_are_plain_data(plain: Look, model: Any) -> None:
    exactness = found(plain, model, code=("a", "b"))
    assert dataclasses.asdict(exactness) == {
        "findings": (
            {
                "part": "code",
                "verdict": "unknown",
                "text": {"key": "The code of the cell has changed.", "values": []},
            },
        )
    }
