"""Save the LoRA adapters of a model apart from it, and load them into another one of its kind.

The file is a safetensors file with two small matrices a layer; it has no code.
https://arxiv.org/abs/2106.09685
"""

from __future__ import annotations

import os
import tempfile
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
    for layer in _layers(model):
        pair = _pair(layer)
        if not getattr(layer, "lora_enabled", False) or pair is None:
            continue
        for part, name in zip("ab", pair, strict=True):
            value = keras.ops.convert_to_numpy(getattr(layer, name))
            arrays[f"{layer.path}/{part}"] = np.ascontiguousarray(value)
        metadata[f"alpha:{layer.path}"] = str(layer.lora_alpha)
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
    layers = {layer.path: layer for layer in _layers(model)}
    # The model may have another name, which is the first part of each path.
    by_end = {_end(path): layer for path, layer in layers.items()}
    chosen = []
    for name, (a, b, alpha) in adapters.items():
        layer = layers.get(name) or by_end.get(_end(name))
        if layer is None:
            raise FormatError(
                t("The model has no layer “%1”, for which the file has an adapter.", _end(name))
            )
        _check(layer, a, b)
        chosen.append((layer, a, b, alpha))
    for layer, a, b, alpha in chosen:
        if not layer.lora_enabled:
            layer.enable_lora(a.shape[-1], lora_alpha=alpha)
        pair = _pair(layer)
        assert pair is not None
        getattr(layer, pair[0]).assign(a)
        getattr(layer, pair[1]).assign(b)
    return [layer.name for layer, *_ in chosen]


def _read(file: Path) -> dict[str, tuple[NDArray[Any], NDArray[Any], float]]:
    if not file.exists():
        raise FormatError(t("There is no file “%1”. Check the path.", file))
    try:
        with safe_open(file, "np") as stored:
            metadata = stored.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise FormatError(
                    t("“%1” has no adapters of Keras layers that kwidgets has saved.", file)
                )
            names = sorted(name[: -len("/a")] for name in stored.keys() if name.endswith("/a"))  # noqa: SIM118
            return {
                name: (
                    stored.get_tensor(f"{name}/a"),
                    stored.get_tensor(f"{name}/b"),
                    float(metadata[f"alpha:{name}"]),
                )
                for name in names
            }
    except (SafetensorError, KeyError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(t("“%1” is damaged. Download or copy it again.", file)) from error


def _check(layer: Any, a: NDArray[Any], b: NDArray[Any]) -> None:
    pair = _pair(layer)
    if pair is None and not hasattr(layer, "enable_lora"):
        raise FormatError(t("The layer “%1” cannot have an adapter.", layer.name))
    if layer.lora_enabled and pair is not None:
        have = tuple(getattr(layer, pair[0]).shape), tuple(getattr(layer, pair[1]).shape)
    else:
        weight = layer.embeddings if hasattr(layer, "embeddings") else layer.kernel
        rank = a.shape[-1] if a.ndim else 0
        have = (*weight.shape[:-1], rank), (rank, weight.shape[-1])
    if have != (a.shape, b.shape):
        raise FormatError(
            t(
                "The adapter of “%1” has shapes %2, but the layer takes %3.",
                layer.name,
                (a.shape, b.shape),
                have,
            )
        )


def _pair(layer: Any) -> tuple[str, str] | None:
    for pair in _PAIRS:
        if getattr(layer, pair[0], None) is not None:
            return pair
    return None


def _layers(model: Any) -> list[Any]:
    return [each for each in model._flatten_layers(include_self=False) if hasattr(each, "path")]


def _end(path: str) -> str:
    return path.partition("/")[2] or path
