"""Test that messages reach a fit while its cell runs, in a real kernel without a browser.

The front end here is a bare ``jupyter_client``: it knows nothing of subshells, like VS Code.
"""

import json
import os

import pytest
from jupyter_client.manager import start_new_kernel

from kwidgets.live import protocol
from tests.kernel.frontend import FIT, LOOP, Frontend


@pytest.fixture(scope="module")
def client(quick_kernels):
    # JAX is imported in a third of TensorFlow's time; what is heard does not depend on the backend.
    manager, client = start_new_kernel(env={**os.environ, "KERAS_BACKEND": "jax"})
    # VS Code leaves this name. It is offered the widget before it has made one.
    client.execute_interactive("__vsc_ipynb_file__ = 'notebook.ipynb'")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def frontend(client):
    client.execute_interactive("")  # messages that the previous test did not read
    return Frontend(client)


def test_the_first_chart_and_further_ones_stay_in_their_budget(frontend):
    """Must be the first test: the library is sent once a kernel."""
    sizes = []
    get = frontend.client.get_iopub_msg

    def counting(timeout):
        message = get(timeout=timeout)
        if message["msg_type"] in ("comm_open", "comm_msg", "display_data"):
            # They do not pass Jupyter Server's gateway mode: a remote kernel would be lost.
            assert not message["buffers"]
            sizes[-1] += len(json.dumps(message["content"]))
        return message

    frontend.client.get_iopub_msg = counting
    for _ in range(2):
        sizes.append(0)
        frontend.displays.clear()
        frontend.client.execute(FIT.replace("epochs=100_000", "epochs=1"))
        frontend.read_until(
            lambda: any(kind == "update_display_data" for kind, _ in frontend.displays)
        )
    first, further = sizes
    assert first <= 600_000
    assert further <= 20_000


@pytest.mark.parametrize("cell", [FIT, LOOP], ids=["fit", "LiveLoop"])
def test_pause_learning_rate_and_stop_arrive_while_the_cell_runs(frontend, cell):
    frontend.client.execute(cell)
    frontend.read_until(lambda: frontend.displays)
    assert "application/vnd.jupyter.widget-view+json" in frontend.displays[0][1]["data"]
    frontend.read_until(lambda: frontend.latest() and frontend.latest()["step"] > 0)

    frontend.send(protocol.PAUSE)
    frontend.read_until(lambda: frontend.latest()["status"] == "paused")
    assert frontend.answers(protocol.ACKNOWLEDGE, "m1")
    frontend.send(protocol.SET_LEARNING_RATE, {"value": 0.125}, id="m2")
    frontend.read_until(lambda: frontend.answers(protocol.REPLY, "m2"))
    frontend.read_until(lambda: frontend.latest()["learning_rate"] == 0.125)
    paused_at = frontend.latest()["step"]
    frontend.send(protocol.RESUME, id="m3")
    frontend.read_until(lambda: frontend.latest()["step"] > paused_at)

    frontend.send(protocol.STOP, id="m4")
    frontend.read_until(lambda: any("fit returned" in text for text in frontend.texts))
    assert "fit returned stopped 0.125" in "".join(frontend.texts)

    frontend.read_until(lambda: len(frontend.displays) > 1)
    kind, final = frontend.displays[-1]
    assert kind == "update_display_data"
    assert final["transient"] == frontend.displays[0][1]["transient"], "the same output"
    assert set(final["data"]) == {protocol.MIME_TYPE, "text/html", "text/plain"}


def test_malformed_messages_are_ignored_and_bad_values_refused(frontend):
    frontend.client.execute(FIT)
    frontend.read_until(lambda: frontend.latest() and frontend.latest()["step"] > 0)
    frontend.send("dance")
    frontend.send(protocol.STOP, v=99)
    for i, value in enumerate([0, -1, "fast", None, True]):
        frontend.send(protocol.SET_LEARNING_RATE, {"value": value}, id=f"bad{i}")
        frontend.read_until(lambda i=i: frontend.answers(protocol.REPLY, f"bad{i}"))
        reply = frontend.answers(protocol.REPLY, f"bad{i}")[0]["payload"]
        assert reply["ok"] is False and "number above 0" in reply["message"]
    assert frontend.latest()["status"] == "running"
    frontend.send(protocol.RESYNC, id="r")
    frontend.read_until(lambda: any(u["kind"] == protocol.SNAPSHOT for u in frontend.updates))
    frontend.send(protocol.STOP, id="s")
    frontend.read_until(lambda: any("fit returned stopped" in text for text in frontend.texts))


def test_a_closed_view_is_reported_once_and_the_fit_goes_on(frontend):
    frontend.client.execute(
        "import logging; logging.basicConfig()\n"
        + FIT.replace("epochs=100_000", "epochs=400").replace(
            "callbacks=[live]",
            "callbacks=[live, keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: "
            "epoch == 50 and live._run.view._widget._widget.close())]",
        )
    )
    frontend.read_until(lambda: any("fit returned finished" in text for text in frontend.texts))
    assert "".join(frontend.texts).count("The live view failed") == 1
    assert protocol.MIME_TYPE in frontend.displays[-1][1]["data"], (
        "the picture is left all the same"
    )


def test_the_view_knows_from_the_start_that_buttons_work(frontend):
    frontend.client.execute(FIT.replace("epochs=100_000", "epochs=1"))
    frontend.read_until(lambda: frontend.updates)
    assert frontend.updates[0]["payload"]["run"]["controls"] == "live"
    assert frontend.latest()["phase"] == "starting"
    frontend.read_until(lambda: any("fit returned" in text for text in frontend.texts))


def test_nothing_keeps_a_model_whose_fit_has_ended(frontend):
    frontend.client.execute(
        FIT.replace("epochs=100_000", "epochs=3")
        + "import gc, weakref\nkept = weakref.ref(model)\ndel model, live, history\n"
        + "gc.collect()\nprint('kept:', kept())"
    )
    frontend.read_until(lambda: any("kept:" in text for text in frontend.texts))
    assert "kept: None" in "".join(frontend.texts)


def test_a_fit_in_a_thread_shows_in_its_own_cell_and_hears_commands(frontend):
    build, _, _ = FIT.partition("history =")
    cell = frontend.client.execute(
        build
        + "import threading\n"
        + "fit = lambda: model.fit(np.ones((64, 4)), np.ones((64, 1)), epochs=100_000,\n"
        + "                        callbacks=[live], verbose=0)\n"
        + "threading.Thread(target=fit).start()"
    )
    frontend.read_until(lambda: frontend.latest() and frontend.latest()["step"] > 0)
    frontend.client.execute("'another cell'")
    frontend.send(protocol.STOP)
    frontend.read_until(lambda: len(frontend.displays) > 1)
    assert {display["parent"] for _, display in frontend.displays} == {cell}
    assert "Training stopped" in frontend.displays[-1][1]["data"]["text/plain"]


def test_a_failed_fit_ends_the_view_and_says_why(frontend):
    frontend.client.execute(
        FIT.replace(
            "callbacks=[live]",
            "callbacks=[live, keras.callbacks.LambdaCallback("
            "on_epoch_end=lambda epoch, logs: 1 / (2 - epoch))]",
        ),
        stop_on_error=False,  # or the kernel drops the next cell
    )
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        frontend.read_until(lambda: False)
    frontend.client.execute("print(live.status, live._run.detail)")
    frontend.read_until(lambda: frontend.texts)
    assert frontend.texts[0].startswith("failed ZeroDivisionError")
    assert "failed" in frontend.displays[-1][1]["data"]["text/plain"]
