"""A builder works as long as a cell shows it, and is freed when its cell has run again."""

from __future__ import annotations

import json

import pytest

from kwidgets import protocol as wire
from tests.kernel.frontend import Frontend

SETUP = """
import gc, json, weakref
import ipywidgets
import kwidgets as kw
from ipywidgets.widgets.widget import _instances
made = []
def new():
    builder = kw.SequentialBuilder([keras.Input((4,)), keras.layers.Dense(2)])
    made.append((weakref.ref(builder._bench), weakref.ref(builder.layers[0])))
    return builder
def report():
    gc.collect()
    alive = [[reference() is not None for reference in each] for each in made]
    print(json.dumps({"alive": alive, "widgets": len(_instances)}))
new()
report()
"""


@pytest.fixture(scope="module")
def cells(client):
    """Run cells of a notebook, each with an id."""

    def run(cell: str, code: str) -> Frontend:
        frontend = Frontend(client)
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = client.session.msg("execute_request", content, metadata={"cellId": cell})
        client.shell_channel.send(message)
        frontend.read_until_idle(message["header"]["msg_id"])
        return frontend

    run("setup", SETUP)
    return run


def report(cells):
    return json.loads("".join(cells("report", "report()").texts))


def is_alive(cells):
    """Return, for each builder since the call of ``forget``, whether it and its layer exist."""
    return report(cells)["alive"]


@pytest.fixture(autouse=True)
def forget(cells):
    cells("forget", "made.clear()")


FREE, IN_SIGHT = [False, False], [True, True]


def test_running_a_cell_again_frees_the_builder_that_it_showed(cells):
    cells("one", "b = new(); b")
    widgets = report(cells)["widgets"]
    for _ in range(3):
        cells("one", "b = new(); b")
    assert is_alive(cells) == [FREE, FREE, FREE, IN_SIGHT]
    assert report(cells)["widgets"] == widgets
    # Also after a training, whose view is a widget too.
    train = "b.compile('sgd', 'mse'); run = b.train(np.ones((8, 4)), np.ones((8, 2))); run.wait(60)"
    cells("two", f"{train}; print(run.live_view)")
    cells("two", "del run")
    for _ in range(2):
        cells("one", "b = new(); b")
    assert is_alive(cells)[-3:] == [FREE, FREE, IN_SIGHT]
    # The code of live views is one widget for all of them.
    assert report(cells)["widgets"] <= widgets + 1
    # Something else in its place, after its name is gone.
    cells("two", "del b")
    cells("one", "1 + 1")
    assert is_alive(cells)[-1] == FREE


@pytest.mark.parametrize("show", ["b", "display(b)"])
def test_a_builder_in_sight_works_without_a_name(cells, show):
    shown = cells("one", f"b = new(); print(b._bench.view().model_id); {show}")
    model_id = "".join(shown.texts).split()[0]
    cells("two", "del b")
    cells("three", "2 + 2")
    assert is_alive(cells) == [IN_SIGHT]
    edit = wire.envelope("edit", {"action": "add", "text": "dense 3"}, id="e1")
    cells("four", f"view = _instances[{model_id!r}]; view._handle_custom_msg({edit!r}, [])")
    order = "".join(cells("five", "print(len(view.fresh_snapshot()['payload']['order']))").texts)
    assert order.split()[-1] == "2"
    cells("six", "del view")
    cells("one", "None")
    assert is_alive(cells) == [FREE]


def test_a_builder_that_another_cell_shows_stays(cells):
    cells("one", "b = new(); b")
    cells("two", "b")
    cells("one", "b = new(); b")
    assert is_alive(cells) == [IN_SIGHT, IN_SIGHT]
    cells("two", "b")
    assert is_alive(cells) == [FREE, IN_SIGHT]
    cells("one", "del b")
    cells("two", "None")
    assert is_alive(cells) == [FREE, FREE]


def test_a_value_that_the_user_keeps_stays(cells):
    cells("one", "b = new(); kept = [b]; b")
    cells("one", "b = new(); b")
    assert is_alive(cells) == [IN_SIGHT, IN_SIGHT]
    assert "SequentialBuilder" in "".join(cells("two", "print(kept[0]); del kept, b").texts)
    cells("one", "None")
