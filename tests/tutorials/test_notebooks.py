"""Every cell of a notebook in examples/ runs, and its steps check what the reader does.

As it is shipped first, with no step done; then, in the same kernel, each step's solution. To be
quick, all notebooks share a kernel, in which a fit makes at most some hundred steps. That each
notebook runs in a kernel of its own, and how good its models become, is tested by
test_whole_notebooks.py.
"""

from __future__ import annotations

import ast
import functools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from kwidgets.tutorials.tutorial import STEP_MODULES, load_tutorial
from tests.tutorials.notebook_runs import (
    EXAMPLES,
    NOTEBOOKS,
    PRODUCTION,
    check_steps,
    code_cell,
    environment,
    execute,
    exported,
    printed,
    read,
    with_solutions,
)

# The first test of a notebook runs all of it.
pytestmark = pytest.mark.timeout(600)

# How many steps and epochs a fit makes at most in the cells as they are shipped, and in the
# solutions.
SHIPPED, SOLUTION = (100, 8), (700, 1_000)
# It has what all tutorials share; the others cost ten to thirty seconds each.
FIRST = EXAMPLES / "01_first_model.ipynb"
LIKE_THE_FIRST = pytest.mark.slow("the cells of tutorial 1 run, those of all are read")
# Tutorial steps whose check wants a model that has learned more than that.
WANTS_A_TRAINED_MODEL = {"04_object_detection": {"bound", "canvas", "better"}}

# The kernel is on TensorFlow. A program that a notebook starts is on JAX, which is imported in a
# third of the time.
CHILDREN_ON_JAX = "import keras, os\nos.environ['KERAS_BACKEND'] = 'jax'"

Run = Callable[[nbformat.NotebookNode], nbformat.NotebookNode]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def kernel(folder: Path, quick_kernels: dict[str, str]) -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3")
    # Where this checkout's tests are.
    path = os.pathsep.join(filter(None, [str(EXAMPLES.parent), os.environ.get("PYTHONPATH")]))
    manager.start_kernel(cwd=str(folder), env={**environment(folder), "PYTHONPATH": path})
    execute(nbformat.v4.new_notebook(cells=[code_cell(CHILDREN_ON_JAX)]), folder, km=manager)
    yield manager
    manager.shutdown_kernel(now=True)


def cut_fits(most: tuple[int, int], cell_id: str) -> nbformat.NotebookNode:
    """Return a cell that leaves no names behind."""
    source = "from tests.tutorials.short_fits import cut_fits\ncut_fits{}\ndel cut_fits"
    return code_cell(source.format(most), cell_id)


@pytest.fixture(scope="module")
def execute_shortly(kernel: KernelManager, folder: Path) -> Run:
    """Runs a notebook with short fits, and leaves neither names nor the extension behind."""

    def run(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
        node.cells.insert(0, cut_fits(SHIPPED, "begin"))
        node.cells.append(code_cell("%unload_ext kwidgets\n%reset -f", "end"))
        execute(node, folder, km=kernel)
        return node

    return run


RunNotebook = Callable[[Path], nbformat.NotebookNode]


@pytest.fixture(scope="module")
def run(execute_shortly: Run) -> RunNotebook:
    """Gives a notebook with the outputs of a run, made once."""

    @functools.cache
    def run(path: Path) -> nbformat.NotebookNode:
        node = with_solutions(path)
        if path.stem not in WANTS_A_TRAINED_MODEL:
            first = next(i for i, cell in enumerate(node.cells) if cell.id.startswith("solution-"))
            node.cells.insert(first, cut_fits(SOLUTION, "longer"))
        return execute_shortly(node)

    return run


def test_each_notebook_is_a_tutorial() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(STEP_MODULES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_at_least_five_steps_check_themselves(path: Path) -> None:
    steps = load_tutorial(path.stem).steps
    cells = {cell.id: cell for cell in read(path).cells}
    checked = [
        cell.source.removeprefix("%kwidgets check ")
        for cell in cells.values()
        if cell.source.startswith("%kwidgets check ")
    ]
    assert len(steps) >= 5 and checked == [step.key for step in steps]
    assert all(step.cell_id in cells and step.hints for step in steps)


def test_the_first_watched_fit_is_long_enough_to_try_its_controls() -> None:
    """Pause, learning rate and Stop, by hand: half a minute where a step takes 0.4 ms."""
    (source,) = [cell.source for cell in read(NOTEBOOKS[0]).cells if cell.id == "fit"]
    call = ast.parse(source).body[0].value
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    images = 1_437 * (1 - given["validation_split"])
    assert images / given["batch_size"] * given["epochs"] >= 60_000


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path == FIRST else LIKE_THE_FIRST) for path in NOTEBOOKS],
    ids=lambda path: path.stem,
)
def test_all_cells_run_and_a_step_is_done_by_its_solution_and_not_before(
    path: Path, run: RunNotebook
) -> None:
    check_steps(path.stem, run(path), WANTS_A_TRAINED_MODEL.get(path.stem, ()))


def test_a_program_that_runs_a_notebook_keeps_none_of_our_code_in_it(run: RunNotebook) -> None:
    """nbclient keeps the state of all widgets; the code that draws one has 400 kB."""
    state = run(FIRST).metadata.widgets
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


@LIKE_THE_FIRST
def test_each_export_agrees_with_the_model_and_a_program_serves_it(run: RunNotebook) -> None:
    node = run(PRODUCTION)
    differences = exported(node)
    assert set(differences) == {"Keras", "SavedModel", "ONNX", "LiteRT"}
    assert all(float(difference) <= 1e-4 for difference in differences.values()), differences
    assert "kwidgets was loaded there: False; exit code 0" in printed(node)


# As in an environment without the package.
HIDE_ONNX = """
import sys
for name in list(sys.modules):
    if name.partition(".")[0] in ("onnx", "tf2onnx"):
        del sys.modules[name]
sys.modules["onnx"] = None
"""
SHOW_ONNX = "import sys\ndel sys.modules['onnx']"


@pytest.mark.slow("exports the same model once more")
def test_a_missing_converter_is_named_and_the_other_exports_go_on(execute_shortly: Run) -> None:
    node = read(PRODUCTION)
    needed = {
        "load-extension",
        "load-data",
        "train-model",
        "your-serving-model",
        "define-formats",
        "export-all",
        "print-table",
    }
    kept = [cell for cell in node.cells if cell.id in needed]
    node.cells = [code_cell(HIDE_ONNX, "hide"), *kept, code_cell(SHOW_ONNX, "show")]
    execute_shortly(node)
    assert "%pip install onnx tf2onnx onnxruntime" in printed(node)
    assert {"Keras", "SavedModel", "LiteRT"} <= set(exported(node))
