"""Check that all workers train the same model on parts of the same size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    from kwidgets.distributed.rank.steered_run import SteeredRun


class UnequalWorkersError(Exception):
    """The workers would not train the same model, or would wait for each other for ever."""


def check_begin(run: SteeredRun) -> None:
    """Compare epochs, batches, parameters and first weights. On all workers, before the first step.

    Raises:
        UnequalWorkersError: they differ.
    """
    progress, model = run.state.progress, run.model
    batches = math.nan if progress.batches is None else float(progress.batches)
    values = run.state.frame.local_values()
    validation = _batches(values.get("val_x"), values)
    facts = [float(progress.epochs), batches, validation, _count(model), weight_sum(model)]
    rows = run.rank.agreement.gather(facts)
    names = (
        "epochs",
        "batches an epoch",
        "batches of the validation",
        "parameters",
        "initial weights",
    )
    hints = (
        "Give fit the same epochs on all workers.",
        "Each worker needs as many batches as the others, or they wait for each other for ever. "
        "Use worker.shard(x, y, batch_size=…), or drop what is left over.",
        "Each worker needs as many batches of validation_data as the others: use worker.shard for "
        "them too.",
        "Build the same model on all workers.",
        "Create the model from the same seed on all workers: call "
        "keras.utils.set_random_seed before it, or leave that to kwidgets.",
    )
    for column, (name, hint) in enumerate(zip(names, hints, strict=True)):
        if not _all_equal(rows[:, column]):
            raise UnequalWorkersError(
                f"The workers have different {name}: {_listed(rows[:, column])}. {hint}"
            )


def check_end(run: SteeredRun) -> None:
    """Compare the trained weights. On all workers, after the last step.

    Raises:
        UnequalWorkersError: they differ.
    """
    sums = run.rank.agreement.gather([weight_sum(run.model)])[:, 0]
    if not _all_equal(sums):
        raise UnequalWorkersError(
            f"The workers have trained different weights: sums of {_listed(sums)}. Their results "
            "cannot be used. Does each step of your function run on all workers?"
        )


def weight_sum(model: Any) -> float:
    """Return the sum of all trainable weights that this process has as a whole; NaN before the
    model is built."""
    if not getattr(model, "built", False):
        return math.nan
    values = [variable.value for variable in model.trainable_variables]
    whole = [value for value in values if getattr(value, "is_fully_replicated", True)]
    return float(sum(np.asarray(value, np.float64).sum() for value in whole))


def _batches(data: Any, values: Mapping[str, Any]) -> float:
    """Return how many batches the data of a validation have; NaN where that is not known."""
    if values.get("validation_steps"):
        return float(values["validation_steps"])
    try:
        if isinstance(data, keras.utils.PyDataset):
            return float(len(data))
        size = values.get("validation_batch_size") or values.get("batch_size") or 32
        return float(math.ceil(len(data) / size))
    except Exception:  # a generator, or a dataset of unknown length
        return math.nan


def _count(model: Any) -> float:
    return float(model.count_params()) if getattr(model, "built", False) else math.nan


def _all_equal(values: np.ndarray) -> bool:
    return bool(np.all(np.isnan(values)) or np.all(values == values[0]))


def _listed(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(
        f"{'unknown' if math.isnan(value) else format(value, ',.10g')} on rank {rank}"
        for rank, value in enumerate(values)
    )
