"""Measures a training with two workers, and a desk with a thousand workers of paper."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

STEERED_SECONDS = 20
PAPER_SECONDS = 20
PAPER_RANKS = (2, 100, 1_000)


def measure(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KWIDGETS_RUNS"] = folder
        measure_steering(Path(folder))
    for ranks in PAPER_RANKS:
        measure_paper(ranks)


# Two workers.


def train_with_and_without(folder: str, rounds: int) -> Any:
    """Return a function that trains the same model, watched and not, and notes its times."""

    def train(worker: Any) -> None:
        import keras

        from kwidgets.live.auto import auto_view

        x = np.random.default_rng(0).random((8192, 64), dtype="float32")
        y = x.sum(axis=1, keepdims=True)
        model = keras.Sequential(
            [
                keras.Input((64,)),
                keras.layers.Dense(256, "relu"),
                keras.layers.Dense(256, "relu"),
                keras.layers.Dense(1),
            ]
        )
        model.compile("adam", "mse")
        begun: list[float] = []
        rates: list[tuple[float, int, float]] = []

        class Times(keras.callbacks.Callback):
            """Notes when each step begins. It reads no variable: that would be a collective."""

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                begun.append(time.time())

        part = worker.shard(x, y, batch_size=64)
        model.fit(part, epochs=1, verbose=0)
        seconds: dict[str, list[float]] = {"bare": [], "watched": []}
        for _ in range(rounds):
            for name, times in seconds.items():
                auto_view.stop() if name == "bare" else auto_view.start()
                started = time.perf_counter()
                model.fit(part, epochs=4, verbose=0)
                times.append((time.perf_counter() - started) / (4 * len(part)))
        auto_view.start()
        begun.clear()
        model.fit(part, epochs=100_000, callbacks=[Times()], verbose=0)
        found = {"seconds": seconds, "begun": begun, "rates": rates}
        Path(folder, f"times-{worker.rank}.json").write_text(json.dumps(found))

    return train


def measure_steering(folder: Path) -> None:
    import kwidgets as kw

    started = time.time()
    run = kw.distribute(
        train_with_and_without(str(folder), rounds=4), workers=2, backend="jax", wait=False
    )
    training = run._training
    arrived: dict[int, float] = {}
    last_fit = 6

    def has_begun() -> bool:
        return last_fit in training.fits

    training.wait(lambda: bool(training.fits), 600)
    print(f"start: {time.time() - started:.1f} s until the first fit has begun")
    training.wait(has_begun, 600)
    until = time.monotonic() + STEERED_SECONDS
    waited: list[float] = []
    value, asked = 0.001, 0.0
    next_command = time.monotonic() + 2
    while time.monotonic() < until:
        steps = run.history.samples["step"] if "step" in run.history.samples else ()
        now = time.time()
        if len(steps) and int(steps[-1]) not in arrived:
            arrived[int(steps[-1])] = now
        progress = run._run.describe_progress()
        if asked and progress["learning_rate"] is not None:
            if abs(float(progress["learning_rate"]) - value) < 1e-9:  # type: ignore[arg-type]
                waited.append(now - asked)
                asked = 0.0
        elif time.monotonic() >= next_command:
            next_command = time.monotonic() + 1.5
            value *= 0.9
            run.set_learning_rate(value)
            asked = time.time()
        time.sleep(0.005)
    first = min(arrived, default=0)
    run.stop()
    run.wait(120)
    found = [json.loads((folder / f"times-{rank}.json").read_text()) for rank in range(2)]
    begun = found[0]["begun"]
    offset = int(run.history.samples["step"][-1]) - len(begun)
    ages = [
        1000 * (at - begun[step - offset])
        for step, at in arrived.items()
        if step > first and 0 <= step - offset < len(begun)
    ]
    bare, watched = (found[0]["seconds"][name] for name in ("bare", "watched"))
    ratios = sorted(w / b for w, b in zip(watched, bare, strict=True))
    print(
        f"two workers, a step of {1000 * statistics.median(bare):.1f} ms: "
        f"{statistics.median(ratios):.3f}x ({ratios[0]:.3f}–{ratios[-1]:.3f}) watched and steered"
    )
    if ages:
        print(
            f"age of a sample in the kernel: median {np.median(ages):.0f} ms, "
            f"p95 {np.percentile(ages, 95):.0f} ms, of {len(ages)}"
        )
    if waited:
        print(
            "learning rate, from the call until the kernel has the answer: median "
            f"{1000 * np.median(waited):.0f} ms, most {1000 * max(waited):.0f} ms, of {len(waited)}"
        )


# A desk with workers of paper.

_PAPER = """
import json, sys, threading, time
from kwidgets.distributed.desk.socket_desk import DeskAddress, DeskClient
from kwidgets.distributed.rank.outbox import worker_seconds
settings = json.load(sys.stdin)
address, ranks, seconds = DeskAddress(**settings["desk"]), settings["ranks"], settings["seconds"]
begin = time.monotonic() + 5
until = begin + seconds

