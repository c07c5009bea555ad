"""The report of an import as text, as a table in the notebook, and as data."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import keras
import pytest

from kwidgets.formats.import_model import ImportedModel
from kwidgets.formats.import_report import ImportedLayer, ImportFacts, Preprocessing
from kwidgets.formats.imported import Imported
from kwidgets.formats.report import ImportReport
from kwidgets.language import message, set_language

EVIL = "<script>alert(1)</script>\ud800"


def report(is_chain: bool = True) -> ImportReport:
    inputs = keras.Input((4,), name="data")
    x = keras.layers.Dense(2, name="ip1")(inputs)
    outputs = x if is_chain else [x, x]
    facts = ImportFacts(
        "Caffe",
        ("deploy.prototxt", "net.caffemodel"),
        (
            ImportedLayer("data", "Data", "dropped"),
            ImportedLayer("ip1", "InnerProduct", "converted", ("ip1",)),
            ImportedLayer("lrn", "LRN", "repaired", ("lrn",), (message("Files: %1", "k"),)),
            ImportedLayer("odd", EVIL, "guessed", ("odd",), (message(EVIL),)),
            ImportedLayer("own", "Python", "cut"),
        ),
        (message("Files: %1", "a note"),),
        (Preprocessing("data", "BGR", (104.0, 117.0, 123.5), 0.0078125, (224, 224)),),
        10_000,
    )
    return ImportReport(Imported(keras.Model(inputs, outputs), facts, extras={"solver": 3}))


def test_the_text_begins_with_what_needs_a_look() -> None:
    lines = report().to_text().splitlines()
    assert lines[:3] == [
        "Caffe: 5 layers in the file, 10,000 parameters read",
        "1 converted, 1 repaired, 1 guessed, 1 dropped, 1 cut",
        "Files: deploy.prototxt, net.caffemodel",
    ]
    first = lines.index("Check these layers first:")
    assert [line.split()[0] for line in lines[first + 1 : first + 6] if line.startswith("  ")] == [
        *("own", "odd", EVIL, "lrn", "Files:")
    ]
    assert "  data: crop 224 × 224 (height × width); channels in the order BGR; subtract " in (
        "\n".join(lines)
    )
    assert "multiply by 0.0078125" in "\n".join(lines)
    assert repr(report()) == report().to_text()


def test_a_chain_is_offered_to_the_builder() -> None:
    assert "kw.SequentialBuilder(report.model)" in report().to_text()
    assert "kw.SequentialBuilder(report.model)" not in report(is_chain=False).to_text()


def test_the_data_is_json() -> None:
    data = json.loads(json.dumps(report().data))
    assert data["counts"]["cut"] == 1
    assert data["layers"][2]["notes"] == ["Files: k"]
    assert data["preprocessing"][0]["mean"] == [104.0, 117.0, 123.5]
    json.dumps(data).encode()


class Tables(HTMLParser):
    """Collects the tags, the header cells and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scopes: list[str | None] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_tables_with_captions_and_headers_and_text_stays_text() -> None:
    bundle = report()._repr_mimebundle_()
    page = Tables(bundle["text/html"])
    assert "script" not in page.tags
    assert "<script>alert(1)</script>\\ud800" in page.text
    assert page.tags.count("caption") == page.tags.count("table") == 2
    assert set(page.scopes) == {"col", "row"}
    bundle["text/html"].encode()
    bundle["text/plain"].encode()


def test_what_import_model_returns_shows_the_report() -> None:
    described = report()
    imported = ImportedModel(described.model, described)
    shown = imported._repr_mimebundle_()["text/html"]
    assert shown == described._repr_mimebundle_()["text/html"]
    first, _, rest = repr(imported).partition("\n\n")
    assert first.startswith("ImportedModel(model=<Functional ") and first.endswith("report=…)")
    assert rest == described.to_text()


def test_the_words_are_in_the_language_of_the_kernel() -> None:
    set_language("zh_CN")
    try:
        assert "文件" in report().to_text()
    finally:
        set_language(None)


def test_what_a_format_gives_besides_is_an_attribute() -> None:
    assert report().solver == 3
    with pytest.raises(AttributeError, match="solver"):
        _ = report().nothing
