"""Test where a fit is shown when its output is cleared, captured, or drawn by nobody."""

from kwidgets import protocol as wire
from kwidgets.live import protocol
from tests.kernel.frontend import Frontend, live_views
from tests.kernel.page import Page, training_run

WIDGET = "application/vnd.jupyter.widget-view+json"


def shown_at_the_end(frontend):
    """Return the outputs that a front end has at the end of the cell, each with all updates."""
    outputs, clear = {}, False
    for kind, content in frontend.displays:
        if kind == "clear_output":
            if content["wait"]:
                clear = True
            else:
                outputs.clear()
            continue
        if clear and kind == "display_data":
            outputs.clear()
            clear = False
        name = content["transient"].get("display_id", len(outputs))
        if kind == "display_data" or name in outputs:
            outputs[name] = content["data"]
    return list(outputs.values())


def test_a_loop_that_clears_before_each_fit_shows_the_last_one(run):
    frontend = run(
        "for i in range(3):\n    clear_output(wait=True)\n    make().fit(x, y, epochs=2)"
    )
    (output,) = shown_at_the_end(frontend)
    assert output["text/plain"].count("Training finished") == 3
    assert output[protocol.MIME_TYPE]["payload"]["run"]["fit"] == 3


def test_a_callback_that_clears_and_draws_leaves_the_view(run):
    frontend = run(
        "class Draw(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n"
        "        clear_output(wait=True)\n        display({'text/plain': 'figure'}, raw=True)\n"
        "make().fit(x, y, epochs=20, callbacks=[Draw()]);"
    )
    texts = [output["text/plain"] for output in shown_at_the_end(frontend) if output]
    assert texts[-1].startswith("Training finished: 20 of 20 epochs")


def test_what_is_cleared_after_the_end_stays_away(run):
    frontend = run("make().fit(x, y)\nclear_output()\nprint('done')")
    assert shown_at_the_end(frontend) == []
    frontend = run("make().evaluate(x, y)\nclear_output()\nprint('done')")
    assert shown_at_the_end(frontend) == []


def test_a_library_that_clears_after_the_last_fit_takes_no_result_away(run, tmp_path):
    # As a tuner does after each trial.
    (tmp_path / "tuner.py").write_text(
        "from IPython.display import clear_output\n"
        "def search(train):\n"
        "    for trial in range(3):\n        train()\n        clear_output()\n"
        "        print('Trial', trial)"
    )
    frontend = run(
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport tuner\n"
        "tuner.search(lambda: make().fit(x, y, epochs=2))"
    )
    (output,) = shown_at_the_end(frontend)
    assert output["text/plain"].count("Training finished") == 3


def test_calls_after_a_clearing_are_shown(run):
    frontend = run(
        "model = make()\nfor i in range(3):\n    clear_output(wait=True)\n    model.evaluate(x, y)"
    )
    (output,) = shown_at_the_end(frontend)
    assert output["text/plain"].count("Evaluated") == 1


def test_a_captured_fit_is_one_picture_and_leaves_the_next_one_its_own(run):
    frontend = run(
        "from IPython.utils.capture import capture_output\n"
        "with capture_output() as cap:\n    make().fit(x, y, epochs=2)\n    make().evaluate(x, y)\n"
        "make().fit(x, y, epochs=3)\n"
        "print(len(cap.outputs), *(sorted(output.data) for output in cap.outputs))"
    )
    (view,) = live_views(frontend)
    assert view["text/plain"].startswith("Training finished: 3 of 3 epochs")
    text = "".join(frontend.texts)
    assert text.startswith("2 ") and text.count("text/html") == 2
    frontend = run("cap.show()")
    fit, evaluation = [content["data"] for _, content in frontend.displays]
    assert "2 of 2 epochs" in fit["text/plain"] and "<img" in fit["text/html"]
    assert evaluation["text/plain"].startswith("Evaluated")


def test_fits_in_two_output_widgets_of_a_cell_have_a_view_each(run):
    frontend = run(
        "import ipywidgets\nleft, right = ipywidgets.Output(), ipywidgets.Output()\n"
        "with left:\n    make().fit(x, y)\nwith right:\n    make().fit(x, y)\nmake().fit(x, y);"
    )
    assert len(live_views(frontend)) == 3


def test_a_program_that_runs_the_notebook_gets_the_picture_alone(client):
    frontend = Frontend(client)
    code = "make().fit(x, y, epochs=2)\nmake().evaluate(x, y);"
    frontend.read_until_idle(client.execute(code, allow_stdin=False))
    (fit,) = [content for _, content in frontend.displays if protocol.MIME_TYPE in content["data"]]
    assert "2 of 2 epochs" in fit["data"]["text/plain"]


def test_a_clearing_that_waits_for_more_output_takes_nothing_away(run):
    frontend = run("for i in range(2):\n    make().fit(x, y)\n    clear_output(wait=True)")
    (output,) = shown_at_the_end(frontend)
    assert output["text/plain"].count("Training finished") == 2
    frontend = run("make().evaluate(x, y)\nclear_output(wait=True)")
    (output,) = shown_at_the_end(frontend)
    assert output["text/plain"].startswith("Evaluated")


