"""Load a tutorial: the cells of its notebook, and its steps."""

from __future__ import annotations

import functools
import importlib
import json
import pathlib
from dataclasses import dataclass

from kwidgets.tutorials.cells import Cell
from kwidgets.tutorials.step import Step

# The notebooks, and the modules of kwidgets.tutorials.steps with their steps.
STEP_MODULES = {
    "01_first_model": "first_model",
    "02_steer_a_training": "steer_a_training",
    "03_build_by_hand": "build_by_hand",
    "04_object_detection": "object_detection",
    "05_tabular_and_text": "tabular_and_text",
    "06_from_notebook_to_production": "from_notebook_to_production",
    "07_nothing_is_lost": "nothing_is_lost",
    "08_find_the_mistake": "find_the_mistake",
    "09_search": "search",
}


@dataclass(frozen=True)
class Tutorial:
    """One tutorial.

    Attributes:
        name: the notebook's name, without its extension.
        title: its first heading.
        cells: the code cells, in order.
        steps: the steps, in order.
    """

    name: str
    title: str
    cells: list[Cell]
    steps: list[Step]

    def step(self, key: str) -> Step | None:
        """Return the step with this key."""
        return next((step for step in self.steps if step.key == key), None)

    def cell(self, cell_id: str) -> Cell:
        """Return the cell with this id."""
        return next(cell for cell in self.cells if cell.id == cell_id)

    def cell_defining(self, name: str) -> Cell | None:
        """Return the first cell that defines ``name``."""
        return next((cell for cell in self.cells if name in cell.names.defines), None)


def notebooks_folder() -> pathlib.Path:
    """Return the folder of the notebooks: next to this file in a wheel, examples/ in a checkout."""
    in_wheel = pathlib.Path(__file__).parent / "notebooks"
    return in_wheel if in_wheel.is_dir() else pathlib.Path(__file__).parents[2] / "examples"


def tutorial_names(prefix: str) -> list[str]:
    """Return the names of the tutorials that begin with ``prefix``.

    Raises:
        ValueError: there is none.
    """
    names = [name for name in STEP_MODULES if name.startswith(prefix)]
    if not names:
        raise ValueError(_unknown(prefix))
    return names


@functools.cache
def load_tutorial(name: str) -> Tutorial:
    """Return the tutorial whose name is, or begins with, ``name``.

    Raises:
        ValueError: there is none.
    """
    if not name:
        raise ValueError(_unknown(name))
    full_name = tutorial_names(name)[0]
    notebook = json.loads((notebooks_folder() / f"{full_name}.ipynb").read_text(encoding="utf-8"))
    module = importlib.import_module(f"kwidgets.tutorials.steps.{STEP_MODULES[full_name]}")
    title, cells = _read(notebook)
    return Tutorial(full_name, title, cells, module.STEPS)


def _unknown(name: str) -> str:
    return f"there is no tutorial {name!r}. The tutorials are {', '.join(STEP_MODULES)}"


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
