"""Describe the data of a fit as the rules know the variables of a notebook."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from kwidgets.builder import data as builder_data
from kwidgets.builder.data import DataInfo
from kwidgets.builder.spec import Value, Variable
from kwidgets.insight.check.model_view import ModelView
from kwidgets.insight.check.output_settings import key_of
from kwidgets.insight.check.program import Program
from kwidgets.insight.data.batches import is_dataset
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.parts import Role
from kwidgets.insight.data.report import Data


@dataclasses.dataclass(frozen=True)
class FitData:
    """The data of a fit for one output of a model.

    Args:
        arguments: x, y, validation_x and validation_y, as variables.
        infos: what is known of each, by the variable's name.
        whole: the code of the argument of fit, by the variable's name: for ``y["age"]``, ``y``.
    """

    arguments: Mapping[str, Value]
    infos: Mapping[str, DataInfo]
    whole: Mapping[str, str] = dataclasses.field(default_factory=dict)


def fit_data(program: Program, view: ModelView, data: Data, looked_at: LookedAt) -> FitData:
    """Return the data that belongs to the input and output of a view."""
    arguments: dict[str, Value] = {}
    infos: dict[str, DataInfo] = {}
    whole: dict[str, str] = {}

    def add(argument: Role, value: Any, name: str) -> None:
        info = _info(value, name, argument, looked_at)
        if info is not None:
            arguments[argument] = Variable(name)
            infos[name] = info

    validation_x, validation_y = data.validation_data, None
    if isinstance(data.validation_data, (tuple, list)) and len(data.validation_data) in (2, 3):
        validation_x, validation_y = data.validation_data[:2]
    for argument, value in (
        ("x", data.x),
        ("y", data.y),
        ("validation_x", validation_x),
        ("validation_y", validation_y),
    ):
        if value is None:
            continue
        name = given_name = data.names.get(argument) or _default_name(argument, data)
        if not is_dataset(value):
            is_input = argument.endswith("x")
            place = view.input if is_input else view.output
            names = program.input_names if is_input else program.output_names
            if place is None:
                continue
            own_name = names[place] if place < len(names) else ""
            value, name = (
                key_of(value, place, own_name, max(1, len(names))),
                _code(name, value, place, own_name, len(names)),
            )
        if value is not None:
            whole[name] = given_name
            add(argument, value, name)  # type: ignore[arg-type]
    return FitData(arguments, infos, whole)


def _default_name(argument: str, data: Data) -> str:
    if argument.startswith("validation"):
        whole = data.names.get("validation_data") or "validation_data"
        if isinstance(data.validation_data, (tuple, list)):
            return f"{whole}[{0 if argument.endswith('x') else 1}]"
        return whole
    return argument


def _code(name: str, value: Any, place: int, own_name: str, count: int) -> str:
    if isinstance(value, Mapping):
        return f"{name}[{own_name!r}]"
    if isinstance(value, (list, tuple)) and count > 1:
        return f"{name}[{place}]"
    return name


def _info(value: Any, name: str, argument: Role, looked_at: LookedAt) -> DataInfo | None:
    """Return what is known about a value; of a dataset, what its first batches have shown."""
    info = builder_data.describe(name, value)
    if not is_dataset(value):
        return info
    targets: Role = "y" if argument == "x" else "validation_y"
    if argument not in ("x", "validation_x"):
        return None
    x, y = looked_at.of(argument), looked_at.of(targets)
    if len(x) != 1 or len(y) > 1 or x[0].part.view is None:
        return info
    view = x[0].part.view
    first = builder_data.describe(name, view.read(slice(0, view.rows)))
    if first is None or (info is not None and info.batched is False):
        return info
    found = DataInfo(
        name,
        "tf.data.Dataset" if info is None else info.kind,
        (None, *view.shape[1:]),
        first.dtype,
        statistics=first.statistics,
        object_kind=first.object_kind,
        batched=True,
    )
    if y and y[0].part.view is not None:
        other = y[0].part.view
        second = builder_data.describe(name, other.read(slice(0, other.rows)))
        if second is not None:
            found = dataclasses.replace(
                found,
                y_shape=(None, *other.shape[1:]),
                y_dtype=second.dtype,
                y_statistics=second.statistics,
            )
    return found
