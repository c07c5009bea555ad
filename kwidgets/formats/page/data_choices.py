"""Which variables of the notebook a model can be compared on, and their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kwidgets.builder.data import DataInfo, scan
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.model_data import random_inputs
from kwidgets.formats.export.model_signature import input_specs
from kwidgets.formats.export.prepared import Signature
from kwidgets.formats.export.user_data import find, fits
from kwidgets.formats.page.structured_choices import structured_choices
from kwidgets.formats.protocol import DataChoice
from kwidgets.language import t

# A notebook may have thousands; the page lists them in menus.
MAX_CHOICES = 200


@dataclass(frozen=True)
class Choices:
    """What a page offers as data.

    Attributes:
        data: variables that fit the inputs or the outputs of the model.
        samples: the name that is chosen at first; None for random numbers.
        validation: the names of x and y that are chosen at first; None without.
    """

    data: list[DataChoice]
    samples: str | None
    validation: list[str] | None


def data_choices(model: keras.Model, namespace: Mapping[str, Any]) -> Choices:
    """Return the variables that fit a model; none if its inputs are not known."""
    try:
        specs, structure = input_specs(model)
    except FormatError:
        return Choices([], None, None)
    outputs = list(getattr(model, "output_names", None) or ())
    structured = structured_choices(namespace, specs, outputs)
    found = find(namespace, Signature(specs, (), structure))
    data = []
    for info in scan(namespace):
        fits_inputs = info.is_dataset or (len(specs) == 1 and fits(info, specs[0]))
        fits_targets = not info.is_dataset and _fits_outputs(info, model)
        if fits_inputs or fits_targets:
            data.append(
                DataChoice(
                    name=info.name,
                    shape=_description(info),
                    num_samples=info.samples,
                    fits_inputs=fits_inputs,
                    fits_targets=fits_targets,
                )
            )
    if found is None:
        inputs = [each["name"] for each in structured if each["fits_inputs"]]
        samples = inputs[0] if inputs else None
        return Choices([*structured, *data][:MAX_CHOICES], samples, None)
    chosen = [found.x] if found.y is None else [found.x, found.y]
    first = [each for each in data if each["name"] in chosen]
    rest = [each for each in data if each["name"] not in chosen]
    pair = None if found.y is None else chosen
    return Choices([*first, *structured, *rest[-MAX_CHOICES:]], found.x, pair)


def random_samples(model: keras.Model) -> Any:
    """Return random numbers that the model takes.

    Raises:
        FormatError: its inputs are not known.
    """
    specs, structure = input_specs(model)
    return Signature(specs, (), structure).packed(random_inputs(specs))


def values_of(names: Sequence[str], namespace: Mapping[str, Any]) -> list[Any]:
    """Return the values of variables.

    Raises:
        FormatError: one of them no longer exists.
    """
    for name in names:
        if name not in namespace:
            raise FormatError(
                t("There is no variable “%1” any more. Choose another one.", name[:100])
            )
    return [namespace[name] for name in names]


def _description(info: DataInfo) -> str:
    if info.shape is None:
        return info.kind
    sizes = ", ".join("None" if size is None else f"{size:,}" for size in info.shape)
    shape = f"({sizes},)" if len(info.shape) == 1 else f"({sizes})"
    return f"{info.dtype}, {shape}" if info.dtype else shape


def _fits_outputs(info: DataInfo, model: Any) -> bool:
    """Return whether a variable may be the targets: numbers or labels, one for each sample."""
    if info.shape is None or not info.samples or info.is_text:
        return False
    output = getattr(model, "output_shape", None)
    if not isinstance(output, tuple) or any(isinstance(size, tuple) for size in output):
        return True
    sample = tuple(info.shape[1:])
    # Class indices have one dimension less than probabilities, or one of size 1.
    inner = tuple(output[1:-1])
    return any(_same(sample, wanted) for wanted in (tuple(output[1:]), (*inner, 1), inner))


def _same(shape: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        want is None or have is None or have == want
        for have, want in zip(shape, wanted, strict=True)
    )
