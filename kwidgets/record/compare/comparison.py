"""Compare two run files, and show the differences as text."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kwidgets.language import t
from kwidgets.record.compare.layers import LayerChange, compare_layers
from kwidgets.record.compare.values import Change, compare_values
from kwidgets.record.run_file.reader import DETAIL_KEYS, read_info, read_values

# Of the path of a random generator's variable, in all versions of Keras 3.
_SEED_STATE = "seed_generator_state"
# Unchanged lines around a change of the code.
_CONTEXT_LINES = 3


@dataclasses.dataclass(frozen=True, repr=False)
class Comparison:
    """How the second of two runs differs from the first.

    ``str()`` is a text of it. An empty tuple, or "" for ``code``, means that they do not differ.

    Attributes:
        first: the id of the first run.
        second: the id of the second one.
        layers: layers that were added, removed or changed.
        parameters: the number of values in the variables of both models; None if unknown.
        model: other settings of the model.
        compile: arguments of ``compile``.
        fit: arguments of ``fit`` that are not data.
        code: the code of the cells as a unified diff.
        data: shapes, dtypes, and the checksum of a sample.
        seeds: the seed, and the state of the random generators.
        versions: of Python and of packages.
        environment: settings and environment variables that change results.
        missing: what was not recorded of one of them, such as ``code``.
    """

    first: str
    second: str
    layers: tuple[LayerChange, ...]
    parameters: tuple[int | None, int | None]
    model: tuple[Change, ...]
    compile: tuple[Change, ...]
    fit: tuple[Change, ...]
    code: str
    data: tuple[Change, ...]
    seeds: tuple[Change, ...]
    versions: tuple[Change, ...]
    environment: tuple[Change, ...]
    missing: tuple[str, ...]

    @property
    def parts(self) -> dict[str, tuple[Change, ...]]:
        """The lists of changed settings, by the title of each."""
        return {
            t("Model"): self.model,
            t("Compile"): self.compile,
            t("Fit arguments"): self.fit,
            t("Data"): self.data,
            t("Seeds"): self.seeds,
            t("Versions"): self.versions,
            t("Environment"): self.environment,
        }

    @property
    def is_equal(self) -> bool:
        """Whether nothing that was recorded of both differs."""
        return not (self.layers or self.code or any(self.parts.values()))

    def __str__(self) -> str:
        lines = [f"{self.first} → {self.second}"]
        if self.is_equal:
            lines.append(t("No differences."))
        if self.layers:
            lines += ["", t("Layers"), *_layer_lines(self.layers)]
            if None not in self.parameters and self.parameters[0] != self.parameters[1]:
                lines.append("  " + t("%1 → %2 parameters", *map(_count, self.parameters)))
        for title, changes in self.parts.items():
            if changes:
                lines += ["", title, *_change_lines(changes)]
        if self.code:
            lines += ["", t("Code"), self.code]
        if self.missing:
            lines += ["", t("Not recorded of both: %1", ", ".join(self.missing))]
        return "\n".join(lines)

    __repr__ = __str__


def compare_runs(first: Path, second: Path) -> Comparison:
    """Compare the runs in two files.

    Raises:
        UnreadableRunError: one of them cannot be read.
    """
    before, after = read_values(first, DETAIL_KEYS), read_values(second, DETAIL_KEYS)
    # What one does not have says nothing about the other.
    missing = tuple(key for key in DETAIL_KEYS if (before[key] is None) != (after[key] is None))
    for key in missing:
        before[key] = after[key] = None

    def changes(key: str) -> tuple[Change, ...]:
        return tuple(compare_values(before[key], after[key]))

    return Comparison(
        first=read_info(first).id,
        second=read_info(second).id,
        layers=tuple(compare_layers(before["model_config"], after["model_config"])),
        parameters=(parameter_count(before["variables"]), parameter_count(after["variables"])),
        model=tuple(
            compare_values(*map(_without_layers, (before["model_config"], after["model_config"])))
        ),
        compile=changes("compile_config"),
        fit=changes("fit_arguments"),
        code=code_difference(before["code"], after["code"]),
        data=tuple(map(_with_words, changes("data"))),
        seeds=changes("seeds"),
        versions=changes("versions"),
        environment=changes("environment"),
        missing=missing,
    )


def code_difference(before: str | None, after: str | None) -> str:
    """Return a unified diff without its header; "" where there is no difference."""
    lines = difflib.unified_diff(
        (before or "").splitlines(), (after or "").splitlines(), n=_CONTEXT_LINES, lineterm=""
    )
    return "\n".join(list(lines)[2:])


def _with_words(change: Change) -> Change:
    """Return a change of the data whose name says what a checksum is of."""
    where, dot, what = change.name.rpartition(".")
    if what != "crc32":
        return change
    words = t("checksum of a sample")
    return dataclasses.replace(change, name=f"{where}{dot and ': '}{words}")


def _without_layers(model: Any) -> Any:
    """Return what else describes a model, without what is compared elsewhere or always differs."""
    if not isinstance(model, Mapping) or not isinstance(model.get("config"), Mapping):
        return None
    config = {
        key: value
        for key, value in model["config"].items()
        # Of a functional model, inputs and outputs name layers, whose numbers may differ.
        if key not in ("layers", "name", "input_layers", "output_layers", "build_input_shape")
    }
    return {"class": model.get("class_name"), **config}


def parameter_count(variables: Any) -> int | None:
    """Return the number of parameters in variables as a run file describes them, or None.

    As Keras counts them: the states of random generators, such as that of Dropout, are none.
    """
    if not isinstance(variables, list):
        return None
    return sum(
        int(math.prod(shape)) for path, shape, *_ in variables if not path.endswith(_SEED_STATE)
    )


def _count(number: int | None) -> str:
    return f"{number:,}"


def _layer_lines(changes: Iterable[LayerChange]) -> list[str]:
    signs = {"added": "+", "removed": "−", "changed": "~"}
    return [
        line
        for change in changes
        for line in (
            f"  {signs[change.what]} {change.class_name} {change.name}",
            *(f"  {line}" for line in _change_lines(change.settings)),
        )
    ]


def _change_lines(changes: Iterable[Change]) -> list[str]:
    absent = "–"
    return [
        f"  {change.name}: {_or(change.before, absent)} → {_or(change.after, absent)}"
        for change in changes
    ]


def _or(text: str | None, otherwise: str) -> str:
    return otherwise if text is None else text
