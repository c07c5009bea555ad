"""Programs that run a notebook or a script: a picture in the file, plain text in the log."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from tests.front_ends.environments import HERE, KERNEL, program, variables
from tests.front_ends.training import CELLS, EVALUATED, FINISHED

# jupyter run gives a whole script 10 seconds; an import of Keras may take longer.
JUPYTER_RUN = (
    "import jupyter_client.runapp as r; r.OUTPUT_TIMEOUT = 600; r.RunApp.launch_instance()"
)
PICTURE = "data:image/svg+xml"


def nbclient(tmp_path: Path) -> list[str]:
    return [str(HERE / "jupyter-execute"), "in.ipynb", "--output=out.ipynb"]


def nbconvert(tmp_path: Path) -> list[str]:
    convert = [str(HERE / "jupyter-nbconvert"), "--to=notebook", "--execute", "in.ipynb"]
    return [*convert, "--output=out.ipynb"]


def papermill(tmp_path: Path) -> list[str]:
    return [program("papermill"), "in.ipynb", "out.ipynb", "--log-output", "--no-progress-bar"]


def run(command: list[str], folder: Path) -> str:
    """Return what a command prints, on both streams; it must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(nbclient, marks=pytest.mark.slow("the tutorials' tests run nbclient")),
        pytest.param(nbconvert, marks=pytest.mark.slow("it runs nbclient")),
        pytest.param(papermill, marks=pytest.mark.slow("it runs nbclient")),
    ],
)
def test_the_notebook_has_a_picture_and_the_log_plain_text(
    command: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS],
        metadata={"kernelspec": {"name": KERNEL, "display_name": KERNEL, "language": "python"}},
    )
    nbformat.write(notebook, tmp_path / "in.ipynb")
    log = run(command(tmp_path), tmp_path)
    _, _, fit, evaluate, status = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    (output,) = fit.outputs
    assert PICTURE in output.data["text/html"]
    assert FINISHED in output.data["text/plain"]
    (line,) = evaluate.outputs
    assert EVALUATED in line.data["text/plain"]
    assert status.outputs[0].text == "status finished 3\n"
    assert "\x1b" not in log
    if command is papermill:
        assert FINISHED in log
    assert "needs a notebook" not in log


@pytest.mark.slow("a kernel's test has the same messages")
def test_jupyter_run_prints_plain_text(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("\n".join(CELLS))
    # The program's name is all that tells it from a notebook.
    (tmp_path / "jupyter-run").write_text(JUPYTER_RUN)
    printed = run([sys.executable, "jupyter-run", "--kernel", KERNEL, "train.py"], tmp_path)
    assert FINISHED in printed
    assert EVALUATED in printed
    assert "status finished 3" in printed
    assert "needs a notebook" not in printed
    assert "\x1b" not in printed


@pytest.mark.slow("the kernel's tests have the numbers; there is nothing to see")
def test_a_script_prints_kerass_bar_and_keeps_the_numbers(tmp_path: Path) -> None:
    _, setup, fit, evaluate, _ = CELLS
    fit = fit.replace("epochs=3", "epochs=3, callbacks=[live]")
    status = "print('status', live.status, len(live.history['loss']))"
    script = (setup, "live = kw.LivePlot()", fit, evaluate, status)
    (tmp_path / "train.py").write_text("\n".join(script))
    printed = run([sys.executable, "train.py"], tmp_path)
    assert "Epoch 3/3" in printed
    assert "status finished 3" in printed
    assert "Training" not in printed


def test_a_watched_script_writes_lines_into_a_file(tmp_path: Path) -> None:
    _, setup, fit, evaluate, status = CELLS
    (tmp_path / "train.py").write_text("\n".join((setup, "kw.watch()", fit, evaluate, status)))
    printed = run([sys.executable, "train.py"], tmp_path)
    assert "Epoch 1/3: loss" in printed
    assert FINISHED in printed
    assert EVALUATED in printed
    assert "status finished 3" in printed
    assert "\x1b" not in printed
