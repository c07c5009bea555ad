"""Find variables with an array for each input or output of a model: dictionaries and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kwidgets.formats.export.prepared import TensorSpec
from kwidgets.formats.export.user_data import held_out_first
from kwidgets.formats.protocol import DataChoice

_LENGTH: Final = 60


def structured_choices(
    namespace: Mapping[str, Any], inputs: Sequence[TensorSpec], outputs: Sequence[str]
) -> list[DataChoice]:
    """Return the variables that fit several inputs or outputs, held-out data first.

    Args:
        namespace: the user's variables.
        inputs: of the model.
        outputs: the names of its outputs.
    """
    found = []
    for name, value in list(namespace.items()):
        if name.startswith("_") or not isinstance(value, (dict, list, tuple)):
            continue
        x = _parts(value, [spec.name for spec in inputs])
        y = _parts(value, outputs)
        fits_inputs = x is not None and all(
            _fits(part, spec) for part, spec in zip(x, inputs, strict=True)
        )
        parts = x if fits_inputs else y
        if parts is None or len({len(part) for part in parts}) != 1:
            continue
        found.append(
            DataChoice(
                name=name,
                shape=_description(value),
                num_samples=len(parts[0]),
                fits_inputs=fits_inputs,
                fits_targets=y is not None and not fits_inputs,
            )
        )
    return sorted(found, key=lambda each: held_out_first(each["name"]))


def _parts(value: Any, names: Sequence[str]) -> list[Any] | None:
    """Return the arrays of a variable in the order of the names; None if it has others."""
    if len(names) < 2 or len(value) < len(names):
        return None
    if isinstance(value, Mapping):
        parts = [value.get(name) for name in names]
    elif len(value) == len(names):
        parts = list(value)
    else:
        return None
    return parts if all(len(_shape(part)) > 0 for part in parts) else None


def _shape(part: Any) -> tuple[int, ...]:
    shape = getattr(part, "shape", None)
    try:
        return tuple(int(side) for side in shape) if shape is not None else ()
    except (TypeError, ValueError):
        return ()


def _fits(part: Any, spec: TensorSpec) -> bool:
    shape, wanted = _shape(part)[1:], spec.shape[1:]
    if wanted[-1:] == (1,) and len(shape) == len(wanted) - 1:
        # Flat columns get the last axis.
        wanted = wanted[:-1]
    return len(shape) == len(wanted) and all(
        want is None or have == want for have, want in zip(shape, wanted, strict=True)
    )


def _description(value: Any) -> str:
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    texts = []
    for key, part in pairs:
        shape = f"({', '.join(f'{side:,}' for side in _shape(part))})"
        texts.append(f"{key} {shape}" if isinstance(key, str) else shape)
    text = ", ".join(texts)
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"
