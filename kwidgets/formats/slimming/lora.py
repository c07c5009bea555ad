"""Save the LoRA adapters of a model apart from it, and load them into another one of its kind.

The file is a safetensors file with two small matrices a layer; it has no code.
https://arxiv.org/abs/2106.09685
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# The attributes of Dense, EinsumDense and convolutions, and of Embedding.
_PAIRS: Final = (("lora_kernel_a", "lora_kernel_b"), ("lora_embeddings_a", "lora_embeddings_b"))
_FORMAT: Final = "kwidgets-lora-1"


def save_lora(model: keras.Model, path: str | os.PathLike[str]) -> Path:
    """Save the adapters that ``enable_lora`` has added to the layers of a model, and nothing else.

    Args:
        model: has layers with ``lora_enabled``.
        path: of the file; ``.safetensors`` is usual.

    Raises:
        FormatError: no layer has an adapter.
    """
    file = Path(path).expanduser()
    arrays: dict[str, NDArray[Any]] = {}
    metadata = {"format": _FORMAT, "model": str(model.name)}
    for place, layer in enumerate(_layers(model)):
        pair = _pair(layer)
        if not layer.lora_enabled or pair is None:
            continue
        for part, name in zip("ab", pair, strict=True):
            value = keras.ops.convert_to_numpy(getattr(layer, name))
            arrays[f"{place}/{part}"] = np.ascontiguousarray(value)
        metadata[f"{place}/name"] = str(layer.name)
        metadata[f"{place}/alpha"] = str(layer.lora_alpha)
    if not arrays:
        raise FormatError(
            t(
                "No layer of “%1” has an adapter. Call layer.enable_lora(rank=4) and train first.",
                model.name,
            )
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    os.close(handle)
    try:
        save_file(arrays, partial, metadata)
        os.replace(partial, file)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    return file


def load_lora(model: keras.Model, path: str | os.PathLike[str]) -> list[str]:
    """Load adapters into a model with the same layers; ``enable_lora`` is called where needed.

    Args:
        model: built, with the weights that the adapters were trained on.
        path: of the file.

    Returns:
        the names of the layers that have them now.

    Raises:
        FormatError: the file is damaged or another one, or does not fit the model; then the model
            is as before.
    """
    adapters = _read(Path(path).expanduser())
    layers = _layers(model)
    by_name = {str(layer.name): layer for layer in layers}
    # Keras numbers the names of further models: then the same place counts.
    named = all(adapter.name in by_name for adapter in adapters)
    chosen = []
    for adapter in adapters:
        if named:
            layer = by_name[adapter.name]
        elif adapter.place < len(layers):
            layer = layers[adapter.place]
        else:
            raise FormatError(
                t("The model has no layer “%1”, for which the file has an adapter.", adapter.name)
            )
        _check(layer, adapter)
        chosen.append((layer, adapter))
    for layer, adapter in chosen:
        if not layer.lora_enabled:
            layer.enable_lora(adapter.a.shape[-1], lora_alpha=adapter.alpha)
        pair = _pair(layer)
        assert pair is not None
        getattr(layer, pair[0]).assign(adapter.a)
        getattr(layer, pair[1]).assign(adapter.b)
    # Functions that were compiled before know nothing of the adapters.
    model.train_function = model.test_function = model.predict_function = None
    return [str(layer.name) for layer, _ in chosen]


@dataclass(frozen=True)
class _Adapter:
    place: int
    name: str
    a: NDArray[Any]
    b: NDArray[Any]
    alpha: float


def _read(file: Path) -> list[_Adapter]:
    if not file.exists():
        raise FormatError(t("There is no file “%1”. Check the path.", file))
    try:
        with safe_open(file, "np") as stored:
            metadata = stored.metadata() or {}
            if metadata.get("format") == _FORMAT:
                names = list(stored.keys())
                places = sorted(int(name[: -len("/a")]) for name in names if name.endswith("/a"))
                return [
                    _Adapter(
                        place,
                        metadata[f"{place}/name"],
                        stored.get_tensor(f"{place}/a"),
                        stored.get_tensor(f"{place}/b"),
                        float(metadata[f"{place}/alpha"]),
                    )
                    for place in places
                ]
    except (SafetensorError, KeyError, ValueError) as error:
        raise FormatError(t("“%1” is damaged. Download or copy it again.", file)) from error
    raise FormatError(t("“%1” has no adapters of Keras layers that kwidgets has saved.", file))


def _check(layer: Any, adapter: _Adapter) -> None:
    pair = _pair(layer)
    if layer.lora_enabled and pair is not None:
        have = tuple(getattr(layer, pair[0]).shape), tuple(getattr(layer, pair[1]).shape)
    else:
        weight = layer.embeddings if hasattr(layer, "embeddings") else layer.kernel
        rank = adapter.a.shape[-1] if adapter.a.ndim else 0
        have = (*weight.shape[:-1], rank), (rank, weight.shape[-1])
    if have != (adapter.a.shape, adapter.b.shape):
        raise FormatError(
            t(
                "The adapter of “%1” has shapes %2, but the layer takes %3.",
                adapter.name,
                (adapter.a.shape, adapter.b.shape),
                have,
            )
        )


def _pair(layer: Any) -> tuple[str, str] | None:
    for pair in _PAIRS:
        if getattr(layer, pair[0], None) is not None:
            return pair
    return None


def _layers(model: Any) -> list[Any]:
    """Return the layers that can have an adapter, in the order of the model."""
    found = model._flatten_layers(include_self=False)
    return [each for each in found if hasattr(each, "enable_lora") and each.built]
