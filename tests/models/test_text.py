"""Summaries as text, Markdown and JSON: complete for a reader, readable by other programs."""

from __future__ import annotations

import dataclasses
import html
import json
import re

import pytest

from kwidgets.models.describe.model_summary import describe
from kwidgets.models.summary_data import Compiled, LayerSummary, ModelSummary, Trained, to_wire
from kwidgets.models.text import number_format
from kwidgets.models.text.export import as_json, as_markdown, as_text
from tests.models import models


def of_layers(*layers: LayerSummary, **more: object) -> ModelSummary:
    root = LayerSummary("", "net", "Net", kind="model", children=layers)
    known = {"parameters": 1000, "trainable_parameters": 1000, "weight_bytes": 4000}
    return ModelSummary(root, **(known | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "?"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 kB"),
        (100_762, "98.4 kB"),
        (1024**2 - 1, "1.0 MB"),
        (5 * 1024**3, "5.0 GB"),
        (2 * 1024**5, "2.0 PB"),
    ],
)
def test_memory_in_keras_units(size: int | None, words: str) -> None:
    assert number_format.memory(size) == words


def test_other_figures() -> None:
    assert number_format.number(1234567) == "1,234,567"
    assert number_format.shapes(((None, 28, 28), ())) == "(None, 28, 28), ()"
    assert number_format.shapes(None) == number_format.number(None) == "?"
    assert number_format.share(1, 3) == "33.3%"
    assert number_format.share(1, 100_000) == "< 0.1%"
    assert (
        number_format.share(0, 3)
        == number_format.share(1, None)
        == number_format.share(None, 3)
        == ""
    )


def test_a_plain_chain() -> None:
    model = models.MODELS["dense_stack"]()
    text = as_text(describe(model), "model")
    assert text == (
        "model: Sequential 'dense_stack'\n"
        "\n"
        "Layer   Class  Output shape  Parameters  Share  Activation\n"
        "----------------------------------------------------------\n"
        "hidden  Dense  (None, 5)             35  66.0%  relu\n"
        "output  Dense  (None, 3)             18  34.0%  softmax\n"
        "\n"
        "Parameters:    53 (212 B)\n"
        "Trainable:     53\n"
        "Non-trainable: 0\n"
    )


def test_connections_where_there_are_branches() -> None:
    text = as_text(describe(models.model("branches")), "model")
    assert re.search(r"Connected to\n", text)
    assert re.search(r"joined +Concatenate .* left, right\n", text)
    assert "Connected" not in as_text(describe(models.model("nested")), "model")
    assert "Connected" not in as_text(describe(models.model("containers")), "model")


def test_what_is_unusual_is_remarked() -> None:
    text = as_text(describe(models.model("frozen_part")), "model")
    assert re.search(r"^backbone .* frozen$", text, re.M)
    assert re.search(r"^  conv .* frozen$", text, re.M)
    text = as_text(describe(models.model("twice_the_same_layer")), "model")
    assert "called 2 times; the same as pooling above" in text
    text = as_text(describe(models.model("forgotten_layer")), "model")
    assert re.search(r"^unused +Dense +\? +\? +not built$", text, re.M)
    assert text.endswith("The totals do not include its weights.\n")
    text = as_text(describe(models.model("mixed_precision")), "model")
    assert re.search(r"^half .* mixed_float16$", text, re.M) and "  float32" not in text


def test_names_are_never_cut_off() -> None:
    name = "a_layer_with_a_name_" * 12
    summary = of_layers(LayerSummary("0", name, "Dense", parameters=1000))
    text, markdown = as_text(summary, "model"), as_markdown(summary, "model")
    assert name in text and name[:-1] in markdown.replace("\\", "")


def test_columns_stand_below_each_other() -> None:
    lines = as_text(describe(models.model("recurrent")), "model").splitlines()
    head, rows = lines[2], lines[4:13]
    where = head.index("Class")
    assert all(row[where - 1] == " " and row[where] != " " for row in rows)
    end = head.index("Parameters") + len("Parameters")
    assert all(row[end - 1].isdigit() for row in rows)


def test_the_lines_about_the_training() -> None:
    summary = of_layers(
        optimizer_parameters=2002,
        optimizer_bytes=8008,
        compiled=Compiled("Adam", "mse", ("accuracy", "mae")),
        trained=Trained(1200, 3),
        inferred_from="(28, 28)",
    )
    text = as_text(summary, "model")
    for line in (
        r"In the optimizer: +2,002 \(7.8 kB\)",
        r"Optimizer: +Adam",
        r"Loss: +mse",
        r"Metrics: +accuracy, mae",
        r"Trained: +1,200 steps, 3 epochs",
        r"Computed for input: +\(28, 28\)",
    ):
        assert re.search(f"^{line}$", text, re.M), line
    assert "It has no layers." in text
    one = dataclasses.replace(summary, trained=Trained(1, 1), compiled=Compiled("", ""))
    assert "1 step, 1 epoch\n" in as_text(one, "model")
    assert re.search("^Loss: +none$", as_text(one, "model"), re.M)


def test_what_is_not_known_yet() -> None:
    text = as_text(describe(models.model("unbuilt")), "model")
    assert "Parameters: not known yet" in text
    assert "This model is not built yet" in text


@pytest.mark.parametrize("name", models.NAMES)
def test_a_markdown_table_has_as_many_cells_in_each_line(name: str) -> None:
    summary = describe(models.model(name))
    lines = [line for line in as_markdown(summary, "model").splitlines() if line.startswith("|")]
    if not summary.root.children:
        assert lines == []
        return
    assert all(line.endswith(" |") for line in lines)
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert len(widths) == 1
    assert re.fullmatch(r"\|( ---:? \|)+", lines[1])


def test_markdown_shows_any_name_as_it_is() -> None:
    name = "a|b <b>&amp; `c` *d* _e_ f_g [h] \\i"
    summary = of_layers(
        LayerSummary("0", name, "Dense"), notes=("<script>", "two\nlines"), parameters=1000
    )
    markdown = as_markdown(summary, "models['|']")
    row = next(line for line in markdown.splitlines() if "Dense" in line)
    cell = re.split(r"(?<!\\)\|", row)[1].strip()
    assert html.unescape(re.sub(r"\\([^\w\s])|\\(_)", r"\1\2", cell)) == name
    assert "<" not in markdown and "> two lines" in markdown
    assert "f_g" in markdown


@pytest.mark.parametrize("name", ["branches", "unbuilt", "forgotten_layer", "recurrent"])
def test_json_loads_back(name: str) -> None:
    summary = describe(models.model(name))
    text = as_json(summary)
    # What travels as JSON has lists where Python has tuples.
    assert json.loads(text) == json.loads(json.dumps(to_wire(summary)))
    assert text.startswith('{\n  "root": {\n    "path": ""')
