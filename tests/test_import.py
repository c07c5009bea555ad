"""kwidgets is imported fast and without choosing a backend, and %load_ext can be undone."""

import importlib.util
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

import kwidgets as kw
from kwidgets import page_connection
from kwidgets.kernel.lost_interrupts import deliver_lost_interrupts
from kwidgets.live.run import observers


@pytest.mark.parametrize(
    "code",
    [
        "import kwidgets; kwidgets.__version__; dir(kwidgets)",
        "from IPython.core.interactiveshell import InteractiveShell as S;"
        "S.instance().run_line_magic('load_ext', 'kwidgets')",
        "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance();"
        "s.run_line_magic('load_ext', 'kwidgets'); s.run_line_magic('kwidgets', '')",
    ],
)
def test_nothing_heavy_is_imported_before_the_user_does(code):
    check = (
        "import sys; heavy = {'keras', 'tensorflow', 'jax', 'torch', 'plotly', 'ipywidgets', "
        "'anywidget', 'numpy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", f"{code}\n{check}"], check=True, timeout=60)


ON_JAX = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import sys
import keras, numpy as np
import kwidgets as kw
x, y = np.ones((8, 4)), np.ones((8, 1))
builder = kw.SequentialBuilder([keras.Input((4,)), keras.layers.Dense(1)])
builder.compile("adam", "mse")
builder.fit(x, y, validation_split=0.5, verbose=0, callbacks=[kw.LivePlot()])
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x, y, validation_split=0.5, verbose=0, callbacks=[kw.LivePlot()])
kw.summary(model)
kw.check(model, x, y)
assert "tensorflow" not in sys.modules
"""


def test_on_another_backend_tensorflow_is_not_imported():
    """Keras's serialization looks for classes of TensorFlow, whose import takes seconds."""
    subprocess.run([sys.executable, "-c", ON_JAX], check=True, timeout=120)


def test_no_module_takes_the_place_of_a_public_name():
    """An import of ``kwidgets.summary`` would make ``kw.summary`` that module."""
    assert [name for name in kw.__all__ if importlib.util.find_spec(f"kwidgets.{name}")] == []


def test_unknown_names_say_what_there_is():
    with pytest.raises(AttributeError, match=r"LivePlt.*Available:.*LivePlot"):
        kw.LivePlt  # noqa: B018


def test_unloading_restores_the_hook_for_lost_interrupts(monkeypatch):
    shell = InteractiveShell.instance()
    # A training of a test before this one has set it.
    before = sys.__unraisablehook__
    monkeypatch.setattr(sys, "unraisablehook", before)
    shell.run_line_magic("load_ext", "kwidgets")
    assert sys.unraisablehook is not before
    deliver_lost_interrupts()
    shell.run_line_magic("unload_ext", "kwidgets")
    assert sys.unraisablehook is before


def test_loading_twice_is_loading_once_and_unloading_undoes_all():
    shell = InteractiveShell.instance()
    magics = shell.magics_manager.magics["line"]
    before = dict(magics)
    events = {name: list(callbacks) for name, callbacks in shell.events.callbacks.items()}
    wings = len(observers._loaders), len(page_connection._services)
    for _ in range(2):
        shell.run_line_magic("load_ext", "kwidgets")
        shell.run_line_magic("reload_ext", "kwidgets")
    assert set(magics) - set(before) == {"kwidgets"}
    assert (len(observers._loaders), len(page_connection._services)) == wings
    shell.run_line_magic("unload_ext", "kwidgets")
    assert set(magics) == set(before)
    assert {name: list(c) for name, c in shell.events.callbacks.items()} == events


def test_the_magic_says_what_a_bug_report_needs(capsys):
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "kwidgets")
    try:
        shell.run_line_magic("kwidgets", "")
    finally:
        shell.run_line_magic("unload_ext", "kwidgets")
    text = capsys.readouterr().out
    assert kw.__version__ in text and "Buttons while a cell runs" in text
