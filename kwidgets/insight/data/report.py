"""Look at the inputs and targets of a fit, and return what was found as plain data."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from kwidgets.insight.data import batches
from kwidgets.insight.data.classes import ClassCount, Labels, count_classes, labels_of
from kwidgets.insight.data.find import inputs, targets, validation, values
from kwidgets.insight.data.finding import Finding, worst_first
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.measure import Deadline, Measured, measure
from kwidgets.insight.data.parts import Part, parts_of, split_rows
from kwidgets.insight.data.rows import equal_rows
from kwidgets.insight.data.samples import DataSample, samples_of
from kwidgets.language import Message, message, t

#: Seconds that a search for NaN and equal rows may take.
SECONDS: Final = 5.0

_FINDERS: Final[tuple[Callable[[LookedAt], Iterator[Finding]], ...]] = (
    values.bad_values,
    inputs.empty,
    inputs.lengths,
    values.no_numbers,
    validation.other_scale,
    inputs.shapes,
    targets.sorted_labels,
    targets.constant_targets,
    inputs.leaks,
    inputs.row_numbers,
    validation.known_rows,
    targets.missing_classes,
    targets.shifted_classes,
    targets.imbalance,
    inputs.constant,
    inputs.unscaled,
    targets.large_targets,
)

logger = logging.getLogger("kwidgets")
Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True)
class ValueRange:
    """What one input or target holds, of its finite values.

    Args:
        name: the code that gives it, such as ``x_train``.
        shape: samples first.
        dtype: as NumPy names it.
        split: "training" or "validation".
        low, high, mean, deviation: None without numbers.
        nan, infinite: how many values are.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    split: str
    low: float | None
    high: float | None
    mean: float | None
    deviation: float | None
    nan: int
    infinite: int


@dataclasses.dataclass(frozen=True)
class Report:
    """What was found in the data of a fit.

    Args:
        findings: worst first.
        balance: rows of each class; empty without classes.
        ranges: of each input and target.
        samples: some rows, 12 at most.
        part_of: what was looked at, as a message for pages; None for all.
        looked_at: the measured data.
    """

    findings: tuple[Finding, ...] = ()
    balance: tuple[ClassCount, ...] = ()
    ranges: tuple[ValueRange, ...] = ()
    samples: tuple[DataSample, ...] = ()
    part_of: Message | None = None
    looked_at: LookedAt = dataclasses.field(
        default_factory=lambda: LookedAt(()), compare=False, repr=False
    )


@dataclasses.dataclass(frozen=True)
class Data:
    """The data arguments of a fit, and what is known about it.

    Args:
        x, y, validation_data, validation_split: as ``fit`` takes them.
        names: the code of each of them, by argument.
        is_weighted: whether ``class_weight`` or ``sample_weight`` are passed.
        has_classes: whether the loss is one for classes; None if it is unknown.
        has_model: whether a model is known.
        hides_nan: whether the backend trains on silently with NaN.
        draws_batches: whether datasets may be asked for their first batches.
        is_split: whether ``validation_data`` is what ``validation_split`` has taken from x and y.
    """

    x: Any
    y: Any = None
    validation_data: Any = None
    validation_split: float = 0.0
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    is_weighted: bool = False
    has_classes: bool | None = None
    has_model: bool = False
    hides_nan: bool = False
    draws_batches: bool = True
    is_split: bool = False


def report_on(data: Data, limit: Deadline | None = None) -> Report:
    """Look at data. What cannot be read becomes a finding; no exception comes out of this.

    Args:
        data: the data of the fit.
        limit: of the search for NaN and equal rows; ``SECONDS`` without it.
    """
    found: list[Finding] = []
    parts, part_of = _parts(data, found)
    deadline = limit or Deadline(SECONDS)
    measured = tuple(_measured(part, deadline) for part in parts)
    looked_at = _looked_at(data, measured, part_of is not None, deadline)
    for find in _FINDERS:
        try:
            found += find(looked_at)
        except Exception:
            logger.warning("looking at the data: %s failed", find.__name__, exc_info=True)
    return Report(
        worst_first(found),
        ()
        if looked_at.labels is None
        else count_classes(looked_at.labels, looked_at.validation_labels),
        tuple(_range_of(each) for each in measured if each.part.view is not None),
        _guarded(lambda: samples_of(looked_at), ()),
        part_of,
        looked_at,
    )


