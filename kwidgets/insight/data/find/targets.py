"""Find classes that are missing, rare or in order, and targets that are all the same."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.classes import ClassCount, Labels, count_classes
from kwidgets.insight.data.finding import MAX_ROWS, Finding, fetch_line
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.language import t

_IMBALANCE = 10
# A model that always predicts the same class has this accuracy: above, accuracy says little.
_DOMINANT = 0.95
# Rows of a class that validation should have, going by its share of the training data.
_EXPECTED_ROWS = 10
_LISTED = 10
# Shares that differ by less are of no matter.
_SHIFT = 1.5
# Standard deviations: of a hundred classes in a random split, one differs so in 20,000 data sets.
_DEVIATIONS = 5


def sorted_labels(data: LookedAt) -> Iterator[Finding]:
    """validation_split takes the last rows: with labels in order, other classes than training."""
    training, validation = data.labels, data.validation_labels
    if not are_in_order(data) or training is None or validation is None:
        return
    x, y = data.x_name, data.y_name
    both = np.concatenate([training.of_rows, validation.of_rows])
    first = int(np.flatnonzero(np.diff(both))[0]) if len(np.unique(both)) > 1 else 0
    line = ""
    if x.isidentifier() and y.isidentifier():
        rows = ".iloc[order]" if data.of("y")[0].part.is_table else "[order]"
        x_rows = ".iloc[order]" if data.of("x")[0].part.is_table else "[order]"
        line = f"order = np.random.permutation(len({y})); {x}, {y} = {x}{x_rows}, {y}{rows}"
    only = len(np.setdiff1d(validation.of_rows, training.of_rows))
    text = t(
        "The rows of %1 are sorted by class, and validation_split takes the last rows.", y or "y"
    )
    if only:
        text += " " + t("Some classes are only in the validation data.")
    yield Finding(
        f"sorted-labels:y:{y}",
        "error" if only else "warning",
        t("Labels are in order"),
        text + " " + t("Shuffle the rows first."),
        "validation_split",
        (first, first + 1),
        2,
        fetch_line(y, (first, first + 1)),
        line,
    )


def are_in_order(data: LookedAt) -> bool:
    """Return whether the rows are grouped by class, of which validation_split takes the last."""
    if not data.validation_split or data.labels is None or data.validation_labels is None:
        return False
    if data.labels.part.name != data.validation_labels.part.name:
        return False
    return _is_grouped(np.concatenate([data.labels.of_rows, data.validation_labels.of_rows]))


def _is_grouped(labels: Array) -> bool:
    if len(labels) < 20:
        return False
    distinct = len(np.unique(labels))
    changes = int(np.count_nonzero(np.diff(labels)))
    return 1 < distinct <= len(labels) // 2 and changes == distinct - 1


def _compared_classes(
    data: LookedAt,
) -> tuple[Labels, tuple[ClassCount, ...], int, int] | None:
    """Return the labels of validation, the counts of each class, and the rows of both parts; None
    where the two cannot be compared."""
    if data.labels is None or data.validation_labels is None or are_in_order(data):
        return None
    if data.is_first_batches:
        return None
    counts = count_classes(data.labels, data.validation_labels)
    training = sum(each.training for each in counts)
    validation = sum(each.validation or 0 for each in counts)
    return data.validation_labels, counts, training, validation


def missing_classes(data: LookedAt) -> Iterator[Finding]:
    """Classes that only training, or only validation, has."""
    compared = _compared_classes(data)
    if compared is None:
        return
    labels, counts, training, validation = compared
    unseen = [each for each in counts if each.training == 0 and each.validation]
    if unseen:
        names = _listing([each.name for each in unseen])
        values = dict(zip(labels.names, labels.values, strict=True))
        wanted = [values[each.name] for each in unseen]
        places = np.flatnonzero(np.isin(labels.of_rows, wanted))
        part = labels.part
        rows = tuple((places[:MAX_ROWS] + part.first).tolist())
        yield Finding(
            f"unseen-classes:validation_y:{part.name}",
            "warning",
            t("Classes are missing in the training data"),
            t(
                "The validation data has classes that the training data does not have: %1. The "
                "model cannot learn them.",
                names,
            ),
            "validation_data",
            rows,
            len(places),
            "" if part.is_batch else fetch_line(part.name, rows, part.is_table),
        )
    missing = [
        each
        for each in counts
        if not each.validation and each.training / max(1, training) * validation >= _EXPECTED_ROWS
    ]
    if missing:
        yield Finding(
            f"missing-classes:validation_y:{labels.part.name}",
            "warning",
            t("Classes are missing in the validation data"),
            t(
                "The validation data has no rows of the classes %1, so nothing shows how the model "
                "does on them.",
                _listing([each.name for each in missing]),
            ),
            "validation_data",
        )


def shifted_classes(data: LookedAt) -> Iterator[Finding]:
    """Classes with another share in validation than in training, too different for chance."""
    compared = _compared_classes(data)
    if compared is None:
        return
    labels, counts, training, validation = compared
    shifted = []
    for each in counts:
        # Those that are missing on one side have findings of their own.
        if not each.training or not each.validation:
            continue
        shares = each.training / training, each.validation / validation
        # The square root's arcsine has the same variance for rare classes as for frequent ones.
        first, second = (2 * math.asin(math.sqrt(share)) for share in shares)
        deviations = abs(first - second) / math.sqrt(1 / training + 1 / validation)
        if deviations >= _DEVIATIONS and max(shares) >= _SHIFT * min(shares):
            shifted.append((deviations, each.name, *shares))
    if not shifted:
        return
    _, name, *percents = max(shifted)
    text = t(
        "Class %1 has %2 % of the training rows and %3 % of the validation rows.",
        name,
        *(f"{100 * share:.1f}" for share in percents),
    )
    if len(shifted) > 1:
        text += " " + t("Classes that differ: %1.", _listing([each[1] for each in shifted]))
    yield Finding(
        f"shifted-classes:validation_y:{labels.part.name}",
        "hint",
        t("Class shares differ between training and validation"),
        text + " " + t("Unless you want that, shuffle the rows before you split them."),
        "validation_data",
    )


def imbalance(data: LookedAt) -> Iterator[Finding]:
    """A rare class counts little in the loss and in the accuracy."""
    if data.labels is None or data.is_weighted or data.is_first_batches or are_in_order(data):
        return
    counts = [each for each in count_classes(data.labels, None) if each.training]
    if len(counts) < 2:
        return
    most = max(counts, key=lambda each: each.training)
    least = min(counts, key=lambda each: each.training)
    if most.training <= _IMBALANCE * least.training:
        return
    total = sum(each.training for each in counts)
    text = t(
        "Class %1 has %2 rows, class %3 only %4.",
        most.name,
        f"{most.training:,}",
        least.name,
        f"{least.training:,}",
    )
    if most.training / total >= _DOMINANT:
        text += " " + t(
            "A model that always predicts %1 has an accuracy of %2 %, so accuracy says little.",
            most.name,
            f"{100 * most.training / total:.0f}",
        )
    text += " " + t("Pass class_weight to fit, and look at precision and recall.")
    name, line = data.y_name, ""
    if name.isidentifier() and not data.labels.one_hot and len(counts) <= _LISTED:
        weights = {
            int(value): round(total / len(counts) / each.training, 2)
            for value, each in zip(data.labels.values, counts, strict=False)
            if len(counts) == len(data.labels.values)
        }
        line = f"class_weight={weights}" if weights else ""
    yield Finding(
        f"imbalance:y:{name}",
        "hint",
        t("Classes are imbalanced (%1 : 1)", f"{most.training / least.training:,.0f}"),
        text,
        "class_weight",
        line=line,
    )


def constant_targets(data: LookedAt) -> Iterator[Finding]:
    """Targets that are all the same teach nothing."""
    for each in data.of("y"):
        if each.part.rows < 10 or each.low is None or each.low != each.high:
            continue
        if each.part.is_batch:
            continue
        yield Finding(
            f"constant-targets:y:{each.part.name}",
            "warning",
            t("All targets are the same"),
            t(
                "Every value of %1 is %2, so there is nothing to learn. Check where it is made.",
                each.part.name,
                f"{each.low:g}",
            ),
            "y",
        )


def large_targets(data: LookedAt) -> Iterator[Finding]:
    """A regression on numbers in the thousands begins with a huge loss."""
    for each in data.of("y"):
        if data.labels is not None or each.high is None or each.low is None or not each.deviation:
            continue
        if max(abs(each.low), abs(each.high)) < 1_000 or each.part.key is not None:
            continue
        if each.whole and each.low in (0, 1):
            continue  # numbers of very many classes
        name = each.part.name
        simple = name.isidentifier() and not each.part.is_batch
        yield Finding(
            f"large-targets:y:{name}",
            "hint",
            t("Targets are large"),
            t(
                "%1 ranges from %2 to %3. Models learn such numbers faster when they are scaled to "
                "about mean 0 and standard deviation 1.",
                name,
                f"{each.low:,.4g}",
                f"{each.high:,.4g}",
            ),
            "y",
            line=f"{name} = ({name} - {name}.mean()) / {name}.std()" if simple else "",
        )


def _listing(names: list[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return shown if len(names) <= _LISTED else t("%1 and %2 more", shown, len(names) - _LISTED)
