"""Turn an editor into the State of ``builder.protocol``, and find the sections that changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from kwidgets.builder import catalog, convert, data, fields, mistakes
from kwidgets.builder.analysis import Analysis, LayerFacts, Problem
from kwidgets.builder.convert.layer_names import model_name
from kwidgets.builder.editor import Editor
from kwidgets.builder.page.large_values import without_large_parts
from kwidgets.builder.protocol import (
    INPUT,
    DataState,
    FormState,
    LayerError,
    LayerState,
    Totals,
)
from kwidgets.builder.shapes.layer_inference import incomplete_arguments
from kwidgets.builder.spec import (
    INPUT_LAYER,
    LayerSpec,
    ModelSpec,
    ObjectSpec,
    Reference,
    Value,
    Variable,
)
from kwidgets.language import t

ReferenceId = Callable[[Reference], str]

# Arguments whose values a card shows without the name.
_SHOWN_WITHOUT_NAME = {
    "units",
    "filters",
    "activation",
    "rate",
    "padding",
    "pool_size",
    "target_shape",
    "n",
}


def editor_state(
    editor: Editor, trained: Callable[[LayerSpec, LayerFacts], bool]
) -> dict[str, Any]:
    """Return the sections of a State that depend only on the editor, except the code.

    Args:
        editor: holds the spec.
        trained: returns whether a layer has trained weights.
    """
    spec, analysis = editor.spec, editor.analysis
    name_reference = _reference_namer(editor)
    # Once for all layers: the call checks whether the user has added classes.
    known = catalog.catalog()
    layers = {
        entry.uid: _layer(entry, analysis.layers[entry.uid], name_reference, trained, known)
        for entry in spec.walk()
    }
    advice = mistakes.advise(editor.situation)
    return {
        "name": model_name(spec),
        "input": _input(spec, analysis, name_reference),
        "order": [entry.uid for entry in spec.layers],
        "layers": layers,
        "totals": _totals(analysis),
        "advice": [mistakes.as_wire(one) for one in advice],
        "history": {"undo": editor.undo_label, "redo": editor.redo_label},
        "compile": _form(
            spec.compile or {}, name_reference, incomplete_arguments(spec.compile or {})
        ),
        "fit": _form(
            spec.fit, name_reference, {**incomplete_arguments(spec.fit), **_missing_data(editor)}
        ),
    }


def data_state(editor: Editor) -> list[DataState]:
    """Return the variables that fit can take."""
    return [data.as_wire(info) for info in editor.data.values()]


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the sections of ``after`` that changed; of the layers only those that changed."""
    changed = {
        name: value
        for name, value in after.items()
        if name != "layers" and before.get(name) != value
    }
    if "layers" in after:
        old = before.get("layers", {})
        layers = {uid: card for uid, card in after["layers"].items() if old.get(uid) != card}
        if layers:
            changed["layers"] = layers
    return changed


def summary(spec: ObjectSpec, known: catalog.Catalog | None = None) -> str:
    """Return an object's main arguments as a short text: "32, 3 × 3, relu, padding=same"."""
    entry = (known or catalog.catalog()).entry(spec.class_name)
    parameters = entry["parameters"] if entry else []
    words = []
    for parameter in parameters:
        name = parameter["name"]
        if name in spec.arguments and (parameter["basic"] or parameter["required"]):
            value = value_text(without_large_parts(spec.arguments[name]))
            without_name = parameter["required"] or name in _SHOWN_WITHOUT_NAME
            words.append(value if without_name else f"{name}={value}")
    return ", ".join(words)


def value_text(value: Value) -> str:
    """Return a value as a card shows it."""
    if isinstance(value, ObjectSpec):
        inside = summary(value)
        return f"{value.title}({inside})" if inside else value.title
    if isinstance(value, Reference):
        return value.text
    if isinstance(value, (tuple, list)):
        if value and all(isinstance(item, int) for item in value) and len(value) <= 3:
            return " × ".join(str(item) for item in value)
        return f"({', '.join(value_text(item) for item in value)})"
    return str(value)


def _layer(
    entry: LayerSpec,
    facts: LayerFacts,
    name_reference: ReferenceId,
    trained: Callable[[LayerSpec, LayerFacts], bool],
    known: catalog.Catalog,
) -> LayerState:
    return {
        "uid": entry.uid,
        "class_name": entry.class_name,
        "title": entry.title,
        "summary": summary(entry.object, known)
        or (entry.object.live.text if entry.object.live else ""),
        "name": cast(Any, convert.without_marked_names(entry.object).arguments.get("name")),
        "arguments": _arguments(entry.object.arguments, name_reference),
        "enabled": entry.enabled,
        "children": None if entry.children is None else [child.uid for child in entry.children],
        "status": facts.status,
        "error": _error(facts.problem),
        "output_shape": None if facts.output_shape is None else list(facts.output_shape),
        "output_dtype": facts.output_dtype,
        "parameters": facts.parameters,
        "trainable": facts.trainable,
        "weight_bytes": facts.weight_bytes,
        "output_bytes": facts.output_bytes,
        "trained": facts.status == "ok" and trained(entry, facts),
    }


def _input(spec: ModelSpec, analysis: Analysis, name_reference: ReferenceId) -> LayerState:
    shape = analysis.input_shape
    arguments = _arguments(spec.input or {}, name_reference)
    status = "error" if analysis.input_problem else "unknown" if shape is None else "ok"
    return {
        "uid": INPUT,
        "class_name": INPUT_LAYER,
        "title": "Input",
        "summary": "" if spec.input_shape is None else str(spec.input_shape),
        "name": cast(Any, arguments.get("name")),
        "arguments": arguments,
        "enabled": True,
        "children": None,
        "status": cast(Any, status),
        "error": _error(analysis.input_problem),
        "output_shape": None if shape is None else list(shape),
        "output_dtype": cast(Any, (spec.input or {}).get("dtype")),
        "parameters": None,
        "trainable": None,
        "weight_bytes": None,
        "output_bytes": None,
        "trained": False,
    }


def _totals(analysis: Analysis) -> Totals:
    return {
        "parameters": analysis.parameters,
        "trainable": analysis.trainable,
        "weight_bytes": analysis.weight_bytes,
        "output_shape": None if analysis.output_shape is None else list(analysis.output_shape),
        "complete": analysis.complete,
    }


def _form(arguments: Any, name_reference: ReferenceId, errors: dict[str, str]) -> FormState:
    return {"arguments": _arguments(arguments, name_reference), "errors": errors}


def _missing_data(editor: Editor) -> dict[str, str]:
    """Return an error for each setting of fit whose variable no longer exists."""
    return {
        argument: t("The data %1 no longer exists. Run the cell that creates it.", repr(value.name))
        for argument, value in editor.spec.fit.items()
        if isinstance(value, Variable) and value.name not in editor.data
    }


def _arguments(arguments: Any, name_reference: ReferenceId) -> dict[str, Any]:
    chosen = convert.without_marked_names(ObjectSpec("", arguments)).arguments
    return {
        name: fields.to_wire(without_large_parts(value), name_reference)
        for name, value in chosen.items()
    }


def _error(problem: Problem | None) -> LayerError | None:
    if problem is None:
        return None
    return {"text": problem.text, "detail": problem.detail, "parameter": problem.parameter}


def _reference_namer(editor: Editor) -> ReferenceId:
    """Return a function that registers references with the editor and returns their ids."""

    def name(reference: Reference) -> str:
        key = f"object-{id(reference.value)}"
        editor.references[key] = reference
        return key

    return name
