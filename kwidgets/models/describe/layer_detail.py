"""What is in a layer: its config, and what its weights' values are like.

In two steps: :func:`read_layer` copies what is needed, quickly, where the values are whole (between
two steps of a fit); :meth:`Reading.finish` works out the rest in any thread.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras.src.api_export import get_name_from_symbol

from kwidgets.language import t
from kwidgets.models.describe.layer_tree import find
from kwidgets.models.summary_data import Histogram, LayerDetail, WeightDetail

# Of larger weights so many values are looked at, evenly spread.
MAX_VALUES = 25_000_000
BINS = 30


@dataclasses.dataclass(frozen=True)
class _Copy:
    """A weight as it was: facts, and its values or why they could not be read."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    values: npt.NDArray[Any] | None = None
    problem: str | None = None
    units: _Units | None = None


@dataclasses.dataclass(frozen=True)
class _Units:
    """How many units a kernel has, and how many of them get nothing but zeros."""

    count: int
    dead: int


class Reading:
    """What was copied of a layer."""

    def __init__(self, detail: LayerDetail, copies: list[_Copy]) -> None:
        self._detail = detail
        self._copies = copies

    def finish(self, when: str) -> LayerDetail:
        """Return the detail; ``when`` says at what moment the values were so."""
        weights = tuple(_weight_detail(copy) for copy in self._copies)
        return dataclasses.replace(self._detail, weights=weights, when=when)


def read_layer(model: Any, path: str, code_for: Callable[[str], str]) -> Reading:
    """Copy what is to be told of the layer at ``path``.

    Args:
        model: the model.
        path: as in ``LayerSummary``; "" is the model.
        code_for: gives the code that reaches the layer at a path.

    Raises:
        NoSuchLayerError: nothing is at ``path``.
    """
    layer = find(model, path)
    config, problem = _config(layer)
    trainable = bool(getattr(layer, "trainable", True))
    detail = LayerDetail(
        path=path,
        name=str(layer.name),
        class_name=type(layer).__name__,
        module=_module_of(layer),
        config=config,
        config_problem=problem,
        weights=(),
        trainable=trainable,
        trainable_code=f"{code_for(path)}.trainable = {not trainable}",
        when="",
    )
    own = _kernel_of(layer)
    return Reading(detail, [_copy(layer, weight, own) for weight in _weights(layer)])


def _module_of(layer: Any) -> str:
    """Where the class is to be had: "keras.layers", not where Keras keeps it."""
    public = get_name_from_symbol(type(layer))
    return public.rpartition(".")[0] if public else str(type(layer).__module__)


def _weights(layer: Any) -> list[Any]:
    return list({id(weight): weight for weight in getattr(layer, "weights", None) or ()}.values())


def _copy(layer: Any, weight: Any, kernel: tuple[Any, int] | None) -> _Copy:
    path = str(weight.path)
    prefix = f"{layer.name}/"
    told = _Copy(
        name=path.partition(prefix)[2] or str(weight.name),
        shape=tuple(int(size) for size in weight.shape),
        dtype=str(weight.dtype),
        trainable=bool(weight.trainable),
    )
    try:
        # A variable that was made in a dry run has no value.
        values = keras.ops.convert_to_numpy(weight.value)
    except Exception as error:
        text = t(
            "Its values cannot be read just now. %1",
            f"{type(error).__name__}: {_first_line(error)}",
        )
        return dataclasses.replace(told, problem=text)
    units = None
    if kernel is not None and kernel[0] is weight:
        units = _units(values, kernel[1])
    flat = values.reshape(-1)
    step = max(1, math.ceil(flat.size / MAX_VALUES))
    # A copy: on the CPU the array may be a view of what the next step overwrites.
    return dataclasses.replace(told, values=np.array(flat[::step]), units=units)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def _kernel_of(layer: Any) -> tuple[Any, int] | None:
    """The weight that leads into the units of a layer, and the axis that counts them."""
    layers = keras.layers
    plain = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D)
    turned = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
    kernel = getattr(layer, "kernel", None) if isinstance(layer, (*plain, *turned)) else None
    if kernel is None:
        return None
    return kernel, -2 if isinstance(layer, turned) else -1


def _units(values: npt.NDArray[Any], axis: int) -> _Units:
    others = tuple(i for i in range(values.ndim) if i != values.ndim + axis)
    alive = np.any(values != 0, axis=others)
    return _Units(int(alive.size), int(alive.size - np.count_nonzero(alive)))


def _weight_detail(copy: _Copy) -> WeightDetail:
    parameters = math.prod(copy.shape)
    detail = WeightDetail(
        name=copy.name,
        shape=copy.shape,
        dtype=copy.dtype,
        parameters=parameters,
        trainable=copy.trainable,
        problem=copy.problem,
    )
    if copy.units is not None:
        detail = dataclasses.replace(detail, units=copy.units.count, dead_units=copy.units.dead)
    if copy.values is None or not copy.values.size:
        return detail
    values = copy.values
    if values.dtype.kind not in "biuf" or values.dtype.itemsize < 4:
        # bfloat16 and float8 are NumPy's only by name; half precision overflows in a sum.
        try:
            values = values.astype(np.float32)
        except (TypeError, ValueError):
            return dataclasses.replace(detail, looked_at=values.size)
    nan = int(np.count_nonzero(np.isnan(values)))
    infinite = int(np.count_nonzero(np.isinf(values)))
    finite = values[np.isfinite(values)] if nan or infinite else values
    detail = dataclasses.replace(
        detail,
        nan=nan,
        infinite=infinite,
        zero=int(values.size - np.count_nonzero(values)),
        looked_at=int(values.size),
    )
    if not finite.size:
        return detail
    low, high = float(finite.min()), float(finite.max())
    return dataclasses.replace(
        detail,
        minimum=low,
        maximum=high,
        mean=float(finite.mean(dtype=np.float64)),
        standard_deviation=float(finite.std(dtype=np.float64)),
        histogram=_histogram(finite, low, high),
    )


def _histogram(values: npt.NDArray[Any], low: float, high: float) -> Histogram | None:
    if low == high or not math.isfinite(high - low):
        return None
    counts, edges = np.histogram(values.astype(np.float64, copy=False), BINS, (low, high))
    return Histogram(tuple(map(float, edges)), tuple(map(int, counts)))


def _config(layer: Any) -> tuple[str | None, str | None]:
    """The layer's config as JSON, or why there is none."""
    get_config = getattr(layer, "get_config", None)
    if get_config is None:
        return None, t("An operation has no config.")
    try:
        return json.dumps(get_config(), indent=2, default=_stand_in, skipkeys=True), None
    except Exception as error:
        return None, t("get_config() failed. %1", f"{type(error).__name__}: {_first_line(error)}")


def _stand_in(value: object) -> str:
    """What stands for a value that JSON does not have; its ``repr`` may be the user's own code."""
    return f"<{type(value).__name__}>"