def _parts(data: Data, found: list[Finding]) -> tuple[list[Part], Message | None]:
    """Return the parts of the data, and what was looked at if that is not all."""
    names = {name: data.names.get(name) or name for name in ("x", "y", "validation_data")}
    part_of: Message | None = None
    if batches.is_dataset(data.x):
        parts, count = _drawn(data, data.x, "x", names["x"], found)
        part_of = message("first %1 batches", str(count)) if count else message("nothing")
    else:
        parts = parts_of(data.x, "x", names["x"]) + parts_of(data.y, "y", names["y"])
    validation = data.validation_data
    if validation is None and data.validation_split and part_of is None:
        return split_rows(parts, float(data.validation_split)), None
    if batches.is_dataset(validation):
        more, _ = _drawn(data, validation, "validation_x", names["validation_data"], found)
        return parts + more, part_of or message("first %1 batches", str(batches.FIRST_BATCHES))
    if isinstance(validation, (tuple, list)) and len(validation) in (2, 3):
        shift = parts[0].rows if data.is_split and parts else 0
        for index, role in enumerate(("validation_x", "validation_y")):
            name = data.names.get(role) or f"{names['validation_data']}[{index}]"
            if data.is_split:
                name = names["xy"[index]]
            more = parts_of(validation[index], role, name)  # type: ignore[arg-type]
            parts = parts + [dataclasses.replace(part, shift=shift) for part in more]
    elif validation is not None:
        parts = parts + parts_of(validation, "validation_x", names["validation_data"])
    return parts, part_of


def _drawn(
    data: Data, dataset: Any, role: str, name: str, found: list[Finding]
) -> tuple[list[Part], int]:
    """Return the parts of a dataset's first batches, and how many were drawn."""
    kind = batches.dataset_kind(dataset)
    title = t("%1 was not looked at", name)
    if not data.draws_batches:
        reason = t("Drawing from a %1 could change the training. Call kw.look before fit.", kind)
        found.append(Finding(f"not-drawn:{role}:{name}", "hint", title, reason))
        return [], 0
    try:
        drawn = batches.first_batches(dataset)
        if not drawn:
            found.append(
                Finding(
                    f"empty:{role}:{name}", "error", t("%1 is empty", name), t("It has no rows.")
                )
            )
            return [], 0
        x, y = (batches.joined([batch[index] for batch in drawn]) for index in (0, 1))
    except batches.UndrawableError as error:
        found.append(Finding(f"not-drawn:{role}:{name}", "hint", title, str(error)))
        return [], 0
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        found.append(Finding(f"not-drawn:{role}:{name}", "hint", title, reason))
        return [], 0
    target = "validation_y" if role.startswith("validation") else "y"
    words = t("%1 (inputs)", name), t("%1 (targets)", name)
    parts = parts_of(x, role, words[0], is_batch=True)  # type: ignore[arg-type]
    return parts + parts_of(y, target, words[1], is_batch=True), len(drawn)  # type: ignore[arg-type]


def _measured(part: Part, deadline: Deadline) -> Measured:
    return _guarded(lambda: measure(part, deadline), Measured(part))


def _looked_at(
    data: Data, measured: tuple[Measured, ...], is_first_batches: bool, deadline: Deadline
) -> LookedAt:
    training = [each for each in measured if each.part.role == "y"]
    others = [each for each in measured if each.part.role == "validation_y"]
    labels: Labels | None = None
    validation_labels: Labels | None = None
    if len(training) == 1:
        labels = _guarded(lambda: labels_of(training[0], data.has_classes), None)
    if labels is not None and len(others) == 1:
        validation_labels = _guarded(lambda: labels_of(others[0], True), None)
    x, other_x = (
        [each.part for each in measured if each.part.role == role] for role in ("x", "validation_x")
    )
    return LookedAt(
        measured,
        labels,
        validation_labels,
        _guarded(lambda: equal_rows(x, other_x, deadline), None),
        data.validation_split if data.validation_data is None or data.is_split else 0.0,
        data.is_weighted,
        data.hides_nan,
        is_first_batches,
        data.has_model,
    )


def _guarded(compute: Callable[[], Result], default: Result) -> Result:
    try:
        return compute()
    except Exception:
        logger.warning("looking at the data failed in part", exc_info=True)
        return default


def _range_of(measured: Measured) -> ValueRange:
    part, view = measured.part, measured.part.view
    assert view is not None
    rows = None if part.is_batch else part.rows
    return ValueRange(
        part.name,
        (rows, *view.shape[1:]),
        view.dtype,
        part.split,
        measured.low,
        measured.high,
        measured.mean,
        measured.deviation,
        measured.nan,
        measured.infinite,
    )
