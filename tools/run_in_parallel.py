"""Run targets of the Makefile at the same time: ``python tools/run_in_parallel.py lint docs``.

What the first one prints appears at once; what another one prints appears when it has ended. The
exit status is that of the first target in the list that failed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO

PAUSE_SECONDS = 0.2


class Target:
    """One target, made by a make of its own."""

    def __init__(self, name: str, in_front: bool) -> None:
        self.name = name
        # Not a pipe, which would fill up while nobody reads it.
        self.output: IO[bytes] | None = (
            None if in_front else tempfile.TemporaryFile()  # noqa: SIM115
        )
        self.started = time.monotonic()
        self.is_shown = False
        # A process group of its own, so that all of it can be ended.
        self.process = subprocess.Popen(
            [os.environ.get("MAKE", "make"), "--no-print-directory", name],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=None if self.output is None else subprocess.STDOUT,
            start_new_session=True,
        )

    def show(self) -> None:
        """Print what a target in the background has printed, and how it ended."""
        self.is_shown = True
        seconds = time.monotonic() - self.started
        if self.output is not None:
            self.output.seek(0)
            sys.stdout.flush()
            sys.stdout.buffer.write(b"\n" + self.output.read())
        end = "failed" if self.process.returncode else "passed"
        print(f"make {self.name}: {end} after {seconds:.0f} seconds", flush=True)

    def end(self) -> None:
        """Ask all processes of the target to end, and wait for them."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait()


def main(names: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    targets = [Target(name, in_front=index == 0) for index, name in enumerate(names)]
    try:
        while not all(target.is_shown for target in targets):
            for target in targets:
                if not target.is_shown and target.process.poll() is not None:
                    target.show()
            time.sleep(PAUSE_SECONDS)
    finally:
        for target in targets:
            target.end()
    return next((t.process.returncode for t in targets if t.process.returncode), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
