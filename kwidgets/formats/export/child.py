"""A process of our own that converts or checks: it can be stopped, and may crash, on its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from kwidgets.language import Message, message

# The end of what a process has printed, for its error.
_TAIL_BYTES: Final = 4_000
# A process looks so often whether its parent still lives.
_LOOK_SECONDS: Final = 1.0


class ChildError(Exception):
    """A process has failed; ``problem`` is the sentence for the user."""

    def __init__(self, problem: Message, missing: str = "") -> None:
        super().__init__(problem["key"])
        self.problem = problem
        #: The module that is not installed, if that is why.
        self.missing = missing


class StoppedError(Exception):
    """The user has stopped the export."""


class Child:
    """A Python process that answers JSON lines, one for each that it gets.

    Args:
        module: of kwidgets, run as a program; it uses :func:`serve`.
        environment: variables that differ from those of this process.
    """

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        self._log: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
            encoding="utf-8",
            # Its converters may start processes too: they end with it.
            start_new_session=os.name == "posix",
        )
        self._stopped = threading.Event()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            ChildError: the process has failed, or has ended.
            StoppedError: :meth:`kill` was called.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        line = ""
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if self._stopped.is_set():
            raise StoppedError
        if not line:
            raise ChildError(self._why_ended())
        answer: dict[str, Any] = json.loads(line)
        if not answer["ok"]:
            raise ChildError(answer["problem"], answer.get("missing", ""))
        return answer

    @property
    def alive(self) -> bool:
        """Whether it can answer."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process and all that it has started, now, from any thread."""
        self._stopped.set()
        self._signal()

    def close(self) -> None:
        """End the process and free what it holds; call it in the thread that asks."""
        self._signal()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _signal(self) -> None:
        if self._process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _why_ended(self) -> Message:
        code = self._process.wait()
        if code == -9:
            return message(
                "The process was ended from outside, probably because memory ran out. Close other "
                "programs, or export on a larger machine."
            )
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        name = signal.Signals(-code).name if code < 0 else str(code)
        return message("The process ended unexpectedly (%1). Its last line: %2", name, last[:300])


def serve(answer: Any) -> None:
    """Answer requests of :class:`Child` until its input ends: the main loop of such a program.

    Args:
        answer: takes a request and returns the answer, both JSON; may raise :class:`ChildError`.
    """
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    # Libraries print to standard output, also from C: that goes to the log.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            reply = {"ok": True, **answer(json.loads(line))}
        except ChildError as error:
            reply = {"ok": False, "problem": error.problem, "missing": error.missing}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


def _end_with_parent(parent: int) -> None:
    """End this process when the notebook's has died, even in the middle of a conversion."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
