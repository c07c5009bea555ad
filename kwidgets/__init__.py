"""Train Keras models in a notebook, watch them live, and control them while they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kwidgets import page_connection as _page_connection
from kwidgets._version import __version__
from kwidgets.live.run import observers as _observers

if TYPE_CHECKING:
    from kwidgets.builder.sequential import SequentialBuilder
    from kwidgets.distributed.distribute import distribute, reconnect
    from kwidgets.distributed.errors import DistributeError, WorkerError
    from kwidgets.distributed.search.search import search
    from kwidgets.formats.card import card
    from kwidgets.formats.errors import FormatError
    from kwidgets.formats.export_model import export
    from kwidgets.formats.import_model import import_model
    from kwidgets.formats.slim_model import slim
    from kwidgets.insight.boxes import Boxes
    from kwidgets.insight.check.check import check
    from kwidgets.insight.check.look import look
    from kwidgets.insight.evaluate import evaluate
    from kwidgets.live.auto import watch
    from kwidgets.live.callback import LivePlot
    from kwidgets.live.latest_run import latest
    from kwidgets.live.loop.live_loop import LiveLoop
    from kwidgets.live.numbers.history import History
    from kwidgets.models.summary import summary
    from kwidgets.record.runs import runs

__all__ = [
    "Boxes",
    "DistributeError",
    "FormatError",
    "History",
    "LiveLoop",
    "LivePlot",
    "SequentialBuilder",
    "WorkerError",
    "__version__",
    "card",
    "check",
    "distribute",
    "evaluate",
    "export",
    "import_model",
    "latest",
    "load_ipython_extension",
    "look",
    "reconnect",
    "runs",
    "search",
    "slim",
    "summary",
    "unload_ipython_extension",
    "watch",
]

# Loaded on first use: neither `import kwidgets` nor %load_ext may import Keras before the user
# has chosen a KERAS_BACKEND.
_PUBLIC = {
    "Boxes": "kwidgets.insight.boxes",
    "card": "kwidgets.formats.card",
    "check": "kwidgets.insight.check.check",
    "DistributeError": "kwidgets.distributed.errors",
    "distribute": "kwidgets.distributed.distribute",
    "reconnect": "kwidgets.distributed.distribute",
    "WorkerError": "kwidgets.distributed.errors",
    "FormatError": "kwidgets.formats.errors",
    "History": "kwidgets.live.numbers.history",
    "LiveLoop": "kwidgets.live.loop.live_loop",
    "LivePlot": "kwidgets.live.callback",
    "evaluate": "kwidgets.insight.evaluate",
    "export": "kwidgets.formats.export_model",
    "import_model": "kwidgets.formats.import_model",
    "latest": "kwidgets.live.latest_run",
    "look": "kwidgets.insight.check.look",
    "runs": "kwidgets.record.runs",
    "search": "kwidgets.distributed.search.search",
    "slim": "kwidgets.formats.slim_model",
    "SequentialBuilder": "kwidgets.builder.sequential",
    "summary": "kwidgets.models.summary",
    "watch": "kwidgets.live.auto",
}


def _load_panel() -> _page_connection.Service:
    from kwidgets.models.panel import panel

    return panel


_page_connection.add_service(_load_panel)


def _load_runs() -> _page_connection.Service:
    from kwidgets.record.page.service import service

    return service


_page_connection.add_service(_load_runs)


def _load_export() -> _page_connection.Service:
    from kwidgets.formats.page.service import service

    return service


_page_connection.add_service(_load_export)


def _load_search() -> _page_connection.Service:
    from kwidgets.distributed.search.page.service import service

    return service


_page_connection.add_service(_load_search)


def _load_tuners() -> _page_connection.Service:
    from kwidgets.distributed.search.watch_tuners import tuner_watcher

    return tuner_watcher


_page_connection.add_service(_load_tuners)


# Before the NaN guard, which restores good weights: then nothing tells where a NaN came from.
def _load_insight() -> _observers.MakeObservers:
    from kwidgets.insight.observers import observe_run

    return observe_run


_observers.add_observers(_load_insight)


def _load_record() -> _observers.MakeObservers:
    from kwidgets.record.observers import observe_run

    return observe_run


_observers.add_observers(_load_record)


# After the record: what ends a fit here is recorded.
def _load_trial() -> _observers.MakeObservers:
    from kwidgets.distributed.search.observers import observe_run

    return observe_run


_observers.add_observers(_load_trial)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        from importlib import import_module

        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(
        f"module 'kwidgets' has no attribute {name!r}. Available: {', '.join(sorted(__all__))}"
    )


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))


def load_ipython_extension(ipython: Any) -> None:
    """Run ``%load_ext kwidgets``; loading it again has no effect."""
    from kwidgets import magics

    magics.load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Run ``%unload_ext kwidgets`` and undo everything that loading did."""
    from kwidgets import magics

    magics.unload(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Return where the built extension is, for ``jupyter labextension develop``."""
    return [{"src": "labextension", "dest": "kwidgets"}]
