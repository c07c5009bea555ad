"""Programs that train on other engines, run by the Python of tools/make_engines.py:
``python -m tests.distributed.engine_programs PROGRAM ENGINE``. They print a line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import psutil

import kwidgets as kw
from kwidgets.distributed.distribute import distribute, reconnect
from kwidgets.distributed.distributed_run import DistributedRun
from kwidgets.distributed.errors import WorkerError
from kwidgets.language import translated

SECONDS = 300


def make_train(folder: Path, step_seconds: float, epochs: int) -> Callable[[Any], None]:
    """Return a function that trains, and writes its weights into a file of each rank."""
    path = str(folder)

    def train(worker: Any) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        import keras
        import numpy as np

        # Rounding would grow over the steps.
        keras.config.set_floatx("float64")
        random = np.random.default_rng(1)
        x = random.normal(size=(128, 8))
        y = x.sum(axis=1, keepdims=True)
        model = keras.Sequential(
            [keras.Input((8,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)]
        )
        model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
        print("rank", worker.rank, "of", worker.workers, flush=True)
        slow = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: time.sleep(step_seconds)
        )
        # Without workers Keras would draw the order of the batches.
        model.fit(
            worker.shard(x, y, batch_size=32),
            epochs=epochs,
            callbacks=[slow],
            verbose=0,
            shuffle=False,
        )
        weights = [np.asarray(variable.value) for variable in model.trainable_variables]
        os.makedirs(path, exist_ok=True)
        np.savez(os.path.join(path, f"{worker.rank}.npz"), *weights)

    return train


def trained(folder: Path, rank: int) -> list[Any]:
    """Return the weights that a rank has written."""
    import numpy as np

    with np.load(folder / f"{rank}.npz") as file:
        return [file[name] for name in file.files]


def difference(one: list[Any], two: list[Any]) -> float:
    """Return the largest difference of two weights."""
    return max(float(abs(a - b).max()) for a, b in zip(one, two, strict=True))


def start(train: Callable[[Any], None], engine: str, **arguments: Any) -> DistributedRun:
    """Start two workers."""
    if engine == "slurm":
        arguments["engine_options"] = {"cluster": "local", "timeout_min": 10}
    return distribute(
        train, **{"workers": 2, **arguments}, engine=engine, wait=False, reconnect=False
    )


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("waited in vain")
        time.sleep(0.02)


def step_of(run: DistributedRun) -> int:
    """Return the last step that is known here."""
    return int(run._training.latest.describe_progress()["step"])


def weights(engine: str) -> dict[str, Any]:
    """Train with two workers, without and with steering, and in one process."""
    from kwidgets.distributed.rank.worker import Worker

    here = Path.cwd()
    plain = start(make_train(here / "plain", 0, 3), engine)
    plain.wait(SECONDS)
    steered = start(make_train(here / "steered", 0.2, 3), engine)
    wait_for(lambda: step_of(steered) > 0)
    steered.pause()
    wait_for(lambda: steered.status == "paused")
    steered.resume()
    steered.wait(SECONDS)
    import keras

    keras.utils.set_random_seed(0)
    make_train(here / "single", 0, 3)(Worker(0, 1, 0))
    return {
        "state": [plain.state, steered.state],
        "log": [plain.log(0), plain.log(1)],
        "between ranks": difference(trained(here / "plain", 0), trained(here / "plain", 1)),
        "to one process": difference(trained(here / "plain", 0), trained(here / "single", 0)),
        "steered": difference(trained(here / "plain", 0), trained(here / "steered", 0)),
    }


def killed(engine: str) -> dict[str, Any]:
    """Kill a worker, and then this kernel; the next program finds the training."""
    run = start(make_train(Path.cwd() / "killed", 0.1, 60), engine)
    wait_for(lambda: run.run is not None and run.run.checkpoints)
    rank_process(1).kill()
    wait_for(lambda: run.state == "restarting")
    text = translated(run._training.state["text"])
    wait_for(lambda: run.state == "training")
    print(json.dumps({"text": text, "job": run._job.job_id}), flush=True)
    os.kill(os.getpid(), 9)
    return {}


def found(engine: str) -> dict[str, Any]:
    """Find the training of a killed kernel."""
    run = reconnect()
    wait_for(lambda: step_of(run) > 0)
    first = step_of(run)
    run.stop()
    run.wait(SECONDS)
    return {"step": first, "state": run.state, "epochs": len(run.history.epochs)}


def resized(engine: str) -> dict[str, Any]:
    """Start with more workers than divide the batches."""
    run = start(make_train(Path.cwd() / "resized", 0, 2), engine, workers=(1, 3))
    texts = []
    while run._training.follows:
        if (text := translated(run._training.state["text"])) not in texts:
            texts.append(text)
        time.sleep(0.02)
    return {"state": run.state, "texts": texts, "log": run.log(0)}


def too_many(engine: str) -> dict[str, Any]:
    """Ask for more workers than the cluster has."""
    run = start(make_train(Path.cwd() / "many", 0, 1), engine, workers=64)
    try:
        run.wait(SECONDS)
    except WorkerError as error:
        return {"error": str(error)}
    return {}


def rank_process(rank: int) -> psutil.Process:
    """Return the process of a worker of a training in this folder."""
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "kwidgets.distributed.rank.main" in (process.info["cmdline"] or [])
        and process.cwd() == str(Path.cwd())
    ]
    return sorted(found, key=lambda process: process.create_time())[rank]


if __name__ == "__main__":
    assert kw.__version__
    print(json.dumps(globals()[sys.argv[1]](sys.argv[2])), flush=True)
