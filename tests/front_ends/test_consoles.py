"""Consoles and terminals: text that says how far the fit is, a summary at the end, Ctrl-C."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from tests.front_ends.environments import HERE, KERNEL, environment, program, variables
from tests.front_ends.training import CELLS, EVALUATED, FINISHED, FIT, SETUP, STATUS

SECONDS = 120
LONG_FIT = FIT.replace("epochs=3", "epochs=10_000_000")

pytestmark = pytest.mark.slow("a kernel's test has the same messages; scripts keep Keras's bar")


class Console:
    """A console with a prompt, in a terminal."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.process = pexpect.spawn(
            command[0],
            command[1:],
            cwd=str(folder),
            env=variables(folder),
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(40, 200),
        )
        self.count = 0
        self.wait()

    def wait(self) -> str:
        """Wait for the next prompt; return what was shown before it."""
        self.count += 1
        self.process.expect(re.escape(f"In [{self.count}]: "))
        return str(self.process.before)

    def run(self, cell: str) -> str:
        """Run a cell and return what it shows."""
        self.process.sendline(cell)
        return self.wait()

    def interrupt_when(self, cell: str, shown: str) -> str:
        """Press Ctrl-C once a cell shows this; return what is shown from then on."""
        self.process.sendline(cell)
        self.process.expect(shown)
        self.process.sendintr()
        return self.wait()


@pytest.fixture
def open_console(tmp_path: Path) -> Iterator[Callable[..., Console]]:
    consoles: list[Console] = []

    def open_console(*command: str) -> Console:
        consoles.append(Console(list(command), tmp_path))
        return consoles[-1]

    yield open_console
    for console in consoles:
        console.process.sendline("exit")
        console.process.expect(pexpect.EOF)
        console.process.close()


def test_a_jupyter_console(open_console: Callable[..., Console]) -> None:
    console = open_console(program("jupyter-console"), "--kernel", KERNEL, "--simple-prompt")
    for cell in SETUP:
        console.run(cell)
    shown = console.run(FIT)
    assert FINISHED in shown
    assert "needs a notebook" not in shown
    console.interrupt_when(LONG_FIT, r"epoch \d+")
    assert "status interrupted" in console.run(STATUS)
    assert "status finished 3" in (console.run(FIT), console.run(STATUS))[1]
    # The model is whole: the interrupt waited for the end of a step.
    assert EVALUATED in console.run("loss = model.evaluate(x, y)")


def test_an_ipython_in_a_terminal_keeps_kerass_bar(open_console: Callable[..., Console]) -> None:
    console = open_console(str(HERE / "ipython"), "--simple-prompt", "--no-banner")
    for cell in SETUP:
        console.run(cell)
    shown = console.run(FIT)
    assert "Epoch 3/3" in shown
    assert "8/8" in shown
    assert FINISHED in shown
    console.interrupt_when(LONG_FIT, "Epoch 5/")
    assert "interrupted True" in console.run(
        "live = kw.latest(); print(live.status, len(live.history['loss']) > 3)"
    )
    assert "loss" in console.run("model.evaluate(x, y)")


def test_a_qtconsole(tmp_path: Path) -> None:
    folder = environment("qtconsole")
    session = Path(__file__).with_name("qtconsole_session.py")
    done = subprocess.run(
        [folder / "bin" / "python", session, KERNEL, *CELLS],
        env=variables(tmp_path) | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert FINISHED in done.stdout
    assert EVALUATED in done.stdout
    assert "status finished 3" in done.stdout
    assert "needs a notebook" not in done.stdout
    assert "\x1b" not in done.stdout
