"""Describes one layer in detail: its config, and statistics of its weights.

In two steps: :func:`copy_layer` copies the weights quickly, at a time when no step changes them
(between two steps of a fit); :meth:`LayerCopy.detail` computes the statistics in any thread.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras.src.api_export import get_name_from_symbol

from kwidgets.dry_run import LimitExceeded, run_limited
from kwidgets.language import t
from kwidgets.models.describe.attributes import error_text, is_a, is_keras_class
from kwidgets.models.describe.layer_tree import find_layer
from kwidgets.models.describe.short_json import short_json
from kwidgets.models.namespace.object_inspector import class_name, module_of
from kwidgets.models.summary_data import Histogram, LayerDetail, WeightDetail

# Of larger weights so many values are used, evenly spread.
MAX_VALUES = 25_000_000
BINS = 30
# A fit waits while the config of one of its layers is read.
_CONFIG_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class _WeightCopy:
    """A copy of a weight: its properties, and its values or why they could not be read."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    values: npt.NDArray[Any] | None = None
    problem: str | None = None
    units: _UnitCounts | None = None


@dataclasses.dataclass(frozen=True)
class _UnitCounts:
    """How many units a kernel has, and how many of them have only zero weights."""

    count: int
    dead: int


class LayerCopy:
    """A copy of a layer's config and weights."""

    def __init__(self, detail: LayerDetail, copies: list[_WeightCopy]) -> None:
        self._detail = detail
        self._copies = copies

    def detail(self, when: str) -> LayerDetail:
        """Return the detail; ``when`` is the time of the copy, in words."""
        weights = tuple(_weight_detail(copy) for copy in self._copies)
        return dataclasses.replace(self._detail, weights=weights, when=when)


def copy_layer(model: Any, path: str, code_for: Callable[[str], str]) -> LayerCopy:
    """Copy the config and weights of the layer at ``path``.

    Args:
        model: the model.
        path: as in ``LayerSummary``; "" is the model.
        code_for: returns the Python expression for the layer at a path.

    Raises:
        NoSuchLayerError: there is no layer at ``path``.
    """
    layer = find_layer(model, path)
    config, problem = _config_json(layer)
    trainable = bool(getattr(layer, "trainable", True))
    detail = LayerDetail(
        path=path,
        name=str(layer.name),
        class_name=class_name(type(layer)),
        module=_public_module(layer),
        config=config,
        config_problem=problem,
        weights=(),
        trainable=trainable,
        trainable_code=f"{code_for(path)}.trainable = {not trainable}",
        when="",
    )
    kernel = _kernel_of(layer)
    return LayerCopy(
        detail, [_copy_weight(layer, weight, kernel) for weight in _unique_weights(layer)]
    )


def _public_module(layer: Any) -> str:
    """Return the module to import the class from: "keras.layers", not "keras.src...."."""
    public = get_name_from_symbol(type(layer))
    return public.rpartition(".")[0] if public else module_of(type(layer))


def _unique_weights(layer: Any) -> list[Any]:
    return list({id(weight): weight for weight in getattr(layer, "weights", None) or ()}.values())


def _copy_weight(layer: Any, weight: Any, kernel: tuple[Any, int] | None) -> _WeightCopy:
    path = str(weight.path)
    prefix = f"{layer.name}/"
    copy = _WeightCopy(
        name=path.partition(prefix)[2] or str(weight.name),
        shape=tuple(int(size) for size in weight.shape),
        dtype=str(weight.dtype),
        trainable=bool(weight.trainable),
    )
    try:
        # A variable that was created in a dry run has no value.
        values = keras.ops.convert_to_numpy(weight.value)
    except Exception as error:
        text = t("Cannot read its values now. %1", error_text(error))
        return dataclasses.replace(copy, problem=text)
    units = None
    if kernel is not None and kernel[0] is weight:
        units = _count_units(values, kernel[1])
    flat = values.reshape(-1)
    step = max(1, math.ceil(flat.size / MAX_VALUES))
    # A copy: on the CPU the array may be a view of memory that the next step overwrites.
    return dataclasses.replace(copy, values=np.array(flat[::step]), units=units)


def _kernel_of(layer: Any) -> tuple[Any, int] | None:
    """Return the kernel of a layer with units, and the axis of the units."""
    layers = keras.layers
    units_last = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D)
    transposed = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
    kernel = getattr(layer, "kernel", None) if is_a(layer, *units_last, *transposed) else None
    if kernel is None:
        return None
    return kernel, -2 if is_a(layer, *transposed) else -1


def _count_units(values: npt.NDArray[Any], axis: int) -> _UnitCounts:
    others = tuple(i for i in range(values.ndim) if i != values.ndim + axis)
    alive = np.any(values != 0, axis=others)
    return _UnitCounts(int(alive.size), int(alive.size - np.count_nonzero(alive)))


def _weight_detail(copy: _WeightCopy) -> WeightDetail:
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
        # NumPy cannot compute with bfloat16 and float8; half precision overflows in a sum.
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


def _config_json(layer: Any) -> tuple[str | None, str | None]:
    """Return the layer's config as JSON and None, or None and why there is none."""
    get_config = getattr(layer, "get_config", None)
    if get_config is None:
        return None, t("An operation has no config.")
    try:
        config = get_config() if _is_keras(layer) else run_limited(get_config, _CONFIG_SECONDS)
        return short_json(config), None
    except LimitExceeded as error:
        return None, t("get_config() failed. %1", str(error))
    except BaseException as error:  # SystemExit too, if the user's code raises it
        return None, t("get_config() failed. %1", error_text(error))


def _is_keras(layer: Any) -> bool:
    """Return whether ``get_config`` runs only Keras's own code."""
    inside = layer._flatten_layers() if is_a(layer, keras.Layer) else [layer]
    return all(is_keras_class(type(each)) for each in inside)