def worker(rank, step):
    device = {"kind": "gpu", "name": "GPU", "use": 0.5 + rank % 7 / 20,
              "memory_used_bytes": 2e10 + rank, "memory_total_bytes": 8e10}
    return {"kind": "worker", "attempt": 1, "worker": {
        "rank": rank, "host": f"node-{rank // 8}", "state": "training", "step": step,
        "step_seconds": 0.1, "probe_seconds": None, "waiting": 0.1, "slow": "",
        "devices": [device]}}

def fit(step):
    row = {"add": "batches", "step": step, "epoch": step / 100, "seconds": step / 10,
           "values": {"loss": 1.0, "accuracy": 0.5}, "batches": 1}
    return {**settings["fit"], "complete": step == 1, "rows": [row]}

def some(own):
    clients = {rank: DeskClient(address) for rank in own}
    every = worker_seconds(ranks)
    due = {rank: begin + every * rank / ranks for rank in own}
    step, next_step = 0, begin
    while time.monotonic() < until:
        now = time.monotonic()
        if 0 in clients and now >= next_step:
            step, next_step = step + 1, next_step + 0.1
            clients[0].post([fit(step)], True)
        for rank, client in clients.items():
            if now >= due[rank]:
                due[rank] += every
                client.post([worker(rank, int(10 * (now - begin)))])
        time.sleep(0.01)

threads = [threading.Thread(target=some, args=(range(i, ranks, 20),)) for i in range(min(20, ranks))]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def measure_paper(ranks: int) -> None:
    """Print what the desk, the kernel and the page have to bear of so many workers."""
    from kwidgets.distributed.desk.desk import Desk
    from kwidgets.distributed.desk.socket_desk import DeskClient, DeskServer
    from kwidgets.distributed.remote.follow import FollowedTraining
    from kwidgets.distributed.remote.placeholder import placeholder
    from kwidgets.live.page.view import LiveView

    server = DeskServer(Desk(), secrets.token_hex(32))
    address = server.address
    fit = {**placeholder("jax"), "fit": 1}
    settings = {
        "desk": {"host": address.host, "port": address.port, "token": address.token},
        "ranks": ranks,
        "seconds": PAPER_SECONDS,
        "fit": fit,
    }
    process = subprocess.Popen([sys.executable, "-c", _PAPER], stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps(settings))
    process.stdin.close()

    sent: list[int] = []
    read: list[int] = []

    class CountingView(LiveView):
        """Counts what a page would get."""

        def publish(self) -> None:
            if self.fit is not None:
                progress = self.fit.describe_progress()
                sent.append(len(json.dumps(progress)))

    class CountingClient(DeskClient):
        """Counts what the kernel reads."""

        def poll(self, after: int) -> Any:
            found = super().poll(after)
            read.append(len(json.dumps(found)))
            return found

    import contextvars

    view = CountingView(contextvars.copy_context())
    own = psutil.Process()
    training = FollowedTraining(
        lambda: CountingClient(address), lambda: None, view, ranks, "jax"
    )
    training.start()
    time.sleep(8)
    before, memory = own.cpu_times(), own.memory_info().rss
    sent.clear()
    read.clear()
    seconds = PAPER_SECONDS - 5
    time.sleep(seconds)
    after = own.cpu_times()
    used = after.user + after.system - before.user - before.system
    print(
        f"{ranks:,} workers of paper, of which {len(training.workers):,} are known: the kernel "
        f"reads {sum(read) / seconds / 1000:.1f} kB/s, the page gets "
        f"{len(sent) / seconds:.1f} messages/s of {sum(sent) / seconds / 1000:.1f} kB/s in all; "
        f"desk and kernel together take {100 * used / seconds:.0f} % of a core, and "
        f"{(own.memory_info().rss - memory) / 1e6:+.1f} MB"
    )
    process.wait(60)
    training.lose_supervisor()
