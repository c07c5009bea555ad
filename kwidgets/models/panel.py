"""Sends the side panel the models of the namespace after each cell, and answers its requests.

Models are found and described in a separate thread, so that no cell waits for it; weights are read
on the training thread while a fit runs.
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
from kwidgets.kernel.running_kernel import cell_execution, user_namespace
from kwidgets.live.page.channel_runs import runs
from kwidgets.models import protocol
from kwidgets.models.describe.attributes import error_text
from kwidgets.models.namespace.model_finder import FoundModel, ModelFinder
from kwidgets.models.requests.request_handler import RefusalError, RequestHandler
from kwidgets.models.summary_data import ModelEntry, ModelSummary, to_wire

logger = logging.getLogger("kwidgets")

# Wait this long after a cell, so that several quick cells cause one scan.
SETTLE_SECONDS = 0.05
# Variables named as searched in part.
MAX_NAMED = 20


def hidden_names() -> frozenset[str]:
    """Return the names that IPython has put into the namespace."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return frozenset() if shell is None else frozenset(shell.user_ns_hidden)


class Panel:
    """Pushes the lists of models and runs, and answers requests one at a time. One per kernel."""

    def __init__(self) -> None:
        self._finder = ModelFinder(user_namespace, hidden_names)
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._request_handler = RequestHandler(self._lookup, user_namespace, self._work.put)
        self._thread: threading.Thread | None = None
        self._sent: protocol.Models | None = None
        # Models whose summary a cell shows, also those that no name reaches.
        self._shown_models: dict[str, FoundModel] = {}
        self._scan_pending = threading.Event()
        channel.on_message(protocol.REQUEST_KINDS, self._receive)
        channel.on_hello(self._page_connected)
        runs.on_change(self._runs_changed)

    def start(self) -> None:
        """Begin to scan the namespace after each cell; does nothing when already started."""
        if self._thread is not None:
            return
        cell_end.after_each_cell(self._after_cell)
        # In a copied context: otherwise output of user code would go to the cell that ran last.
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._work_loop,),
            name="kwidgets-panel",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop scanning, and forget the models that were sent."""
        if self._thread is None:
            return
        cell_end.remove(self._after_cell)
        self._work.put(None)
        self._thread.join(timeout=5)
        self._thread = None
        self._sent = None

    def summary(self, model: Any) -> ModelSummary:
        """Describe a model in full."""
        return self._request_handler.summary(model)

    def register_shown(self, model: Any) -> tuple[str, tuple[str, ...]]:
        """Register a model whose summary a cell shows, so that requests about it are answered.

        Returns:
            its key, and the expressions that give it, or else its name.
        """
        key = self._finder.key_of(model)
        assert key is not None
        found = next((found for found in self._finder.scan() if found.key == key), None)
        if found is None:
            found = FoundModel(key, (str(model.name),), weakref.ref(model))
        self._shown_models[key] = found
        return key, found.names

    def _lookup(self, key: str) -> FoundModel | None:
        return self._finder.get(key) or self._shown_models.get(key)

    # Events that cause a scan.

    def _after_cell(self, result: object) -> None:
        channel.restore()
        runs.cell_executed(cell_execution())
        self._schedule_scan()

    def _runs_changed(self) -> None:
        if self._thread is not None:
            self._work.put(self._push_runs)
            self._schedule_scan()

    def _page_connected(self) -> None:
        """Push all lists again, because the new page has none."""
        self._sent = None
        self._work.put(self._push_runs)
        self._schedule_scan()

    def _schedule_scan(self) -> None:
        if channel.has_listening_page and not self._scan_pending.is_set():
            self._scan_pending.set()
            self._work.put(self._push_models)

    def _work_loop(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            # The user's code may raise SystemExit too, which would end the thread.
            except BaseException:
                logger.warning("the side panel could not be brought up to date", exc_info=True)
            # It may contain copies of weights.
            del work

    # Messages to the pages.

    def _push_models(self) -> None:
        time.sleep(SETTLE_SECONDS)
        # Every event from here on schedules another scan.
        self._scan_pending.clear()
        entries = [to_wire(self._entry(found)) for found in self._finder.scan()]
        in_part = self._finder.searched_in_part[:MAX_NAMED]
        models = protocol.Models(entries=entries, searched_in_part=in_part)
        if models != self._sent:
            self._sent = models
            channel.send(wire.envelope(protocol.MODELS, models))

    def _entry(self, found: FoundModel) -> ModelEntry:
        model = found.model
        entry = self._request_handler.entry(found.key, found.names, model)
        run = runs.run_training(model)
        return dataclasses.replace(entry, run_id=run.run_id) if run else entry

    def _push_runs(self) -> None:
        entries = [
            protocol.RunBrief(
                run_id=run.run_id,
                model_name=run.model_name,
                model=self._finder.key_of(run.model),
                status=run.status,
                started_at=run.started_at,
                cell_id=run.execution.cell_id if run.execution else None,
                client=run.execution.client if run.execution else None,
            )
            for run in runs
        ]
        channel.send(wire.envelope(protocol.RUNS, protocol.Runs(runs=entries[::-1])))

    # Requests of the pages.

    def _receive(self, content: dict[str, Any]) -> None:
        if self._thread is not None:
            self._work.put(lambda: self._answer(content))

    def _answer(self, content: dict[str, Any]) -> None:
        request = wire.message_id(content)
        kind, payload = content.get("kind"), content.get("payload")
        if request is None or not isinstance(payload, dict):
            logger.warning("side panel: %s without a valid id or a payload ignored", kind)
            return

        def reply(answer: protocol.Answer) -> None:
            if "message" in answer:
                answer = {**answer, "message": wire.shortened(answer["message"])}
            channel.send(wire.envelope(protocol.ANSWER, answer, id=request))

        if kind == protocol.REFRESH:
            self._sent = None
            self._schedule_scan()
            reply(protocol.Answer(ok=True, value=None))
            return
        try:
            self._request_handler.answer(str(kind), payload, reply)
        except RefusalError as error:
            reply(protocol.Answer(ok=False, message=str(error)))
        except BaseException as error:
            logger.warning("side panel: %s failed", kind, exc_info=True)
            reply(protocol.Answer(ok=False, message=error_text(error)))
        if kind == protocol.SET_TRAINABLE:
            self._schedule_scan()


panel = Panel()
