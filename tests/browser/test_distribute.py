"""Two workers train one model in other processes: watched, steered, killed and found again."""

from __future__ import annotations

import os
import re
import signal

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, View

# Steps take 50 ms: the page, two workers and their supervisor share the processor.
FUNCTION = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import kwidgets as kw

def train(worker):
    import time, keras
    from sklearn.datasets import load_digits
    digits = load_digits()
    x, y = digits.images[:640] / 16.0, digits.target[:640]
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(),
                              keras.layers.Dense(16, "relu"), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    print(f"rank {worker.rank}, ready")
    slow = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.05))
    model.fit(worker.shard(x, y, batch_size=64), epochs=1000, callbacks=[slow],
              validation_data=worker.shard(x, y, batch_size=640, shuffle=False))
"""
DISTRIBUTE = "run = kw.distribute(train, workers=2)"
PID = "print('pid', os.getpid())"
START_SECONDS = 240


@pytest.mark.timeout(900)
def test_two_workers_are_steered_and_found_again_by_another_kernel(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(FUNCTION, PID, DISTRIBUTE)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(1, FIRST_SECONDS)
    pid = int(notebook.outputs(1).inner_text().split()[-1])
    notebook.run_and_wait(2, FIRST_SECONDS)
    view = View(notebook.outputs(2))
    expect(view.region).to_contain_text("of 2 workers have joined")

    expect(view.progress).to_have_attribute(
        "aria-valuenow", re.compile("[1-9]"), timeout=START_SECONDS * 1000
    )
    page.screenshot(path="/tmp/w/d1.png")
    view.learning_rate.fill("0.005")
    view.learning_rate.press("Enter")
    expect(view.region).to_contain_text("Learning rate 0.001 → 0.005")
    view.button("Pause").click()
    view.expect_status("paused")
    page.screenshot(path="/tmp/w/d2.png")
    step = view.step()

    os.kill(pid, signal.SIGKILL)
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    notebook.wait_for_kernel()
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(2, FIRST_SECONDS)
    view.expect_status("paused")
    assert view.step() == step
    view.button("Resume").click()
    view.expect_step_above(page, step)
    page.screenshot(path="/tmp/w/d3.png")
    view.button("Log of rank 1").click()
    expect(view.region.get_by_role("log")).to_contain_text("rank 1, ready")
    view.button("Close").click()

    ranks = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "kwidgets.distributed.rank.main" in (process.info["cmdline"] or [])
        and process.cwd() == str(notebook.path.parent)
    ]
    assert len(ranks) == 2
    ranks[-1].kill()
    expect(view.region).to_contain_text("was lost (killed by signal SIGKILL)")
    mark = re.compile("Rank 1 was lost; restarted from step .* \\(1 of 2\\)")
    expect(view.region).to_contain_text(mark, timeout=START_SECONDS * 1000)
    page.screenshot(path="/tmp/w/d4.png")
    view.expect_step_above(page, step)
    page.screenshot(path="/tmp/w/d5.png")
    view.button("Stop").click()
    view.expect_status("stopped")
    page.screenshot(path="/tmp/w/d6.png")
    psutil.wait_procs(ranks, FIRST_SECONDS)
    assert not any(process.is_running() for process in ranks)
