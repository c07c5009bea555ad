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
    State,
    StateItem,
    WorkerItem,
)
from kwidgets.distributed.remote.placeholder import placeholder
from kwidgets.distributed.remote.remote_fit import RemoteFit, RemoteModel
from kwidgets.distributed.remote.stragglers import StragglerWatch, describe_all
from kwidgets.distributed.remote.worker_rows import MAX_ROWS, describe_workers, unknown_worker
from kwidgets.language import Message, message, t, translated
from kwidgets.live import protocol
from kwidgets.live.page.view import LiveView
from kwidgets.live.training_thread.error_guard import ErrorGuard

logger = logging.getLogger("kwidgets")

PUBLISH_SECONDS: Final = 0.2
#: Between two descriptions of the workers for the page.
WORKERS_SECONDS: Final = 1.0
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
        self.state = _state("starting", 1)
        #: Those of the user's function, by their numbers.
        self.fits: dict[int, RemoteFit] = {}
        self._model = RemoteModel()
        #: The one that the view shows.
        self.latest = RemoteFit(placeholder(backend), self._model, self.send, self._notices)
        self.workers: dict[int, protocol.Worker] = {}
        self._num_workers = workers
        self._watch = StragglerWatch()
        self._slow: Message | None = None
        self._describe_at = 0.0
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
        self._describe_workers()
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
        if now >= self._describe_at:
            self._describe_workers()
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
            self._take_state(item)

    def _take_state(self, item: StateItem) -> None:
        attempt = max((fit.attempt for fit in self.fits.values()), default=0)
        old = attempt > item["attempt"] if item["state"] == "restarting" else attempt > 0
        if item["state"] in ("starting", "restarting") and old:
            # A kernel that reads the desk later finds the fits first: they go on already.
            item = {**item, "state": "training", "attempt": attempt, "text": ""}
        self.state = item
        if item["state"] == "restarting":
            self._watch.clear()
            self.workers = {}
            if (rank := item["rank"]) is not None:
                self.workers[rank] = unknown_worker(rank, "lost")
        self._describe_at = 0.0

    def _take_worker(self, item: WorkerItem) -> None:
        worker, state = item["worker"], self.state
        # What a worker of the last start has said comes late.
        if item["attempt"] < state["attempt"] + (state["state"] == "restarting"):
            return
        before = self.workers.get(worker["rank"])
        self.workers[worker["rank"]] = worker
        self._watch.add(worker)
        changed = before is None or before["state"] != worker["state"]
        if changed and self._num_workers <= MAX_ROWS:
            self._describe_at = 0.0

    def _describe_workers(self) -> None:
        self._describe_at = time.monotonic() + WORKERS_SECONDS
        slow = self._watch.find()
        self._slow = describe_all(slow)
        self.view.workers = describe_workers(self.workers, self._num_workers, self.state, slow)

    def _take_fit(self, item: FitItem) -> None:
        known = self.fits.get(item["fit"])
        if known is not None and known.attempt == item["attempt"] and known.branch < item["branch"]:
            text = t("Rewound to step %1", f"{item['branch_step']:,}")
            self._guard("The live view", self.view.branch, lambda: known.go_back(item), text)
            known.add({**item, "rows": []})
            return
        if known is None or known.attempt < item["attempt"] or item["complete"]:
            fit = RemoteFit(item, self._model, self.send, self._notices)
            fit.continues = known is not None or not self.fits
            if not fit.continues:
                # Another fit of the function is another one in the view.
                self._model = fit.model = RemoteModel()
            fit.add(item)
            if known is not None:
                fit.replace(known)
            self.fits[item["fit"]] = self.latest = fit
            self.state = _state("training", item["attempt"])
            self._describe_workers()
            self._guard("The live view", self.view.show, fit)
            self.view.insight = fit.insight
        else:
            revision = known.insight.revision
            known.add(item)
            if known.insight.revision != revision:
                for part in known.insight.brief_parts():
                    self._guard("The live view", self.view.send_insight, part)

    def _notices(self) -> list[protocol.Notice]:
        """Return what the view says besides what rank 0 says."""
        notices = []
        if self.state["state"] == "restarting" and self.state["text"]:
            text = translated(self.state["text"])
            notices.append(protocol.Notice(level="warning", text=text))
        if self.state["state"] == "training" and self._slow is not None:
            notices.append(protocol.Notice(level="warning", text=translated(self._slow)))
        return notices

    def _lose_desk(self) -> None:
        # Another desk counts anew.
        self._client, self._next = None, 0
        result = self._result()
        if result is not None:
            self.state = result
            return
        time.sleep(POLL_SECONDS)

    def lose_supervisor(self) -> None:
        """The supervisor has ended without a result."""
        text = message("The process that supervises the workers was lost.")
        self.state = {**self.state, "state": "failed", "text": text}

    def _end(self) -> None:
        status = _STATUS[self.state["state"]]
        for fit in [*self.fits.values(), self.latest]:
            fit.end(status, translated(self.state["text"]))
        for worker in self.workers.values():
            worker["state"] = "ended"
        if status == "failed" and (rank := self.state["rank"]) is not None:
            ended = self.workers.setdefault(rank, unknown_worker(rank))
            ended["state"] = "failed" if self.state["traceback"] else "lost"
        self._describe_workers()
        self.view.publish()
        self.view.end()


def _state(state: State, attempt: int) -> StateItem:
    return StateItem(kind="state", state=state, attempt=attempt, text="", traceback="", rank=None)
