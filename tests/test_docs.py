"""The code of the README and the documentation runs, and the commands in them exist."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from kwidgets.record.run_file.folder import VARIABLE
from tests.docs_statements import cells_of_text, statements_of
from tests.markdown import PAGES, REPOSITORY, TOP_LEVEL, Block, blocks, name_of

README = REPOSITORY / "README.md"
TRANSLATED_READMES = sorted(REPOSITORY.glob("README.*.md"))
# What cannot run here, and only that, is left out, and says why on the page.
NOT_RUN = {"docs/how-to/clusters.md": 6, "docs/how-to/gpu.md": 1}

FIRST_PAGES = {"README.md", "docs/index.md", "docs/getting-started.md"}
LATER_PAGE = pytest.mark.slow("what the pages call has tests of its own")

CELL_TIMEOUT_SECONDS = 150
WRITTEN_BY_PAGES = (".csv", ".ipynb", ".keras", ".html")


def python_of(path: Path) -> list[Block]:
    """Return the Python blocks of a page that are to run."""
    return [block for block in blocks(path) if block.language == "python" and not block.not_run]


def has_code(path: Path) -> bool:
    """Return whether a page has Python that is to run."""
    return bool(python_of(path) or text_cells(path))


def text_cells(path: Path) -> list[str]:
    """Return the cells with the statements within a page's text that are to run."""
    return [] if path.parent.name == "decisions" else cells_of_text(path)


@contextlib.contextmanager
def kernel(folder: Path, **environment: str) -> Iterator[KernelManager]:
    """A kernel of its own, which works in ``folder`` and records runs there: pages delete some."""
    manager = KernelManager(kernel_name="python3")
    own = {VARIABLE: str(folder / "runs"), **environment}
    manager.start_kernel(cwd=str(folder), env={**os.environ, **own})
    try:
        yield manager
    finally:
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module", autouse=True)
def checkout() -> Iterator[None]:
    """What pages write, such as run.csv, they write into a temporary folder."""

    def written() -> set[str]:
        return {path.name for path in REPOSITORY.iterdir() if path.suffix in WRITTEN_BY_PAGES}

    before = written()
    yield
    assert written() == before


@pytest.fixture(scope="module")
def jax_kernel(
    tmp_path_factory: pytest.TempPathFactory, quick_kernels: dict[str, str]
) -> Iterator[KernelManager]:
    """Shared by many pages: it has Keras, on JAX, which is there in a third of the time."""
    with kernel(tmp_path_factory.mktemp("docs"), KERAS_BACKEND="jax") as manager:
        yield manager


def run(path: Path, manager: KernelManager) -> None:
    """Run a page's Python from top to bottom, a block a cell, and then that within its text."""
    # What the page before has made must not help this one, and what it switched off must be on.
    fresh = (
        "if 'kwidgets' in get_ipython().extension_manager.loaded:\n"
        "    get_ipython().run_line_magic('unload_ext', 'kwidgets')\n"
        "from kwidgets.record.recording import recording\nrecording.__init__()"
    )
    # What a fit reaches does not matter, only that it runs.
    codes = [re.sub(r"\bepochs=\d{2,}", "epochs=3", block.code) for block in python_of(path)]
    cells = [fresh, "%reset -f", *codes, *text_cells(path)]
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(node, km=manager, timeout=CELL_TIMEOUT_SECONDS).execute()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if name_of(path) in FIRST_PAGES else LATER_PAGE)
        for path in filter(has_code, [README, *PAGES])
    ],
    ids=name_of,
)
def test_the_code_of_a_page_runs_from_top_to_bottom(
    path: Path, jax_kernel: KernelManager, tmp_path: Path
) -> None:
    if path == README:
        # What a reader has who has set nothing.
        with kernel(tmp_path, KERAS_BACKEND="") as manager:
            run(path, manager)
    else:
        run(path, jax_kernel)


@pytest.mark.parametrize("path", TRANSLATED_READMES, ids=name_of)
def test_a_translated_readme_has_the_code_of_the_first_one(path: Path) -> None:
    """But for its comments, so that running the first one is enough."""

    def trees(readme: Path) -> list[str]:
        to_python = TransformerManager().transform_cell
        return [ast.dump(ast.parse(to_python(block.code))) for block in python_of(readme)]

    assert trees(path) == trees(README)
    assert statements_of(path) <= statements_of(README)


def test_only_code_that_cannot_run_is_left_out() -> None:
    left_out = {
        name_of(path): sum(block.not_run is not None for block in blocks(path))
        for path in [README, *TRANSLATED_READMES, *PAGES]
    }
    assert {name: count for name, count in left_out.items() if count} == NOT_RUN


@pytest.mark.parametrize("path", [*TOP_LEVEL, *PAGES], ids=name_of)
def test_what_a_page_tells_to_type_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    shell = [block.code for block in blocks(path) if block.language in ("sh", "bash", "shell")]
    commands = re.findall(r"`([^`\n]+)`", text) + "".join(shell).splitlines()
    for command in commands:
        made = re.match(r"make ([a-z-]+)", command)
        assert not made or made[1] in targets, f"{command}: no such target in the Makefile"

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = set(project["optional-dependencies"])
    for name in re.findall(r"(?:kwidgets|install (?:-e )?'?\.)\[([\w,-]+)\]", text):
        assert set(name.split(",")) <= extras, f"kwidgets[{name}]: no such extra in pyproject.toml"
