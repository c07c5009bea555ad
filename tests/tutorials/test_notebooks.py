"""Each notebook in examples/ runs from top to bottom in a fresh kernel, and keeps its word.

As it is shipped first, with no step done; then, in the same kernel, each step's solution.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from kwidgets.tutorials.tutorial import STEP_MODULES, load_tutorial

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
PRODUCTION = EXAMPLES / "06_from_notebook_to_production.ipynb"

CELL_TIMEOUT_SECONDS = 300
# The first test of a notebook runs all of it.
pytestmark = pytest.mark.timeout(600)


RunNotebook = Callable[[Path], nbformat.NotebookNode]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunNotebook:
    """Gives a notebook with the outputs of a run, made once. A failing cell raises.

    Behind the notebook's own cells stand, for each step, its solution and its check.
    """

    @functools.cache
    def run(path: Path) -> nbformat.NotebookNode:
        node = nbformat.read(path, as_version=4)
        for step in load_tutorial(path.stem).steps:
            node.cells += [
                nbformat.v4.new_code_cell(step.solution),
                nbformat.v4.new_code_cell(f"%kwidgets check {step.key}", id=f"solved-{step.key}"),
            ]
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


def result_text(node: nbformat.NotebookNode, cell_id: str) -> str:
    """The text of what a cell returned."""
    (cell,) = [cell for cell in node.cells if cell.id == cell_id]
    return "".join(
        output.data["text/plain"]
        for output in cell.outputs
        if output.output_type == "execute_result"
    )


def test_each_notebook_is_a_tutorial() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(STEP_MODULES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_at_least_five_steps_check_themselves(path: Path) -> None:
    steps = load_tutorial(path.stem).steps
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    checked = [
        cell.source.removeprefix("%kwidgets check ")
        for cell in cells.values()
        if cell.source.startswith("%kwidgets check ")
    ]
    assert len(steps) >= 5 and checked == [step.key for step in steps]
    assert all(step.cell_id in cells and step.hints for step in steps)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_step_is_done_by_its_solution_and_not_before(path: Path, run: RunNotebook) -> None:
    node = run(path)
    check = {cell.source: cell.id for cell in reversed(node.cells)}
    for step in load_tutorial(path.stem).steps:
        assert result_text(node, check[f"%kwidgets check {step.key}"]).startswith("Not yet"), (
            step.key
        )
        solved = result_text(node, f"solved-{step.key}")
        assert solved.startswith("Done"), solved


@pytest.mark.parametrize(
    ("name", "line", "least"),
    [
        ("01_first_model", "Test accuracy", 95.5),
        ("02_steer_a_training", "Test accuracy", 92.0),
        ("03_build_by_hand", "CNN, on images it has not seen", 95.5),
        ("03_build_by_hand", "CNN, moved by a pixel", 70.0),
        ("04_object_detection", "mAP@0.5", 0.8),
        ("05_tabular_and_text", "Area under the ROC curve", 0.97),
        ("05_tabular_and_text", "Accuracy on the table", 92.0),
        ("05_tabular_and_text", "Accuracy on the sentences", 70.0),
        ("06_from_notebook_to_production", "Test accuracy", 94.0),
    ],
)
def test_a_tutorial_ends_with_a_good_model(
    name: str, line: str, least: float, run: RunNotebook
) -> None:
    text = printed(run(EXAMPLES / f"{name}.ipynb"))
    found = re.search(rf"^{line}: (\d+\.\d+)%?$", text, re.MULTILINE)
    assert found, text
    assert float(found[1]) >= least


def test_the_exported_program_trains_the_same_model_without_kwidgets(
    run: RunNotebook, tmp_path: Path
) -> None:
    node = run(EXAMPLES / "03_build_by_hand.ipynb")
    text = printed(node)
    program = text[text.rindex("import keras") :].replace("epochs=20", "epochs=1")
    check = "\nimport sys\nassert 'kwidgets' not in sys.modules and model.count_params() == 19_162"
    (tmp_path / "program.py").write_text(program + check)
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=environment, check=True, timeout=120
    )


def test_a_program_that_runs_a_notebook_keeps_none_of_our_code_in_it(run: RunNotebook) -> None:
    """nbclient keeps the state of all widgets; the code that draws one has 400 kB."""
    state = run(EXAMPLES / "01_first_model.ipynb").metadata.widgets
    assert len(json.dumps(state)) < 100_000


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


def exported(node: nbformat.NotebookNode) -> dict[str, str]:
    """What the last table says of each format, after its size."""
    table = re.findall(r"^(\w+) +[\d,]+  (.+)$", printed(node), re.MULTILINE)
    return dict(table)


def test_each_export_agrees_with_the_model_and_a_program_serves_it(run: RunNotebook) -> None:
    node = run(PRODUCTION)
    differences = exported(node)
    assert set(differences) == {"Keras", "SavedModel", "ONNX", "LiteRT"}
    assert all(float(difference) <= 1e-4 for difference in differences.values()), differences
    assert "kwidgets was loaded there: False; it ended with 0" in printed(node)


def test_a_missing_converter_is_named_and_the_other_exports_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "onnx.py").write_text("raise ModuleNotFoundError('No onnx', name='onnx')\n")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    node = nbformat.read(PRODUCTION, as_version=4)
    NotebookClient(
        node, timeout=CELL_TIMEOUT_SECONDS, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert "%pip install onnx tf2onnx onnxruntime" in printed(node)
    assert {"Keras", "SavedModel", "LiteRT"} <= set(exported(node))
