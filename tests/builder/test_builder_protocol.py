"""The builder's wire: one example of each message, parsed by the TypeScript suite too.

``KWIDGETS_WRITE_GOLDEN=1 pytest tests/builder/test_builder_protocol.py`` rewrites them.
"""

import json
import os
import pathlib
import re
from typing import Any, get_args

import keras
import pytest

from kwidgets import protocol as wire
from kwidgets.builder import protocol
from kwidgets.builder.catalog import FORMS, catalog
from kwidgets.builder.page.state import difference
from kwidgets.builder.sequential import SequentialBuilder
from kwidgets.builder.workbench import Workbench
from kwidgets.dry_run import fresh_names

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "builder.json"
GOLDEN_SAVED = GOLDEN.with_name("builder_saved.json")
TYPESCRIPT = pathlib.Path(__file__).parents[2] / "labextension" / "src" / "builder" / "protocol.ts"


def doubled(x: Any) -> Any:
    return x * 2


def bench() -> Workbench:
    """Make a builder with all kinds of layers and settings."""
    with fresh_names():
        builder = SequentialBuilder(input_shape=(28, 28, 1))
    builder.add(
        keras.layers.Conv2D(
            32, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)
        )
    )
    builder.add(keras.Sequential([keras.layers.Dropout(0.25)], name="block"))
    builder.add("flatten")
    builder.add(keras.layers.Activation(doubled))
    builder.add("conv2d 8 3")  # cannot work there
    builder.add("dense 10 softmax")
    builder.compile(
        "adam",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return builder._bench


def without_counts(content: Any) -> Any:
    """Replace uids and addresses, which differ between runs."""
    text = json.dumps(content)
    for number, uid in enumerate(dict.fromkeys(re.findall(r"layer-\d+", text)), 1):
        text = re.sub(rf"\b{uid}\b", f"uid-{number}", text)
    text = re.sub(r"object-\d+", "object-1", text)
    text = re.sub(r"'conv2d_\d+'", "'conv2d'", text)
    return json.loads(text)


def examples() -> dict[str, Any]:
    """Return one message of each kind."""
    workbench = bench()
    before = workbench.describe()
    snapshot = {"sequence": 3, **before}
    last = workbench.editor.spec.layers[-1].uid
    edit: protocol.Edit = {"action": "set", "target": last, "path": ["units"], "text": "12"}
    workbench.editor.apply(edit)
    update = {"sequence": 4, **difference(before, workbench.describe())}
    found = protocol.Search(text="dense 128")
    reply = protocol.Reply(
        ok=True,
        message="",
        result={
            "options": [
                protocol.SearchOption(
                    class_name="keras.layers.Dense",
                    arguments={"units": 128},
                    title="Dense",
                    detail="units=128",
                    group="Core",
                )
            ]
        },
    )
    refused = protocol.Reply(
        ok=False, message="units must be an integer above 0, such as 128, not 'many'."
    )
    return without_counts(
        {
            "snapshot": wire.envelope(protocol.SNAPSHOT, snapshot),
            "update": wire.envelope(protocol.UPDATE, update),
            "reply": wire.envelope(protocol.REPLY, reply, id="a1"),
            "reply_refused": wire.envelope(protocol.REPLY, refused, id="a2"),
            "edit": wire.envelope(protocol.EDIT, edit, id="a3"),
            "search": wire.envelope(protocol.SEARCH, found, id="a4"),
            "train": wire.envelope(protocol.TRAIN, {}, id="a5"),
            "refresh": wire.envelope(protocol.REFRESH, {}, id="a6"),
            "reset": wire.envelope(protocol.RESET, {}, id="a9"),
            "bundle": wire.envelope(protocol.BUNDLE, {}, id="a7"),
            "model": wire.envelope(protocol.MODEL, {}, id="a10"),
            "resync": wire.envelope(protocol.RESYNC, {}, id="a8"),
        }
    )


def test_the_golden_file_matches_the_messages() -> None:
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(examples(), indent=1, ensure_ascii=False) + "\n")
    assert json.loads(GOLDEN.read_text()) == examples()


def test_the_golden_file_matches_the_saved_output() -> None:
    saved = without_counts(bench().mime_bundle()[protocol.MIME_TYPE])
    # What LivePlot saves has an example of its own.
    saved["run"] = json.loads(GOLDEN.with_name("snapshot_saved.json").read_text())
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN_SAVED.write_text(json.dumps(saved, indent=1, ensure_ascii=False) + "\n")
    assert json.loads(GOLDEN_SAVED.read_text()) == saved
    assert saved.keys() == protocol.Saved.__annotations__.keys()


def test_every_kind_has_an_example() -> None:
    kinds = {message["kind"] for message in json.loads(GOLDEN.read_text()).values()}
    assert kinds == {*protocol.KERNEL_KINDS, *protocol.VIEW_KINDS}


@pytest.mark.parametrize("literal", [protocol.FieldKind, protocol.LayerStatus])
def test_typescript_knows_the_same_words(literal: Any) -> None:
    text = TYPESCRIPT.read_text()
    missing = [word for word in get_args(literal) if f'"{word}"' not in text]
    assert not missing


def test_forms_use_only_known_fields() -> None:
    known = set(get_args(protocol.FieldKind))
    entries = catalog().entries.values()
    parameters = [p for entry in entries for p in entry["parameters"]]
    parameters += [p for form in FORMS.values() for p in form]
    assert {parameter["field"] for parameter in parameters} <= known
