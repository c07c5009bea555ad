"""Charts in the notebooks of these tests: a stand-in for matplotlib, which is not installed."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest


class _Chart:
    """Takes every call."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **options: None


@pytest.fixture(autouse=True)
def matplotlib(monkeypatch):
    """Let cells import matplotlib.pyplot."""

    def subplots(rows=1, columns=1, **options):
        axes = np.array([_Chart() for _ in range(rows * columns)], object)
        return _Chart(), axes if len(axes) > 1 else axes[0]

    class Pyplot(types.ModuleType):
        def __getattr__(self, name):
            return getattr(_Chart(), name)

    pyplot = Pyplot("matplotlib.pyplot")
    pyplot.subplots = subplots
    package = types.ModuleType("matplotlib")
    package.pyplot = pyplot
    monkeypatch.setitem(sys.modules, "matplotlib", package)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", pyplot)