def test_a_fit_in_a_task_ends_with_itself_and_not_with_a_cell(client):
    frontend = Frontend(client)
    client.execute(
        "import asyncio\nasync def later():\n    await asyncio.sleep(0.2)\n"
        "    make().fit(x, y, epochs=2)\n"
        "task = asyncio.get_running_loop().create_task(later())"
    )
    frontend.read_until(lambda: any("finished" in str(c["data"]) for _, c in frontend.displays))


def test_a_call_in_a_thread_ends(run):
    frontend = run(
        "import threading, time\nmodel = make()\n"
        "slow = keras.callbacks.LambdaCallback(on_predict_batch_begin=None)\n"
        "slow.on_test_batch_begin = lambda batch, logs=None: time.sleep(0.12)\n"
        "call = lambda: model.evaluate(x, y, batch_size=8, callbacks=[slow])\n"
        "thread = threading.Thread(target=call)\nthread.start()\nthread.join()"
    )
    (output,) = shown_at_the_end(frontend)
    assert output["text/plain"].startswith("Evaluated")


def test_a_call_in_a_thread_is_not_captured_by_another_cell(run):
    run(
        "import threading, time\nfrom IPython.utils.capture import capture_output\n"
        "model = make()\nslow = keras.callbacks.Callback()\n"
        "began = threading.Event()\n"
        "slow.on_test_batch_begin = lambda batch, logs=None: began.set() or time.sleep(0.3)\n"
        "call = lambda: model.evaluate(x, y, callbacks=[slow])\n"
        "thread = threading.Thread(target=call)\nthread.start()\nbegan.wait()"
    )
    frontend = run("with capture_output() as cap:\n    thread.join()\nprint(len(cap.outputs))")
    assert frontend.texts == ["0\n"]
    assert "Evaluated" in frontend.displays[-1][1]["data"]["text/plain"]


LONG = "live = kw.LivePlot()\nmake().fit(x, y, epochs=100_000, verbose=0, callbacks=[live]);"


def test_where_nobody_draws_the_output_is_html_that_is_kept_up_to_date(client):
    frontend = Frontend(client)
    request = client.execute("import kwidgets as kw\n" + LONG)
    updates = [
        "<progress",
        "epoch",
        "loss",
        "interrupt the kernel",
        "pip install kwidgets",
        "<img alt",
    ]

    def is_up_to_date():
        kind, content = frontend.displays[-1] if frontend.displays else ("", {})
        page = content.get("data", {}).get("text/html", "")
        return kind == "update_display_data" and all(part in page for part in updates)

    frontend.read_until(is_up_to_date)
    assert all(WIDGET not in content["data"] for _, content in frontend.displays)

    # A front end that makes the widget can draw it.
    frontend.send(wire.HELLO)
    frontend.read_until(lambda: WIDGET in frontend.displays[-1][1]["data"])
    frontend.send(protocol.STOP)
    frontend.read_until_idle(request)
    (output,) = shown_at_the_end(frontend)
    assert output["text/plain"].startswith("Training stopped")
    assert WIDGET not in output


def test_a_page_may_say_that_it_can_draw_while_the_fit_publishes(run):
    # The page's message is handled by another thread, which draws a snapshot when the fit begins
    # to publish: each would wait for what the other one holds.
    frontend = run(
        "import dataclasses, threading\nimport kwidgets as kw\n"
        "from kwidgets.live.page.cell_output import CellOutput\n"
        "drawing, publishing = threading.Event(), threading.Event()\n"
        "show, refresh = CellOutput._show, CellOutput.refresh\n"
        "def slow_show(self, update):\n"
        "    if threading.current_thread() is page:\n"
        "        drawing.set()\n        publishing.wait(0.5)\n"
        "    show(self, update)\n"
        "def watched_refresh(self, at_once=False):\n"
        "    if threading.current_thread() is not page:\n        publishing.set()\n"
        "    else:\n"
        "        self._view = dataclasses.replace(self._view, drawn_by=lambda: 'widget')\n"
        "        self._shown_to = set()\n"
        "    refresh(self, at_once)\n"
        "CellOutput._show, CellOutput.refresh = slow_show, watched_refresh\n"
        "class Draw(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n"
        "        view = kw.latest()._run.view\n"
        "        global page\n"
        "        page = threading.Thread(target=view._refresh_output, daemon=True)\n"
        "        publishing.clear()\n"
        "        page.start()\n        drawing.wait(20)\n"
        "        fit = threading.Thread(target=view.publish, daemon=True)\n"
        "        fit.start()\n        fit.join(20)\n"
        "        print('drew:', drawing.is_set(), 'locked:', fit.is_alive())\n"
        "page = None\n"
        "make().fit(x, y, callbacks=[Draw()])\n"
        "CellOutput._show, CellOutput.refresh = show, refresh"
    )
    assert "".join(frontend.texts) == "drew: True locked: False\n"


def test_a_captured_fit_is_steered_by_the_panel(client):
    """Must be the last test: from now on a page with our extension is there."""
    page = Page(client)
    page.find_subshell()
    page.run(
        "import kwidgets as kw\nfrom IPython.utils.capture import capture_output\n"
        "with capture_output() as cap:\n"
        "    make().fit(x, y, epochs=100_000)\n"
        "print('fit returned', kw.latest().status)"
    )
    page.send(wire.HELLO)
    page.send(protocol.STOP, run=training_run(page)["run_id"])
    page.read_until(lambda: "fit returned stopped" in "".join(page.texts))
    assert "Traceback" not in "".join(page.texts)
