"""What the side panel is told: the models of the namespace, after each cell, and what it asks.

Looking and describing happen in a thread of our own, so that no cell waits for them; weights are
read on the training thread while a fit runs.
"""

from __future__ import annotations

import contextvars
import dataclasses
import logging
import queue
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel import cell_end
from kwidgets.kernel.channel import channel
from kwidgets.live.page.channel_runs import runs
from kwidgets.models import protocol
from kwidgets.models.namespace.watcher import Found, Watcher
from kwidgets.models.requests import Answers, RefusalError
from kwidgets.models.summary_data import ModelEntry, ModelSummary, to_wire

logger = logging.getLogger("kwidgets")

# After a cell its successor may begin at once: many quick cells are one look.
SETTLE_SECONDS = 0.05


def namespace() -> dict[str, Any]:
    """Return the names that the user's cells see."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns


def hidden_names() -> frozenset[str]:
    """Return the names that IPython put there."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return frozenset() if shell is None else frozenset(shell.user_ns_hidden)


class Panel:
    """One per kernel. Pushes the list of models and of runs; answers requests, one at a time."""

    def __init__(self) -> None:
        self.watcher = Watcher(namespace, hidden_names)
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._answers = Answers(self._lookup, namespace, self._work.put)
        self._thread: threading.Thread | None = None
        self._sent: list[dict[str, Any]] | None = None
        # Models that a cell shows, whether or not a name reaches them.
        self._shown: dict[str, Found] = {}
        self._looking = threading.Event()
        channel.on_message(protocol.REQUEST_KINDS, self._receive)
        channel.on_hello(self._greet)
        runs.on_change(self._runs_changed)

    def start(self) -> None:
        """Begin to look at the namespace after each cell. Again: nothing."""
        if self._thread is not None:
            return
        cell_end.after_each_cell(self._after_cell)
        # In a context of its own, or what user code prints there lands in whatever cell ran last.
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._run,),
            name="kwidgets-panel",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop looking, and forget what was seen."""
        if self._thread is None:
            return
        cell_end.remove(self._after_cell)
        self._work.put(None)
        self._thread.join(timeout=5)
        self._thread = None
        self._sent = None

    def summary(self, model: Any) -> ModelSummary:
        """Describe a model in full."""
        return self._answers.summary(model)

    def shown(self, model: Any) -> tuple[str, tuple[str, ...]]:
        """Note that a model is shown in a cell, so that its view may ask about it.

        Returns:
            its key, and how the namespace reaches it, or else its name.
        """
        key = self.watcher.key_of(model)
        assert key is not None
        found = next((found for found in self.watcher.scan() if found.key == key), None)
        if found is None:
            found = Found(key, (str(model.name),), weakref.ref(model))
        self._shown[key] = found
        return key, found.names

    def _lookup(self, key: str) -> Found | None:
        return self.watcher.get(key) or self._shown.get(key)

    # What makes us look.

    def _after_cell(self, result: object) -> None:
        self._look_soon()

    def _runs_changed(self) -> None:
        if self._thread is not None:
            self._work.put(self._push_runs)
            self._look_soon()

    def _greet(self) -> None:
        """A page has said hello: it may know nothing yet."""
        self._sent = None
        self._work.put(self._push_runs)
        self._look_soon()

    def _look_soon(self) -> None:
        if channel.has_listening_page and not self._looking.is_set():
            self._looking.set()
            self._work.put(self._look)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception:
                logger.warning("the side panel could not be brought up to date", exc_info=True)
            # It may hold copies of weights.
            del work

    # What we tell.

    def _look(self) -> None:
        time.sleep(SETTLE_SECONDS)
        # Whatever comes from here on asks for another look.
        self._looking.clear()
        entries = [to_wire(self._entry(found)) for found in self.watcher.scan()]
        if entries != self._sent:
            self._sent = entries
            channel.send(wire.envelope(protocol.MODELS, protocol.Models(entries=entries)))

    def _entry(self, found: Found) -> ModelEntry:
        model = found.model
        entry = self._answers.entry(found.key, found.names, model)
        run = runs.run_training(model)
        return dataclasses.replace(entry, run_id=run.run_id) if run else entry

    def _push_runs(self) -> None:
        briefs = [
            protocol.RunBrief(
                run_id=run.run_id,
                model_name=run.model_name,
                model=self.watcher.key_of(run.model),
                status=run.status,
            )
            for run in runs
        ]
        channel.send(wire.envelope(protocol.RUNS, protocol.Runs(runs=briefs[::-1])))

    # What we are asked.

    def _receive(self, content: dict[str, Any]) -> None:
        if self._thread is not None:
            self._work.put(lambda: self._answer(content))

    def _answer(self, content: dict[str, Any]) -> None:
        request, kind, payload = (content.get(name) for name in ("id", "kind", "payload"))
        if not isinstance(request, str) or not isinstance(payload, dict):
            logger.warning("side panel: %s without an id or a payload ignored", kind)
            return

        def reply(answer: protocol.Answer) -> None:
            channel.send(wire.envelope(protocol.ANSWER, answer, id=request))

        if kind == protocol.REFRESH:
            self._sent = None
            self._look_soon()
            reply(protocol.Answer(ok=True, value=None))
            return
        try:
            self._answers.answer(str(kind), payload, reply)
        except RefusalError as error:
            reply(protocol.Answer(ok=False, message=str(error)))
        except Exception as error:
            logger.warning("side panel: %s failed", kind, exc_info=True)
            reply(protocol.Answer(ok=False, message=f"{type(error).__name__}: {error}"))
        if kind == protocol.SET_TRAINABLE:
            self._look_soon()


panel = Panel()
