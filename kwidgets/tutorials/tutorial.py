"""The tutorials: their notebooks and their steps."""

from __future__ import annotations

import functools
import importlib
import json
import pathlib
from dataclasses import dataclass

from kwidgets.tutorials.cells import Cell
from kwidgets.tutorials.step import Step

# Which module of kwidgets.tutorials.steps goes with which notebook.
STEPS = {
    "01_first_model": "first_model",
    "02_steer_a_training": "steer_a_training",
    "03_build_by_hand": "build_by_hand",
    "04_object_detection": "object_detection",
    "05_tabular_and_text": "tabular_and_text",
    "06_from_notebook_to_production": "from_notebook_to_production",
}


@dataclass(frozen=True)
class Lesson:
    """One tutorial.

    Attributes:
        name: the notebook's name, without its ending.
        title: its first heading.
        cells: the code cells, in order.
        steps: what the reader is to do, in order.
    """

    name: str
    title: str
    cells: list[Cell]
    steps: list[Step]

    def step(self, key: str) -> Step | None:
        """Return the step of that key."""
        return next((step for step in self.steps if step.key == key), None)

    def cell(self, cell_id: str) -> Cell:
        """Return the cell of that id, which is one of the notebook's."""
        return next(cell for cell in self.cells if cell.id == cell_id)

    def maker(self, name: str) -> Cell | None:
        """Return the first cell that makes ``name``."""
        return next((cell for cell in self.cells if name in cell.names.makes), None)


def folder() -> pathlib.Path:
    """Return where the notebooks are: in the wheel beside this file, in a checkout in examples/."""
    shipped = pathlib.Path(__file__).parent / "notebooks"
    return shipped if shipped.is_dir() else pathlib.Path(__file__).parents[2] / "examples"


def names_that_begin(name: str) -> list[str]:
    """Return the names of the tutorials that begin so.

    Raises:
        ValueError: there is none.
    """
    names = [known for known in STEPS if known.startswith(name)]
    if not names:
        raise ValueError(_unknown(name))
    return names


@functools.cache
def lesson(name: str) -> Lesson:
    """Return the tutorial of that name: a whole one of ``STEPS``, or the beginning of one.

    Raises:
        ValueError: there is none.
    """
    if not name:
        raise ValueError(_unknown(name))
    full = names_that_begin(name)[0]
    notebook = json.loads((folder() / f"{full}.ipynb").read_text(encoding="utf-8"))
    module = importlib.import_module(f"kwidgets.tutorials.steps.{STEPS[full]}")
    title, cells = _read(notebook)
    return Lesson(full, title, cells, module.STEPS)


def _unknown(name: str) -> str:
    return f"there is no tutorial {name!r}; there are {', '.join(STEPS)}"


def _read(notebook: dict) -> tuple[str, list[Cell]]:  # type: ignore[type-arg]
    headings = [""]
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            headings += [line.lstrip("# ") for line in source.splitlines() if line.startswith("#")]
        elif cell["cell_type"] == "code":
            optional = "optional" in cell["metadata"].get("tags", [])
            cells.append(Cell(cell["id"], headings[-1], source, optional))
    return [*headings, ""][1], cells
