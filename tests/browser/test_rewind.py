"""A running fit is rewound from its view, and guarded against NaN."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, SETUP, View

FIT = """
def break_once(batch, logs):
    if os.path.exists("break"):
        os.remove("break")
        # On JAX, the model of a callback has its values; ours has none within an epoch.
        breaking.model.layers[-1].bias.assign(np.full(10, np.nan))

breaking = keras.callbacks.LambdaCallback(on_train_batch_begin=break_once)
history = model.fit(x, y, epochs=100_000, validation_split=0.2, verbose=0,
                    callbacks=[breaking, live, slow])
"""


def test_a_fit_is_rewound_as_a_branch_and_survives_nan(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(SETUP, FIT)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run(1)
    view = View(notebook.outputs(1))
    page = notebook.page
    view.expect_step_above(page, 20)

    view.button("Checkpoint").click()
    checkpoints = view.region.get_by_label("Checkpoint to return to")
    expect(checkpoints).to_contain_text("Checkpoint, step")
    view.expect_step_above(page, view.step() + 20)
    view.button("Rewind").click()
    expect(view.region.get_by_text("Rewound to step").first).to_be_visible()
    # The curve that was left: a click hides it.
    left = view.region.get_by_role("button", name="earlier run")
    expect(left).to_have_attribute("aria-pressed", "true")
    left.click()
    expect(left).to_have_attribute("aria-pressed", "false")

    guard = view.region.get_by_role("checkbox", name="NaN guard")
    expect(guard).not_to_be_checked()
    guard.check()
    expect(guard).to_be_checked()
    view.expect_step_above(page, view.step() + 20)
    notebook.path.with_name("break").touch()
    expect(view.region.get_by_text("Restored the state of step").first).to_be_visible()
    view.expect_step_above(page, view.step() + 5)
    view.button("Stop").click()
    view.expect_status("stopped")
