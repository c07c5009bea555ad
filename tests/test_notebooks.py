"""Each notebook in examples/ runs from top to bottom in a fresh kernel, and keeps its word."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))

CELL_TIMEOUT_SECONDS = 150


RunNotebook = Callable[[Path], nbformat.NotebookNode]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunNotebook:
    """Gives a notebook with the outputs of a run, made once. A failing cell raises."""

    @functools.cache
    def run(path: Path) -> nbformat.NotebookNode:
        node = nbformat.read(path, as_version=4)
        NotebookClient(
            node,
            timeout=CELL_TIMEOUT_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(tmp_path_factory.mktemp(path.stem))}},
        ).execute()
        return node

    return run


def printed(node: nbformat.NotebookNode) -> str:
    """All that the notebook's cells printed."""
    return "".join(
        output.text
        for cell in node.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom(path: Path, run: RunNotebook) -> None:
    run(path)


@pytest.mark.parametrize(
    ("name", "line", "percent"),
    [
        ("01_first_model", "Test accuracy", 97.0),
        ("02_build_a_model", "Accuracy on images it has not seen", 96.0),
        ("02_build_a_model", "Accuracy with dropout, after 20 more epochs", 96.0),
    ],
)
def test_a_tutorial_reads_most_of_the_held_out_digits(
    name: str, line: str, percent: float, run: RunNotebook
) -> None:
    text = printed(run(EXAMPLES / f"{name}.ipynb"))
    found = re.search(rf"^{line}: (\d+\.\d)%$", text, re.MULTILINE)
    assert found, text
    assert float(found[1]) >= percent


def test_a_program_that_runs_a_notebook_keeps_none_of_our_code_in_it(run: RunNotebook) -> None:
    """nbclient keeps the state of all widgets; the code that draws one has 400 kB."""
    state = run(EXAMPLES / "01_first_model.ipynb").metadata.widgets
    assert len(json.dumps(state)) < 100_000


def test_the_built_model_is_written_as_a_program(run: RunNotebook) -> None:
    text = printed(run(EXAMPLES / "02_build_a_model.ipynb"))
    program = text[text.rindex("import keras") :]
    assert "layers.Dropout(0.3)" in program and "load_digits()" in program
    assert "kwidgets" not in program


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_opens_clean_and_without_questions(path: Path) -> None:
    node = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(node)
    assert (node.nbformat, node.nbformat_minor) == (4, 5)
    # Without a kernelspec JupyterLab asks for a kernel in a dialog.
    assert node.metadata.kernelspec.name == "python3"
    for cell in node.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
