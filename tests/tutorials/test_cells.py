"""What a cell makes, uses and changes, and which of a tutorial's cells was run."""

import textwrap

import pytest

from kwidgets.tutorials.cells import Cell, find_cell, parse, read_names


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("y = x + 1", {"x"}),
        ("x = 1\ny = x", set()),
        ("x = x / 255", {"x"}),
        ("x /= 255", {"x"}),
        ("import numpy as np\nnp.ones(n)", {"n"}),
        ("def f(a):\n    return a + later\nf(b)", {"b"}),
        ("f = lambda a: a + later", set()),
        ("total = sum(v for v in values)", {"sum", "values"}),
        ("for v in values:\n    print(v)", {"print", "values"}),
        ("with open(p) as file:\n    file.read()", {"open", "p"}),
        ("class A(Base):\n    size = n", {"Base", "n"}),
        ("@decorate\ndef f(x=default): pass", {"decorate"}),
        ("%kwidgets check x", {"get_ipython"}),
        ("x = = 1", set()),
    ],
)
def test_names_that_a_cell_needs(source: str, uses: set[str]) -> None:
    assert read_names(parse(source)).uses == uses


def test_a_call_of_a_method_changes_its_object() -> None:
    source = """
        history = model.fit(x)
        print(other.name)
        (folder / "a").write_text(b)
        builder.train(x).wait()
    """
    names = read_names(parse(textwrap.dedent(source)))
    assert names.mutates == {"model", "folder", "builder"}


def _cell(cell_id: str, source: str) -> Cell:
    return Cell(cell_id, "A heading", source, False)


CELLS = [
    _cell("data", "images = load_images()\nlabels = load_labels()"),
    _cell("model", "model = make_model(rate=0.1)\nmodel.compile('adam')"),
]


@pytest.mark.parametrize(
    ("source", "cell_id", "found"),
    [
        ("anything", "model", "model"),
        (CELLS[0].source, None, "data"),
        ("model = make_model(rate=0.001)\nmodel.compile('sgd')", "a VS Code id", "model"),
        ("import x\n\nlabels = x.read()\n\nimages = x.pictures(1, 2, 3)", None, "data"),
        ("1 + 1", None, None),
    ],
)
def test_a_cell_is_known_by_its_id_or_its_text(source, cell_id, found) -> None:
    cell = find_cell(CELLS, source, cell_id)
    assert (cell.id if cell else None) == found


def test_a_message_calls_a_cell_by_its_heading_and_beginning() -> None:
    assert CELLS[1].description == (
        "the cell under “A heading” that begins with “model = make_model(rate=0.1)”"
    )


def test_a_cell_builds_on_what_another_changed_but_not_on_a_module_that_it_used() -> None:
    compiling = _cell("compile", "live = kw.LivePlot()\nmodel.compile('adam')")
    fitting = _cell("fit", "other = kw.LivePlot()\nmodel.fit(x)")
    showing = _cell("show", "kw.summary(other)")
    modules = frozenset({"kw"})
    assert fitting.depends_on(compiling, modules) and showing.depends_on(fitting, modules)
    assert not showing.depends_on(compiling, modules)
