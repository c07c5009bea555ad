"""A kernel that dies while it trains: the cell is run again, and the training goes on."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, SETUP, View

SEEDED = SETUP.replace("model =", "keras.utils.set_random_seed(0)\nmodel =", 1)
# In the second of four epochs, of 16 steps each.
TRAIN = """
def pause_once(batch, logs):
    if batch == 8 and len(live.history["step"]) == 1 and os.path.exists("pause"):
        live.pause()

pausing = keras.callbacks.LambdaCallback(on_train_batch_begin=pause_once)
history = model.fit(x, y, epochs=4, validation_split=0.2, callbacks=[pausing, live], verbose=0)
"""
DIGEST = """
import hashlib
values = [np.asarray(v) for v in model.variables + model.optimizer.variables]
print("digest", hashlib.sha256(b"".join(v.tobytes() for v in values)).hexdigest(),
      len(history.history["loss"]))
"""
PID = "print('pid', os.getpid())"


@pytest.mark.timeout(600)
def test_a_training_whose_kernel_died_is_resumed_to_the_bit(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(SEEDED, PID, TRAIN, DIGEST)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(2, FIRST_SECONDS)
    notebook.run_and_wait(3)
    whole = notebook.outputs(3).inner_text()
    assert "digest" in whole

    notebook.run_and_wait(0)
    notebook.run_and_wait(1)
    pid = int(notebook.outputs(1).inner_text().split()[-1])
    flag = notebook.path.with_name("pause")
    flag.touch()
    notebook.run(2)
    view = View(notebook.outputs(2))
    view.expect_status("paused")
    view.button("Checkpoint").click()
    expect(view.region.get_by_label("Checkpoint to return to")).to_contain_text("Checkpoint")
    flag.unlink()
    os.kill(pid, signal.SIGKILL)
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    view.expect_status("kernel gone")
    expect(view.button("Stop")).to_have_count(0)
    expect(view.region).to_contain_text("Run the cell again to resume from the last checkpoint.")
    notebook.wait_for_kernel()

    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(2)
    question = view.region.get_by_role("region", name="Question")
    expect(question).to_contain_text("last checkpoint is in epoch 2", timeout=FIRST_SECONDS * 1000)
    question.get_by_role("button", name="Resume").click()
    view.expect_status("finished")
    notebook.run_and_wait(3)
    assert notebook.outputs(3).inner_text() == whole
