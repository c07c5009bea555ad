"""Automatic names are left out of a spec, and all other names are kept."""

from __future__ import annotations

from typing import Any

from kwidgets.builder.convert.layer_names import with_needed_names
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec
from kwidgets.builder.spec import layer as layer_spec


def _(class_name: str, **arguments: Any) -> LayerSpec:
    return layer_spec(f"keras.layers.{class_name}", **arguments)


def names(*entries: LayerSpec, **changes: Any) -> list[Any]:
    spec = with_needed_names(ModelSpec(layers=entries, **changes))
    return [entry.arguments.get("name") for entry in spec.walk()]


def test_automatic_names_are_left_out() -> None:
    assert names(
        _("Dense", units=1, name="dense"),
        _("ReLU", name="re_lu"),
        _("Dense", units=1, name="dense_1"),
    ) == [None, None, None]


def test_names_that_keras_would_not_choose_are_kept() -> None:
    assert names(_("Dense", units=1, name="dense_7"), _("Dense", units=1, name="dense_8")) == [
        "dense_7",
        "dense_8",
    ]
    assert names(_("Dense", units=1, name="first"), _("Dense", units=1)) == ["first", None]


def test_a_name_that_keras_would_give_twice_is_avoided() -> None:
    found = names(_("Dense", units=1, name="dense_1"), _("Dense", units=1), _("Dense", units=1))
    taken = [name for name in found if name]
    assert "dense_1" in taken and len(set(taken)) == len(taken) >= 2


def test_names_within_blocks_and_wrappers() -> None:
    inner = ObjectSpec("keras.layers.LSTM", {"units": 1, "name": "lstm"})
    block = LayerSpec(
        "block",
        ObjectSpec("keras.Sequential", {"name": "sequential"}),
        children=(_("Dense", units=1, name="dense_1"),),
    )
    wrapper = _("Bidirectional", layer=inner, name="bidirectional")
    spec = with_needed_names(ModelSpec(layers=(_("Dense", units=1, name="dense"), block, wrapper)))
    found = [entry.arguments.get("name") for entry in spec.walk()]
    assert found == [None, None, None, None]
    assert "name" not in spec.layers[2].arguments["layer"].arguments


def test_the_models_and_the_inputs_names() -> None:
    spec = ModelSpec(name="sequential", input={"shape": (3,), "name": "input_layer"})
    assert with_needed_names(spec) == ModelSpec(input={"shape": (3,)})
    spec = ModelSpec(name="sequential_4", input={"shape": (3,), "name": "what"})
    assert with_needed_names(spec) == spec


def test_a_disabled_layer_takes_no_name() -> None:
    off = LayerSpec("off", ObjectSpec("keras.layers.Dense", {"units": 1}), enabled=False)
    assert names(off, _("Dense", units=1, name="dense")) == [None, None]
