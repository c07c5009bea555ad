"""Checkpoints are taken between two steps of a fit, beside which they are written."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets.record.checkpoints import folder as folder_module
from kwidgets.record.checkpoints import load_model as loading
from kwidgets.record.checkpoints.checkpointer import Checkpointer
from kwidgets.record.checkpoints.folder import CheckpointError, CheckpointFolder
from kwidgets.record.checkpoints.read_checkpoint import read_checkpoint
from kwidgets.record.checkpoints.training_state import (
    ArchitectureError,
    HostBuffers,
    read_state,
)
from kwidgets.record.checkpoints.variables import VariableInfo

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("float32")


def make_model(units: int = 3, dtype: str | None = None) -> Any:
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(units, activation="relu", dtype=dtype),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


class EachStep(keras.callbacks.Callback):
    """Calls a function before each step."""

    def __init__(self, function: Callable[[Any, int], None]) -> None:
        super().__init__()
        self.function = function
        self.step = 0

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.function(self._model, self.step)
        self.step += 1


def values(model: Any) -> list[np.ndarray]:
    return [
        np.array(keras.ops.convert_to_numpy(v.value))
        for v in [*model.variables, *model.optimizer.variables]
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A fit with checkpoints by request, and the values that the model had at each of them."""
    runs = tmp_path_factory.mktemp("runs")
    written: list[CheckpointFolder] = []
    problems: list[str | None] = []
    found: dict[str, Any] = {"runs": runs, "written": written, "values": {}}
    taker: list[Checkpointer] = []

    def before_step(model: Any, step: int) -> None:
        if not taker:
            taker.append(
                Checkpointer(
                    model, runs, "r1", on_written=written.append, on_problem=problems.append
                )
            )
        if step in (1, 6):
            taker[0].request("user", f"after {step}")
        if step == 4:
            assert taker[0].take_now("before", "", 1, 0, step)
            found["values"]["before"] = values(model)
        taker[0].before_step(step // 4, step % 4, step, time.perf_counter())
        if step in (1, 6):
            found["values"][f"after {step}"] = values(model)

    keras.utils.set_random_seed(1)
    model = make_model()
    model.fit(X, Y, batch_size=16, epochs=3, verbose=0, callbacks=[EachStep(before_step)])
    taker[0].end(3, 12)
    assert taker[0].wait(60)
    assert set(problems) == {None}
    return {**found, "model": model}


def test_what_is_written_is_what_the_model_had_before_the_step(trained: dict[str, Any]) -> None:
    by_label = {
        checkpoint.meta["label"] or checkpoint.meta["reason"]: checkpoint
        for checkpoint in trained["written"]
    }
    assert list(by_label) == ["after 1", "before", "after 6", "end"]
    for label, expected in trained["values"].items():
        state = read_checkpoint(by_label[label].path)
        names = [
            f"{group}/{index}"
            for group in ("model", "optimizer")
            for index in range(len(state.variables[group]))
        ]
        for name, value in zip(names, expected, strict=True):
            assert state.arrays[name].tobytes() == value.tobytes(), (label, name)
    assert by_label["after 6"].meta["step"] == 6
    assert by_label["end"].meta["ended"]


def test_a_model_comes_back_compiled_with_its_optimizer(trained: dict[str, Any]) -> None:
    model = trained["model"]
    path = trained["written"][-1].path
    again = loading.load_model(path, json.loads(model.to_json()), model.get_compile_config())
    for one, other in zip(values(again), values(model), strict=True):
        assert one.tobytes() == other.tobytes()
    assert int(again.optimizer.iterations.value) == 12
    again.fit(X, Y, epochs=1, verbose=0)


def test_another_architecture_is_refused_and_nothing_changes(trained: dict[str, Any]) -> None:
    state = read_checkpoint(trained["written"][0].path)
    other = make_model(units=5)
    before = values(other)
    with pytest.raises(ArchitectureError) as refused:
        loading.set_weights(other, state)
    differences = {str(difference) for difference in refused.value.differences}
    assert any("kernel float32[4, 3] → " in text for text in differences), differences
    for one, value in zip(before, values(other), strict=False):
        assert one.tobytes() == value.tobytes()


def test_a_second_model_of_the_kernel_is_the_same_architecture(trained: dict[str, Any]) -> None:
    state = read_checkpoint(trained["written"][0].path)
    again = make_model()
    paths = [v.path for v in again.variables]
    assert paths != [info.path for info in state.variables["model"]]
    assert state.differences(again) == []


def test_a_model_without_a_config_is_explained(trained: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError, match="Keras cannot describe this model"):
        loading.load_model(trained["written"][0].path, None)


def test_a_saved_model_is_keras_own_file(trained: dict[str, Any], tmp_path: Path) -> None:
    path = loading.save_model(trained["model"], tmp_path / "m.keras")
    assert [p.name for p in tmp_path.iterdir()] == ["m.keras"]
    keras.models.load_model(path)
    with pytest.raises(ValueError, match="keras"):
        loading.save_model(trained["model"], tmp_path / "m.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["m.keras"]


def test_a_full_disk_is_reported_once_and_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    problems: list[str | None] = []
    taker = Checkpointer(make_model(), tmp_path, "r1", on_problem=problems.append)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "_flush", full)
    for _ in range(2):
        assert taker.take_now("user", "", 0, 0, 0)
        assert taker.wait(60)
    assert problems == ["No checkpoint could be written: No space left on device"] * 2
    assert len(caplog.records) == 1
    monkeypatch.undo()
    assert taker.take_now("user", "", 0, 0, 0)
    assert taker.wait(60)
    assert problems[-1] is None
    assert [path.name for path in (tmp_path / "r1.checkpoints").iterdir()] == ["0000-000000-user"]


def test_where_no_thread_can_start_nothing_is_left_of_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems: list[str | None] = []
    taker = Checkpointer(make_model(), tmp_path, "r1", on_problem=problems.append)

    def cannot_start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", cannot_start)
    for _ in range(3):  # more than there are buffers
        assert not taker.take_now("user", "", 0, 0, 0)
    assert len(problems) == 3 and "can't start new thread" in str(problems[0])
    assert list((tmp_path / "r1.checkpoints").iterdir()) == []
    monkeypatch.undo()
    assert taker.take_now("user", "", 0, 0, 0)
    assert taker.wait(60) and problems[-1] is None


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    problems: list[str | None] = []
    taker = Checkpointer(make_model(), tmp_path / "file", "r1", on_problem=problems.append)
    assert not taker.take_now("user", "", 0, 0, 0)
    assert len(problems) == 1 and "No checkpoint could be written" in str(problems[0])


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "bfloat16", "float16"])
def test_short_types_come_back(tmp_path: Path, dtype: str) -> None:
    model = make_model(dtype=dtype)
    taker = Checkpointer(model, tmp_path, "r1")
    taker.take_now("user", "", 0, 0, 0)
    taker.wait()
    expected = [np.array(keras.ops.convert_to_numpy(v.value)).tobytes() for v in model.variables]
    again = make_model(dtype=dtype)
    state = read_checkpoint(tmp_path / "r1.checkpoints" / "0000-000000-user")
    state.set_variables(again, ["model"])
    found = [np.array(keras.ops.convert_to_numpy(v.value)).tobytes() for v in again.variables]
    assert found == expected


def test_buffers_are_used_again() -> None:
    model = make_model()
    buffers = HostBuffers()
    first = read_state(model, 0, 0, buffers=buffers)
    second = read_state(model, 0, 0, buffers=buffers)
    assert all(first.arrays[f"model/{i}"] is second.arrays[f"model/{i}"] for i in range(4))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sequential/dense/kernel", "sequential_1/dense_2/kernel"),
        ("adam/sequential_dense_kernel_momentum", "adam/sequential_1_dense_4_kernel_momentum"),
        ("adam/iteration", "adam/iteration"),
    ],
)
def test_counted_names_are_the_same(one: str, other: str) -> None:
    assert VariableInfo(one, (), "float32").matches(VariableInfo(other, (), "float32"))
    assert not VariableInfo(one, (), "float32").matches(VariableInfo(other, (1,), "float32"))
