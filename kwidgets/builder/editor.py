"""The builder's spec with undo and redo, and the edits that a view requests.

It does not depend on Jupyter. Undo keeps whole specs, so it restores each one exactly.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kwidgets.builder import catalog, fields, mistakes, quick_add, templates
from kwidgets.builder.analysis import Analysis, Shape
from kwidgets.builder.convert.frozen_layers import assign_trainable_of_layer
from kwidgets.builder.data import DataInfo
from kwidgets.builder.protocol import COMPILE, FIT, INPUT, Edit, Parameter
from kwidgets.builder.shapes.model_inference import Inference
from kwidgets.builder.spec import (
    INPUT_LAYER,
    EditError,
    LayerSpec,
    ModelSpec,
    ObjectSpec,
    Reference,
    Value,
    new_layer,
)
from kwidgets.language import t

Path = Sequence[str | int]

# What views choose; the names of the other targets of edits are shorter.
_UID = re.compile(r"[0-9a-f]{32}")


class Editor:
    """The spec, its undo history and its analysis.

    Args:
        spec: the first one; empty by default.
    """

    def __init__(self, spec: ModelSpec | None = None) -> None:
        self._spec = spec or ModelSpec()
        self._undo: list[tuple[str, ModelSpec]] = []
        self._redo: list[tuple[str, ModelSpec]] = []
        self.inference = Inference()
        self._analyzed: tuple[Any, Analysis] | None = None
        # With the batch dimension, as a fit has shown it; used while the spec has no input.
        self.observed_input: Shape | None = None
        self.data: dict[str, DataInfo] = {}
        # Free memory of the device that would train; None while unknown.
        self.memory_bytes: int | None = None
        self.references: dict[str, Reference] = {}

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    def load(self, spec: ModelSpec) -> None:
        """Replace the spec and clear its undo history."""
        self._spec = spec
        self._undo.clear()
        self._redo.clear()

    def prepend_undo(self, label: str, spec: ModelSpec) -> None:
        """Make ``spec`` the oldest state that undo can return to."""
        if spec.layers and spec != self._spec:
            self._undo.insert(0, (label, spec))

    @property
    def undo_label(self) -> str | None:
        return self._undo[-1][0] if self._undo else None

    @property
    def redo_label(self) -> str | None:
        return self._redo[-1][0] if self._redo else None

    @property
    def analysis(self) -> Analysis:
        """The analysis of the current spec."""
        key = (self._spec.input, self._spec.layers, self.observed_input)
        if self._analyzed is None or not all(
            one is other for one, other in zip(self._analyzed[0], key, strict=True)
        ):
            self._analyzed = (key, self.inference.analyze(self._spec, self.observed_input))
        return self._analyzed[1]

    def invalidate_analysis(self) -> None:
        """Analyze the spec again next time, for example after a class was redefined."""
        self._analyzed = None

    @property
    def situation(self) -> mistakes.Situation:
        return mistakes.Situation(self._spec, self.analysis, self.data, self.memory_bytes)

    def change(self, label: str, spec: ModelSpec) -> None:
        """Set the spec, with a step to undo. ``label`` names the step: "Add Dense"."""
        if spec == self._spec:
            return
        self._undo.append((label, self._spec))
        self._redo.clear()
        self._spec = spec

    def set_without_undo(self, spec: ModelSpec) -> None:
        """Set the spec without a step to undo, for changes that were made outside the builder."""
        self._spec = spec

    def undo(self) -> str:
        """Undo the last edit; return its label.

        Raises:
            EditError: there is nothing to undo.
        """
        return self._restore(self._undo, self._redo, t("Nothing to undo."))

    def redo(self) -> str:
        """Redo the edit that was undone last; return its label.

        Raises:
            EditError: there is nothing to redo.
        """
        return self._restore(self._redo, self._undo, t("Nothing to redo."))

    def _restore(
        self,
        source: list[tuple[str, ModelSpec]],
        target: list[tuple[str, ModelSpec]],
        refusal: str,
    ) -> str:
        if not source:
            raise EditError(refusal)
        label, spec = source.pop()
        target.append((label, self._spec))
        self._spec = spec
        return label

    # Edits that a view requests

    def apply(self, edit: Edit) -> dict[str, Any]:
        """Apply an edit that a view requests; return the result, such as the uid of a new layer.

        Raises:
            EditError: the edit is refused; nothing has changed.
        """
        action = _ACTIONS.get(edit.get("action", ""))
        if action is None:
            raise EditError(
                f"unknown edit {edit.get('action')!r}. Use one of {', '.join(_ACTIONS)}"
            )
        try:
            return action(self, edit) or {}
        except (fields.FieldError, quick_add.QuickError) as error:
            raise EditError(str(error)) from error
        except (KeyError, ValueError, IndexError, TypeError) as error:
            raise EditError(str(error.args[0]) if error.args else str(error)) from error

    def _add(self, edit: Edit) -> dict[str, Any]:
        if edit.get("class_name"):
            key = edit["class_name"]
            if catalog.catalog().entry(key) is None:
                raise EditError(fields.unknown_class(key, catalog.near_keys(key)))
            given = edit.get("arguments") or {}
            arguments = {name: fields.from_wire(v, self.references) for name, v in given.items()}
            spec = ObjectSpec(key, arguments)
        else:
            spec = quick_add.parse(edit.get("text") or "")
        entry = self._with_uid(new_layer(spec), edit.get("uid"))
        parent = edit.get("parent")
        if parent is not None and self._spec.find(parent).arguments.get("trainable") is False:
            entry = assign_trainable_of_layer(entry, False)
        self.change(
            t("Add %1", entry.title),
            self._spec.insert(entry, edit.get("parent"), self._index(edit)),
        )
        return {"uid": entry.uid}

    def _with_uid(self, entry: LayerSpec, uid: str | None) -> LayerSpec:
        """Give a new layer the uid that a view has chosen, by which its next edits may name it."""
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            return entry
        if any(known.uid == uid for known in self._spec.walk()):
            return entry
        return dataclasses.replace(entry, uid=uid)

    def _index(self, edit: Edit, moving: str | None = None) -> int | None:
        """Return the index of a place, counted without the layer that moves."""
        children = [child.uid for child in self._spec.children(edit.get("parent"))]
        if moving in children:
            children.remove(moving)
        if "before" in edit:
            before = edit["before"]
            if before is None:
                return len(children)
            # Gone, or refused: the layers that the view had counted are those before it.
            if before in children:
                return children.index(before)
        return edit.get("index")

    def _set(self, edit: Edit) -> None:
        target, path = edit["target"], list(edit["path"])
        parameter = self._parameter_at(target, path)
        if "text" in edit:
            value = quick_add.read_field(parameter, edit["text"])
        else:
            value = fields.from_wire(edit.get("value"), self.references)
            if parameter["field"] != "reference":
                value = fields.check(parameter, value)
        if value is fields.DEFAULT or (
            value == fields.from_wire(parameter["default"])
            and type(value) is type(fields.from_wire(parameter["default"]))
            and not parameter["required"]
        ):
            self._write(target, path, None, remove=True)
        else:
            self._write(target, path, value)

    def _reset(self, edit: Edit) -> None:
        self._write(edit["target"], list(edit.get("path") or ()), None, remove=True)

    def _move(self, edit: Edit) -> None:
        entry = self._spec.find(edit["uid"])
        index = self._index(edit, moving=entry.uid)
        moved = self._spec.move(entry.uid, edit.get("parent"), int(index or 0))
        self.change(t("Move %1", entry.title), moved)

    def _duplicate(self, edit: Edit) -> dict[str, Any]:
        entry = self._spec.find(edit["uid"])
        parent, index = self._spec.locate(edit["uid"])
        copy = self._with_uid(entry.copy(), edit.get("copy"))
        self.change(t("Duplicate %1", entry.title), self._spec.insert(copy, parent, index + 1))
        return {"uid": copy.uid}

    def _remove(self, edit: Edit) -> None:
        entry = self._spec.find(edit["uid"])
        self.change(t("Delete %1", entry.title), self._spec.remove(edit["uid"]))

    def _enable(self, edit: Edit) -> None:
        entry = self._spec.find(edit["uid"])
        title = entry.title
        label = t("Enable %1", title) if edit["enabled"] else t("Disable %1", title)
        self.change(label, self._spec.enable(edit["uid"], bool(edit["enabled"])))

    def _template(self, edit: Edit) -> None:
        template = templates.by_name(edit["name"])
        made = template.make(self._spec.input_shape)
        if made.input_shape == self._spec.input_shape and self._spec.input is not None:
            made = dataclasses.replace(made, input={**self._spec.input, **(made.input or {})})
        self.change(
            t("Template %1", template.title),
            dataclasses.replace(made, name=self._spec.name, fit={**made.fit, **self._spec.fit}),
        )

    def _fix(self, edit: Edit) -> None:
        advice = mistakes.find_advice(self.situation, edit["advice"])
        if advice.fix is None:
            raise EditError(t("“%1” has no automatic fix.", advice.title))
        self.change(advice.fix.label, advice.fix.apply(self._spec))

    def _undo_edit(self, edit: Edit) -> None:
        self.undo()

    def _redo_edit(self, edit: Edit) -> None:
        self.redo()

    # Arguments, by target and path

    def arguments(self, target: str) -> ObjectSpec:
        """Return the arguments of a form, as an object with arguments.

        Raises:
            KeyError: no such layer.
        """
        if target == INPUT:
            return ObjectSpec(INPUT_LAYER, self._spec.input or {})
        if target == COMPILE:
            return ObjectSpec(COMPILE, self._spec.compile or {})
        if target == FIT:
            return ObjectSpec(FIT, self._spec.fit)
        return self._spec.find(target).object

    def _write(self, target: str, path: Path, value: Value, remove: bool = False) -> None:
        before = self.arguments(target)
        if not path:
            after = dataclasses.replace(before, arguments={})
        else:
            after = _with_value(before, path, value, remove)
        title = {INPUT: t("input"), COMPILE: "compile", FIT: "fit"}.get(target, before.title)
        what = f"{title} {_dotted(path)}".strip()
        label = t("Reset %1", what) if remove else t("Change %1", what)
        self.change(label, self._with(target, after))

    def _with(self, target: str, spec: ObjectSpec) -> ModelSpec:
        if target == INPUT:
            return self._spec.with_input(**spec.arguments)
        if target == COMPILE:
            return dataclasses.replace(self._spec, compile=spec.arguments or None)
        if target == FIT:
            return dataclasses.replace(self._spec, fit=spec.arguments)
        entry = self._spec.find(target)
        trainable = spec.arguments.get("trainable")
        changed = dataclasses.replace(entry, object=spec)
        if entry.children is not None and trainable != entry.arguments.get("trainable"):
            # What a form says of a block is meant for all its layers.
            changed = assign_trainable_of_layer(changed, trainable is not False)
        return self._spec.replace(target, changed)

    def _parameter_at(self, target: str, path: Path) -> Parameter:
        """Return the parameter that a path leads to."""
        if not path:
            raise EditError("the path of an argument must not be empty")
        if target in (COMPILE, FIT):
            parameters: Sequence[Parameter] = catalog.FORMS[target]
            title = target
        else:
            spec = self.arguments(target)
            parameters, title = _parameters(spec.class_name), spec.title
        parameter = _find_parameter(parameters, path[0], title)
        value: Value = self.arguments(target).arguments.get(str(path[0]))
        for step in path[1:]:
            if isinstance(step, int):
                parameter = {**parameter, "field": "object", "required": True}
                if not isinstance(value, (tuple, list)) or not 0 <= step < len(value):
                    raise EditError(t("%1 has no entry %2", parameter["name"], step))
                value = value[step]
                continue
            value = _as_object(value, parameter)
            parameter = _find_parameter(_parameters(value.class_name), step, value.title)
            value = value.arguments.get(step)
        return parameter


def _with_value(before: ObjectSpec, path: Path, value: Value, remove: bool) -> ObjectSpec:
    name = str(path[0])
    if len(path) == 1:
        return before.without_argument(name) if remove else before.with_argument(name, value)
    inner = before.arguments.get(name)
    return before.with_argument(
        name, _with_nested_value(inner, path[1:], value, remove, before, name)
    )


def _with_nested_value(
    inner: Value, path: Path, value: Value, remove: bool, owner: ObjectSpec, name: str
) -> Value:
    step = path[0]
    if isinstance(step, int):
        items = list(inner if isinstance(inner, (tuple, list)) else ())
        if not 0 <= step < len(items):
            raise EditError(t("%1 has no entry %2", name, step))
        if len(path) == 1:
            if remove:
                del items[step]
            else:
                items[step] = value
        else:
            items[step] = _with_nested_value(items[step], path[1:], value, remove, owner, name)
        return tuple(items)
    parameter: Parameter | None = None
    if isinstance(inner, str):
        parameters = (
            catalog.FORMS[owner.class_name]
            if owner.class_name in catalog.FORMS
            else _parameters(owner.class_name)
        )
        parameter = _find_parameter(parameters, name, owner.title)
    spec = _as_object(inner, parameter)
    return _with_value(spec, path, value, remove)


def _as_object(value: Value, parameter: Parameter | None) -> ObjectSpec:
    """Return an argument as an object; a name such as "he_normal" becomes one."""
    if isinstance(value, ObjectSpec):
        return value
    if isinstance(value, str) and parameter is not None and "section" in parameter:
        key = catalog.resolve_identifier(value, parameter["section"])
        if key:
            return ObjectSpec(key)
    raise EditError(t("%1 has no arguments", repr(value)))


def _parameters(class_name: str) -> Sequence[Parameter]:
    entry = catalog.catalog().entry(class_name)
    if entry is None:
        raise EditError(fields.unknown_class(class_name, catalog.near_keys(class_name)))
    return entry["parameters"]


def _find_parameter(parameters: Sequence[Parameter], name: str | int, title: str) -> Parameter:
    for parameter in parameters:
        if parameter["name"] == name:
            return parameter
    names = [parameter["name"] for parameter in parameters]
    near = difflib.get_close_matches(str(name), names, n=1)
    if near:
        raise EditError(
            t("%1 has no argument %2. Did you mean %3?", title, repr(name), repr(near[0]))
        )
    listed = ", ".join(names) or t("none")
    raise EditError(t("%1 has no argument %2. Its arguments are %3.", title, repr(name), listed))


def _dotted(path: Path) -> str:
    return ".".join(str(step) for step in path)


_Action = Callable[[Editor, Edit], dict[str, Any] | None]

_ACTIONS: Mapping[str, _Action] = {
    "add": Editor._add,
    "set": Editor._set,
    "reset": Editor._reset,
    "move": Editor._move,
    "duplicate": Editor._duplicate,
    "remove": Editor._remove,
    "enable": Editor._enable,
    "template": Editor._template,
    "fix": Editor._fix,
    "undo": Editor._undo_edit,
    "redo": Editor._redo_edit,
}
