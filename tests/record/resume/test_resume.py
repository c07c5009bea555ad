"""A training that was interrupted goes on as if it had not been."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import keras
import pytest

from kwidgets.language import translated
from kwidgets.record.checkpoints.fit_data import FitData
from kwidgets.record.checkpoints.folder import STATE
from kwidgets.record.resume.plan import ResumePlan
from kwidgets.record.resume.resumed_fit import ResumedFit
from tests.backends import QUICK_TO_COMPILE, ROOT, python_with
from tests.record.resume.training_program import Recorder, arrays, digest, places, run, small_model

#: By backend, what facts say is equal to the bit.
EXACT = {
    "all": [
        *("arrays", "ordered", "batchwise", "weighted", "classes", "few_steps"),
        *("tfdata", "tfdata_shuffle", "tfdata_stateless", "tfdata_unknown", "tfdata_repeat"),
        *("pydataset", "pydataset_numpy", "pydataset_own_order", "generator"),
        *("arrays+lso", "arrays+schedule", "arrays+unbuilt", "arrays+eager"),
        *("arrays+schedule+hold", "arrays+scheduler"),
    ],
    "tensorflow": ["arrays+spe2", "arrays+jit", "tfdata_shuffle+spe2", "tfdata_random_op"],
    "jax": ["arrays+spe2", "arrays+seed999", "generator_numpy", "pydataset+spe2"],
    "torch": ["arrays+seed999", "generator_numpy"],
}
MODES = ("record", "resume:3-12")
# On PyTorch, the order within a batch depends on what dropout has drawn before.
WITHOUT_TENSORFLOW = [
    case for case in EXACT["all"] if not case.startswith("tfdata") and case != "batchwise"
]


def results(backend: str, folder: Path, jobs: list[str]) -> list[dict[str, Any]]:
    """Run trainings in a process of their own."""
    done = subprocess.run(
        [python_with(backend), "-m", "tests.record.resume.training_program", str(folder), *jobs],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": str(ROOT),
            "XLA_FLAGS": QUICK_TO_COMPILE,
        },
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line.partition(" ")[2] for line in done.stdout.splitlines() if "RESULT" in line]
    found = [json.loads(line) for line in lines]
    assert [f"{job['case']}={job['mode']}" for job in found] == jobs
    return found


Outcomes: TypeAlias = "Callable[[str], list[dict[str, Any]]]"


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Return a function of the backend that returns the results of all chosen cases.

    One process records them all, and another one resumes each from each of its checkpoints: a
    process of its own for each would import the backend a hundred times.
    """

    @functools.cache
    def of_backend(backend: str) -> list[dict[str, Any]]:
        chosen = [
            item.callspec.params["case"]
            for item in request.session.items
            if isinstance(item, pytest.Function)
            and item.originalname == "test_what_can_be_exact_is"
            and item.callspec.params["backend"] == backend
        ]
        folder = tmp_path_factory.mktemp(backend)
        jobs = [f"{case}={mode}" for case in chosen for mode in ("whole", "record")]
        recorded = results(backend, folder, jobs)
        jobs = []
        for case in chosen:
            # The last one goes on from a checkpoint of a resumed training.
            names = [f"{epoch}-{batch}" for epoch, batch in places(case)]
            jobs += [f"{case}=resume:{name}" for name in (*names, f"again-{names[-1]}")]
        return [*recorded, *results(backend, folder, jobs)]

    return of_backend


@pytest.mark.once
def test_the_rest_is_equal_to_the_bit_here_and_in_another_process(tmp_path: Path) -> None:
    """Here, it is the second model of a kernel, whose variables have other names."""
    cases = ["arrays+small", "pydataset_numpy+small"]
    recorded = [run(case, "record", tmp_path / case) for case in cases]
    here = run(cases[0], "resume:3-12", tmp_path / cases[0])
    assert here == {**recorded[0], "resumed": True}
    backend = keras.backend.backend()
    resumed = results(backend, tmp_path, [f"{case}=resume:3-12" for case in cases])
    for before, after in zip(recorded, resumed, strict=True):
        assert after == {**after, **before, "resumed": True}


def test_data_that_end_within_the_epochs_go_on_where_they_were(tmp_path: Path) -> None:
    """PyTorch's iterator draws random numbers when it is made, an epoch before its first batch."""
    case = "few_steps+small"
    recorded = run(case, "record", tmp_path)
    for place in ("2-0", "3-5"):
        assert run(case, f"resume:{place}", tmp_path) == {**recorded, "resumed": True}


@pytest.mark.once
@pytest.mark.slow("the browser test resumes a killed kernel on JAX to the bit")
def test_the_rest_is_equal_to_the_bit_on_jax(tmp_path: Path) -> None:
    jobs = [f"{case}={mode}" for case in ("arrays", "generator+small") for mode in MODES]
    for before, after in zip(*[iter(results("jax", tmp_path, jobs))] * 2, strict=True):
        assert after["resumed"]
        assert after["history"] == before["history"], before["case"]
        assert after["digest"] == before["digest"], before["case"]


@pytest.mark.once
@pytest.mark.slow("two kinds of data are resumed in another process, and two on JAX")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("backend", "case"),
    [
        *(("tensorflow", case) for case in [*EXACT["all"], *EXACT["tensorflow"]]),
        *(("jax", case) for case in [*EXACT["all"], *EXACT["jax"]]),
        *(("torch", case) for case in [*WITHOUT_TENSORFLOW, *EXACT["torch"]]),
    ],
)
def test_what_can_be_exact_is(backend: str, case: str, outcomes: Outcomes) -> None:
    whole, *others = [result for result in outcomes(backend) if result["case"] == case]
    for result in others:
        where = result["mode"]
        assert "error" not in result, (where, result["error"])
        assert result["resumed"] or where == "record", where
        for what in ("history", "epochs", "digest"):
            assert result[what] == whole[what], (where, what)


