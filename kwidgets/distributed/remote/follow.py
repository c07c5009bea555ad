"""Follow a training of other processes: read its desk in a thread, and keep its view up to date."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from kwidgets.distributed.desk.socket_desk import DeskLostError
from kwidgets.distributed.messages import (
    FINAL_STATES,
    POLL_SECONDS,
    CommandMessage,
    FitItem,
    Polled,
    StateItem,
    WorkerItem,
)
from kwidgets.distributed.remote.placeholder import placeholder
from kwidgets.distributed.remote.remote_fit import RemoteFit, RemoteModel
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.page.view import LiveView
from kwidgets.live.training_thread.error_guard import ErrorGuard

logger = logging.getLogger("kwidgets")

PUBLISH_SECONDS: Final = 0.2
_STATUS: Final[dict[str, protocol.Status]] = {
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
}


class FollowedTraining:
    """The state of a training with several workers, as far as it is known in this kernel.

    Args:
        connect: returns a client of the desk. It raises ``DeskLostError`` if there is none.
        result: returns the final state that the supervisor has left; None without one.
        view: shows the fits.
        workers: how many there are.
        backend: Keras's.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        result: Callable[[], StateItem | None],
        view: LiveView,
        workers: int,
        backend: str,
    ) -> None:
        self._connect, self._result = connect, result
        self.view = view
        self.state: StateItem = StateItem(
            kind="state", state="starting", attempt=1, text="", traceback="", rank=None
        )
        #: Those of the user's function, by their numbers.
        self.fits: dict[int, RemoteFit] = {}
        self._model = RemoteModel()
        #: The one that the view shows.
        self.latest = RemoteFit(placeholder(backend), self._model, self.send, self._extra)
        self.workers: dict[int, protocol.Worker] = {}
        self._num_workers = workers
        self._client: Any = None
        self._next = 0
        self._unsent: list[CommandMessage] = []
        self._send_lock = threading.Lock()
        self._guard = ErrorGuard()
        self._publish_at = 0.0
        self._changed = threading.Condition()
        #: Whether more may come.
        self.follows = True
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._follow,),
            name="kwidgets-follow",
            daemon=True,
        )

    def start(self) -> None:
        """Show the view, and begin to follow."""
        self._guard("The live view", self.view.show, self.latest)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the training has ended, in whatever way."""
        return self.state["state"] in FINAL_STATES

    def wait(self, condition: Callable[[], bool], timeout_seconds: float) -> bool:
        """Wait until something is so; return whether it is. From any thread."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_seconds)

    def send(self, command: CommandMessage) -> None:
        """Send a command to the desk, as soon as it can be reached. From any thread."""
        with self._send_lock:
            self._unsent.append(command)

    # In the thread.

    def _follow(self) -> None:
        while not self.ended:
            try:
                if self._client is None:
                    self._client = self._connect()
                self._exchange()
            except DeskLostError:
                self._lose_desk()
            except Exception:
                logger.warning("cannot follow the training", exc_info=True)
                time.sleep(1)
            time.sleep(POLL_SECONDS)
        self._guard("The live view", self._end)
        self.follows = False
        with self._changed:
            self._changed.notify_all()

    def _exchange(self) -> None:
        with self._send_lock:
            unsent, self._unsent = self._unsent, []
        for command in unsent:
            self._client.send(command)
        found: Polled = self._client.poll(self._next)
        self._next = found["first"]
        for item in found["items"]:
            self._take(item)
        now = time.monotonic()
        if found["items"] and now >= self._publish_at:
            self._publish_at = now + PUBLISH_SECONDS
            self._guard("The live view", self.view.publish)
        if found["items"]:
            with self._changed:
                self._changed.notify_all()

    def _take(self, item: Any) -> None:
        kind = item["kind"]
        if kind == "fit":
            self._take_fit(item)
        elif kind == "worker":
            self._take_worker(item)
        elif kind == "reply":
            for fit in self.fits.values():
                fit.reply(item["id"], item["ok"], item["message"])
        elif kind == "state":
            self.state = item
            if item["state"] == "restarting":
                self.workers = {}

    def _take_worker(self, item: WorkerItem) -> None:
        if item["attempt"] >= self.state["attempt"]:
            self.workers[item["worker"]["rank"]] = item["worker"]

    def _take_fit(self, item: FitItem) -> None:
        known = self.fits.get(item["fit"])
        if known is None or known.attempt < item["attempt"] or item["complete"]:
            fit = RemoteFit(item, self._model, self.send, self._extra)
            fit.continues = known is not None or not self.fits
            if not fit.continues:
                # Another fit of the function is another one in the view.
                self._model = fit.model = RemoteModel()
            fit.add(item)
            self.fits[item["fit"]] = self.latest = fit
            self.state = {**self.state, "state": "training"}
            self._guard("The live view", self.view.show, fit)
            self.view.insight = fit.insight
        else:
            revision = known.insight.revision
            known.add(item)
            if known.insight.revision != revision:
                for part in known.insight.brief_parts():
                    self._guard("The live view", self.view.send_insight, part)

    def _extra(self) -> tuple[list[protocol.Notice], list[protocol.Worker]]:
        """Return what the view shows besides what rank 0 says."""
        notices = []
        if self.state["state"] == "starting" and not self.fits:
            joined = sum(worker["state"] != "starting" for worker in self.workers.values())
            text = t("Starting: %1 of %2 workers have joined.", str(joined), str(self._num_workers))
            if not self.workers and self.state["text"]:
                text = self.state["text"]
            notices.append(protocol.Notice(level="info", text=text))
        if self.state["state"] in ("restarting", "failed") and self.state["text"]:
            notices.append(protocol.Notice(level="warning", text=self.state["text"]))
        return notices, [worker for _, worker in sorted(self.workers.items())]

    def _lose_desk(self) -> None:
        self._client = None
        result = self._result()
        if result is not None:
            self.state = result
            return
        time.sleep(POLL_SECONDS)

    def lose_supervisor(self) -> None:
        """The supervisor has ended without a result."""
        text = t("The process that supervises the workers was lost.")
        self.state = {**self.state, "state": "failed", "text": text}

    def _end(self) -> None:
        status = _STATUS[self.state["state"]]
        for fit in [*self.fits.values(), self.latest]:
            fit.end(status, self.state["text"])
        for worker in self.workers.values():
            worker["state"] = "ended"
        self.view.publish()
        self.view.end()
