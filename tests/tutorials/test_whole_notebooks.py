"""Each notebook in examples/ as a user has it: a kernel of its own, and every fit to its end."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from tests.tutorials.notebook_runs import (
    EXAMPLES,
    NOTEBOOKS,
    PRODUCTION,
    check_steps,
    execute,
    exported,
    printed,
    with_solutions,
)

# The first test of a notebook runs all of it.
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.slow("test_notebooks.py runs the first one with shorter fits"),
]

RunNotebook = Callable[[Path], nbformat.NotebookNode]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunNotebook:
    """Gives a notebook with the outputs of a run, made once."""

    @functools.cache
    def run(path: Path) -> nbformat.NotebookNode:
        node = with_solutions(path)
        execute(node, tmp_path_factory.mktemp(path.stem), kernel_name="python3")
        return node

    return run


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_step_is_done_by_its_solution_and_not_before(path: Path, run: RunNotebook) -> None:
    check_steps(path.stem, run(path))


@pytest.mark.parametrize(
    ("name", "line", "least"),
    [
        ("01_first_model", "Test accuracy", 95.5),
        ("02_steer_a_training", "Test accuracy", 92.0),
        ("03_build_by_hand", "CNN, test images", 95.5),
        ("03_build_by_hand", "CNN, shifted by a pixel", 70.0),
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


def test_each_export_agrees_with_the_trained_model(run: RunNotebook) -> None:
    differences = exported(run(PRODUCTION))
    assert set(differences) == {"Keras", "SavedModel", "ONNX", "LiteRT"}
    assert all(float(difference) <= 1e-4 for difference in differences.values()), differences