class Resume(Recorder):
    """Goes on from a checkpoint, and runs a function before that."""

    def __init__(self, folder: Path, name: str = "1-8", **arguments: Any) -> None:
        super().__init__(f"resume:{name}", folder, [], **arguments)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    run("ordered+small", "record", folder)
    return folder


@pytest.fixture
def damaged(recorded: Path, tmp_path: Path) -> Path:
    shutil.copytree(recorded, tmp_path / "copy")
    path = tmp_path / "copy" / "1-8" / STATE
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return tmp_path / "copy"


def fit(made: Any, callbacks: list[Any], samples: int = 332, **arguments: Any) -> Any:
    x, y = (part[:samples] for part in arrays())
    options = {"batch_size": 16, "shuffle": False, "epochs": 2, "verbose": 0, **arguments}
    return made.fit(x, y, callbacks=callbacks, **options)


def problem_of(callback: Resume) -> str:
    assert callback.resumed is not None and callback.resumed.problem is not None
    assert not callback.resumed.resumed
    return translated(callback.resumed.problem)


def check_that_it_starts_from_its_beginning(
    callback: Resume, make: Callable[[], Any], **arguments: Any
) -> str:
    """Fit with a checkpoint that does not fit, and without one: both are equal."""
    made = []
    for callbacks in ([callback], []):
        keras.utils.set_random_seed(5)
        made.append(make())
        history = fit(made[-1], callbacks, **arguments)
        assert history.epoch == [0, 1]
    assert digest(made[0]) == digest(made[1])
    return problem_of(callback)


def test_a_damaged_checkpoint_leaves_a_fit_as_it_is(damaged: Path) -> None:
    problem = check_that_it_starts_from_its_beginning(Resume(damaged), small_model)
    assert problem == "The checkpoint 1-8 is damaged: state.safetensors cannot be read."


def test_another_model_is_fitted_from_its_beginning(recorded: Path) -> None:
    def other() -> Any:
        made = keras.Sequential([keras.Input((12,)), keras.layers.Dense(3)])
        made.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return made

    problem = check_that_it_starts_from_its_beginning(Resume(recorded), other)
    assert "The model differs from the checkpoint in" in problem


def test_fewer_data_are_fitted_from_their_beginning(recorded: Path) -> None:
    problem = check_that_it_starts_from_its_beginning(Resume(recorded), small_model, samples=64)
    assert problem == "The data differ from those of the checkpoint: they have other batches."


class StopIn(keras.callbacks.Callback):
    """Raises at a hook."""

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        raise KeyboardInterrupt


def test_nothing_of_a_resumed_fit_is_left_in_the_model(recorded: Path) -> None:
    made = small_model()
    callback = Resume(recorded)
    with pytest.raises(KeyboardInterrupt):
        fit(made, [callback, StopIn()])
    callback.resumed.end()
    assert fit(made, []).epoch == [0, 1]
    resumed = Resume(recorded)
    assert fit(made, [resumed], epochs=3).epoch == [0, 1, 2]
    assert resumed.resumed.resumed
    assert fit(made, []).epoch == [0, 1]


def test_a_backup_of_keras_that_begins_elsewhere_is_respected(
    recorded: Path, tmp_path: Path
) -> None:
    backup = keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    fit(small_model(), [backup], epochs=1)
    callback = Resume(recorded, "3-12")
    made = small_model()
    history = fit(made, [callback, backup], epochs=2)
    assert history.epoch == [1]
    assert problem_of(callback).startswith("Another callback sets the epoch")
    assert made._initial_epoch is None


def test_weights_alone_are_taken_over(recorded: Path) -> None:
    plan = ResumePlan.read(recorded / "3-12")
    made = small_model()
    made.optimizer.learning_rate = 0.25
    seen = []

    class TakeOver(keras.callbacks.Callback):
        def on_train_begin(self, logs: object = None) -> None:
            fit_data = FitData.find()
            assert fit_data is not None
            assert ResumedFit(plan, "weights").begin(self._model, fit_data, [])
            seen.append(int(made.optimizer.iterations.value))

    assert fit(made, [TakeOver()], epochs=1).epoch == [0]
    assert seen == [3 * 21 + 12]
    assert int(made.optimizer.iterations.value) == 4 * 21 + 12
    assert float(made.optimizer.learning_rate) == 0.25


def test_a_training_that_had_ended_gets_more_epochs(tmp_path: Path) -> None:
    made = []
    for callbacks, epochs in (
        ([Recorder("record", tmp_path, [])], 1),
        ([Resume(tmp_path, "end")], 2),
        ([], 2),
    ):
        keras.utils.set_random_seed(5)
        made.append(small_model())
        history = fit(made[-1], callbacks, samples=64, shuffle=True, epochs=epochs)
    assert digest(made[1]) == digest(made[2])
    assert history.epoch == [0, 1]


class Counter(keras.callbacks.Callback):
    """A callback of the user's that tells its state."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[int, int]] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.steps.append((self.epoch, batch))

    def get_state(self) -> dict[str, Any]:
        return {"steps": self.steps}

    def set_state(self, state: dict[str, Any]) -> None:
        self.steps = [tuple(step) for step in state["steps"]]


def test_other_callbacks_see_each_step_once(tmp_path: Path) -> None:
    """Those before ours in the list, and those after it."""
    for ours in (Recorder("record", tmp_path, [(1, 2)]), Resume(tmp_path, "1-2")):
        counters = [Counter(), Counter()]
        fit(small_model(), [counters[0], ours, counters[1]], samples=64)
        for counter in counters:
            assert counter.steps == [(epoch, batch) for epoch in (0, 1) for batch in range(4)]
