"""Runs the notebooks of examples/ with the solution of each step, and reads what they gave."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from kwidgets.record.run_file.folder import VARIABLE
from kwidgets.tutorials.tutorial import load_tutorial

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
PRODUCTION = EXAMPLES / "06_from_notebook_to_production.ipynb"

CELL_TIMEOUT_SECONDS = 300


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cell(source: str, cell_id: str = "added") -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, id=cell_id)


def with_solutions(path: Path) -> nbformat.NotebookNode:
    """Return a notebook that has, behind its own cells, each step's solution and its check."""
    node = read(path)
    for step in load_tutorial(path.stem).steps:
        node.cells += [
            code_cell(step.solution, f"solution-{step.key}"),
            code_cell(f"%kwidgets check {step.key}", f"solved-{step.key}"),
        ]
    return node


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a kernel that works in ``folder``, and records its runs there.

    Other tests record at the same time, and a tutorial wants the latest run to be its own.
    """
    return {**os.environ, VARIABLE: str(folder / "runs")}


def execute(node: nbformat.NotebookNode, folder: Path, **options: Any) -> None:
    """Run a notebook in ``folder`` and put the outputs into it. A failing cell raises."""
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(node, timeout=CELL_TIMEOUT_SECONDS, resources=resources, **options)
    client.execute(env=environment(folder))


def printed(node: nbformat.NotebookNode) -> str:
    """Return all that the notebook's cells printed."""
    return "".join(
        output.text
        for cell in node.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    )


def result(node: nbformat.NotebookNode, cell_id: str) -> str:
    """Return the text of what a cell returned."""
    (cell,) = [cell for cell in node.cells if cell.id == cell_id]
    return "".join(
        output.data["text/plain"]
        for output in cell.outputs
        if output.output_type == "execute_result"
    )


def check_steps(name: str, node: nbformat.NotebookNode, without: Iterable[str] = ()) -> None:
    """Fail unless each step is done after its solution, and not before.

    Args:
        name: the tutorial's.
        node: the notebook, executed with solutions.
        without: the keys of steps that need not be done after their solution.
    """
    before = {cell.source: cell.id for cell in reversed(node.cells)}
    for step in load_tutorial(name).steps:
        not_yet = result(node, before[f"%kwidgets check {step.key}"])
        assert not_yet.startswith("Not yet"), f"{step.key}: {not_yet}"
        if step.key not in without:
            solved = result(node, f"solved-{step.key}")
            assert solved.startswith("Done"), f"{step.key}: {solved}"


def exported(node: nbformat.NotebookNode) -> dict[str, str]:
    """Return what the last table of tutorial 6 has for each format, after its size."""
    table = re.findall(r"^(\w+) +[\d,]+  (.+)$", printed(node), re.MULTILINE)
    return dict(table)
