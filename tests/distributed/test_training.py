"""Real trainings with two workers: the same weights as one process, steered at the same step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import kwidgets as kw
from kwidgets.distributed.rank.worker import Worker
from tests.distributed.conftest import START_SECONDS, Start, processes_of, wait_for_steps


def make_train(folder: Path, epochs: int, **settings: Any) -> Any:
    """Return a function for workers that writes its weights, and the rate of each step."""

    def train(worker: Worker) -> None:
        import time

        import keras

        generator = np.random.default_rng(0)
        x = generator.normal(size=(130, 6))
        y = x[:, :1] - 2 * x[:, 1:2]
        model = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
        )
        model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
        rates = []

        class Rates(keras.callbacks.Callback):
            """Notes the learning rate before each step."""

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                if settings.get("step_seconds"):
                    time.sleep(settings["step_seconds"])

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                if keras.backend.backend() == "jax":
                    model.jax_state_sync()
                rates.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))

        # The last one: it sees what ours has set.
        noting = [Rates()] if settings.get("notes_rates") else []
        part = worker.shard(x, y, batch_size=20)
        if settings.get("unequal") and worker.rank == 1:
            part = worker.shard(x[:90], y[:90], batch_size=20)
        if settings.get("fails") and worker.rank == 1:
            raise RuntimeError("the disk of rank 1 is full")
        if settings.get("other_seed"):
            keras.utils.set_random_seed(worker.rank)
            model = keras.models.clone_model(model)
            model.compile("sgd", "mse")
        validation = worker.shard(x, y, batch_size=26, shuffle=False)
        model.fit(part, epochs=epochs, validation_data=validation, callbacks=noting, verbose=0)
        weights = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
        name = settings.get("name") or f"{worker.workers}-{worker.rank}"
        np.savez(folder / f"{name}.npz", *weights)
        (folder / f"rates-{worker.rank}.json").write_text(json.dumps(rates))
        print("rank", worker.rank, "has trained")

    return train


def weights_of(folder: Path, name: str) -> np.ndarray:
    with np.load(folder / f"{name}.npz") as arrays:
        return np.concatenate([array.ravel() for array in arrays.values()])


@pytest.mark.timeout(600)
def test_two_workers_train_what_one_trains_and_are_steered_at_the_same_step(
    distribute: Start, tmp_path: Path
) -> None:
    distribute(make_train(tmp_path, 3), workers=1).wait(START_SECONDS)
    run = distribute(make_train(tmp_path, 3), workers=2)
    history = run.wait(START_SECONDS)
    one, other, alone = (weights_of(tmp_path, name) for name in ("2-0", "2-1", "1-0"))
    assert np.array_equal(one, other)
    assert np.abs(one - alone).max() < 1e-6
    assert len(history["val_mae"]) == 3
    assert "rank 1 has trained" in run.log(1)
    # Trained on JAX, loaded on this process's backend.
    loaded = [np.asarray(variable.value) for variable in run.model().trainable_variables]
    assert np.array_equal(np.concatenate([each.ravel() for each in loaded]), one)
    assert run.run is not None and run.run.history["loss"] == pytest.approx(history["loss"])

    steered = distribute(
        make_train(tmp_path, 10_000, notes_rates=True, step_seconds=0.02), workers=2
    )
    wait_for_steps(steered, 10)
    steered.set_learning_rate(0.005)
    steered.pause()
    assert steered._training.wait(lambda: steered.status == "paused", START_SECONDS)
    steered.resume()
    steered.checkpoint("by hand")
    assert steered._training.wait(
        lambda: any(
            "by hand" in each["text"]["values"]
            for each in steered._run.describe_run(steered._training.view)["checkpoints"]
        ),
        START_SECONDS,
    )
    steered.rewind("by hand")
    marked = "Rewound to step %1: %2"
    assert steered._training.wait(
        lambda: any(mark["text"]["key"] == marked for mark in steered._run.store.marks),
        START_SECONDS,
    )
    steered.stop()
    steered.wait(START_SECONDS)
    assert steered.status == "stopped"
    rates = [json.loads((tmp_path / f"rates-{rank}.json").read_text()) for rank in range(2)]
    assert rates[0] == rates[1]
    assert sorted({round(rate, 9) for rate in rates[0]}) == [0.005, 0.01]
    assert np.array_equal(weights_of(tmp_path, "2-0"), weights_of(tmp_path, "2-1"))


@pytest.mark.slow("each starts two workers")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"unequal": True}, "different batches an epoch: 7 on rank 0, 5 on rank 1"),
        ({"fails": True}, "Rank 1 failed: RuntimeError: the disk of rank 1 is full"),
        ({"other_seed": True}, "different values where all must have the same: the initial"),
    ],
)
def test_what_would_go_wrong_is_an_error_at_once_and_leaves_no_process(
    distribute: Start, tmp_path: Path, settings: dict[str, Any], text: str
) -> None:
    run = distribute(make_train(tmp_path, 2, **settings), workers=2)
    run._training.wait(lambda: len(processes_of(run)) == 3, START_SECONDS)
    processes = processes_of(run)
    with pytest.raises(kw.WorkerError, match=text):
        run.wait(START_SECONDS)
    assert run._training.state["attempt"] == 1
    _, left = psutil.wait_procs(processes, 90)
    assert not left


@pytest.mark.slow("starts two workers four times")
@pytest.mark.timeout(1200)
def test_a_lost_worker_is_replaced_and_training_goes_on_to_the_same_weights(
    distribute: Start, tmp_path: Path
) -> None:
    epochs = 100
    distribute(make_train(tmp_path, epochs), workers=2).wait(START_SECONDS)
    wanted = weights_of(tmp_path, "2-0")
    run = distribute(make_train(tmp_path, epochs, step_seconds=0.02), workers=2)
    for kill, rank in enumerate((1, 0)):
        wait_for_steps(run, 20)
        run.checkpoint()
        run._training.wait(
            lambda: bool(run._run.describe_run(run._training.view)["checkpoints"]), START_SECONDS
        )
        workers = [p for p in processes_of(run) if "kwidgets.distributed.rank.main" in p.cmdline()]
        workers[rank].kill()
        attempt = kill + 2
        assert run._training.wait(
            lambda attempt=attempt: run._training.latest.attempt == attempt, START_SECONDS
        )
    run.wait(START_SECONDS)
    assert np.abs(weights_of(tmp_path, "2-0") - wanted).max() < 1e-6
    assert np.array_equal(weights_of(tmp_path, "2-0"), weights_of(tmp_path, "2-1"))


@pytest.mark.slow("starts two workers twice")
@pytest.mark.timeout(900)
def test_a_lost_supervisor_takes_its_workers_along_and_is_replaced(
    distribute: Start, tmp_path: Path
) -> None:
    run = distribute(make_train(tmp_path, 10_000, step_seconds=0.02), workers=2)
    wait_for_steps(run, 20)
    run.checkpoint()
    assert run._training.wait(
        lambda: bool(run._run.describe_run(run._training.view)["checkpoints"]), START_SECONDS
    )
    supervisor, *workers = processes_of(run)
    supervisor.kill()
    _, left = psutil.wait_procs(workers, 60)
    assert not left
    assert run._training.wait(lambda: run._training.latest.attempt == 2, START_SECONDS)
    wait_for_steps(run, 25)
    run.stop()
    run.wait(START_SECONDS)
    marks = [mark["text"]["key"] for mark in run._run.store.marks]
    assert "Resumed" in marks


@pytest.mark.slow("TensorFlow, and JAX, each in processes of their own")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_one_process_trains_on_several_devices(
    distribute: Start, tmp_path: Path, backend: str
) -> None:
    for devices in (1, 2):
        train = make_train(tmp_path, 3, name=f"devices-{devices}")
        run = distribute(train, workers=1, devices=devices, backend=backend)
        assert len(run.wait(START_SECONDS)["loss"]) == 3
    one, two = (weights_of(tmp_path, f"devices-{devices}") for devices in (1, 2))
    assert np.abs(one - two).max() < 1e-6

    train = make_train(tmp_path, 10_000, notes_rates=True, step_seconds=0.02, name="steered")
    run = distribute(train, workers=1, devices=2, backend=backend)
    wait_for_steps(run, 10)
    run.set_learning_rate(0.005)
    marked = "Learning rate %1 → %2"
    assert run._training.wait(
        lambda: any(mark["text"]["key"] == marked for mark in run._run.store.marks), START_SECONDS
    )
    run.stop()
    run.wait(START_SECONDS)
    assert json.loads((tmp_path / "rates-0.json").read_text())[-1] == pytest.approx(0.005)


@pytest.mark.slow("starts two workers")
@pytest.mark.timeout(900)
def test_the_nan_guard_restores_the_same_state_on_all_workers(
    distribute: Start, tmp_path: Path
) -> None:
    def train(worker: Worker) -> None:
        import time

        import keras

        x = np.random.default_rng(0).normal(size=(160, 6)).astype("float32")
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        seen = []

        class SpoilsWeights(keras.callbacks.Callback):
            """Makes the weights infinite before one step, on all workers."""

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                time.sleep(0.03)
                seen.append(batch)
                if len(seen) == 60:
                    model.jax_state_sync()
                    model.layers[0].bias.assign([np.inf])

        model.fit(
            worker.shard(x, x[:, :1], batch_size=16),
            epochs=15,
            callbacks=[kw.LivePlot(nan_guard=True), SpoilsWeights()],
            verbose=0,
        )
        weights = [np.asarray(variable.value) for variable in model.trainable_variables]
        np.savez(tmp_path / f"{worker.workers}-{worker.rank}.npz", *weights)

    run = distribute(train, workers=2)
    run.wait(START_SECONDS)
    texts = [mark["text"]["key"] for mark in run._run.store.marks]
    assert any("Restored the state of step" in text for text in texts), texts
    one, other = weights_of(tmp_path, "2-0"), weights_of(tmp_path, "2-1")
    assert np.array_equal(one, other) and np.isfinite(one).all()
