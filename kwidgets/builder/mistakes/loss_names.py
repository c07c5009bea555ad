"""Keras's losses under all their names, and the conversion of one into another."""

from __future__ import annotations

import dataclasses
from typing import Final

from kwidgets.builder.spec import ObjectSpec, Value
from kwidgets.language import t

SPARSE: Final = "sparse_categorical_crossentropy"
CATEGORICAL: Final = "categorical_crossentropy"
CATEGORICAL_FOCAL: Final = "categorical_focal_crossentropy"
BINARY: Final = "binary_crossentropy"
BINARY_FOCAL: Final = "binary_focal_crossentropy"
MSE: Final = "mean_squared_error"

# For one class out of several as a one-hot row; for yes or no.
ONE_HOT_LOSSES: Final = (CATEGORICAL, CATEGORICAL_FOCAL)
BINARY_LOSSES: Final = (BINARY, BINARY_FOCAL)
CLASS_LOSSES: Final = (SPARSE, *ONE_HOT_LOSSES)
CROSSENTROPIES: Final = (*CLASS_LOSSES, *BINARY_LOSSES)
# For numbers of any size.
REGRESSION_LOSSES: Final = (
    MSE,
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
)
_ALIASES: Final = {
    "mse": MSE,
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": BINARY,
}
# Names are compared without case and underscores: "sparse_categorical_crossentropy" and
# "SparseCategoricalCrossentropy" are the same.
_KNOWN: Final = {
    name.replace("_", ""): name for name in (*CROSSENTROPIES, *REGRESSION_LOSSES)
} | _ALIASES

# Arguments that mean the same in several losses.
_SHARED_ARGUMENTS: Final = {
    "reduction": (*CROSSENTROPIES, *REGRESSION_LOSSES),
    "label_smoothing": (*ONE_HOT_LOSSES, *BINARY_LOSSES),
    "gamma": (CATEGORICAL_FOCAL, BINARY_FOCAL),
}


def _titles() -> dict[str, str]:
    """Return the names by which texts mention the losses."""
    return {
        SPARSE: t("sparse categorical crossentropy"),
        CATEGORICAL: t("categorical crossentropy"),
        CATEGORICAL_FOCAL: t("categorical focal crossentropy"),
        BINARY: t("binary crossentropy"),
        BINARY_FOCAL: t("binary focal crossentropy"),
        MSE: t("mean squared error"),
        "mean_absolute_error": t("mean absolute error"),
        "mean_absolute_percentage_error": t("mean absolute percentage error"),
        "mean_squared_logarithmic_error": t("mean squared logarithmic error"),
    }


@dataclasses.dataclass(frozen=True)
class Loss:
    """A Keras loss that the rules support.

    Args:
        name: Keras's long name, such as ``"mean_squared_error"``.
        value: as the user wrote it.
        from_logits: whether it expects scores instead of probabilities.
    """

    name: str
    value: Value
    from_logits: bool

    @property
    def title(self) -> str:
        return _titles().get(self.name, self.name.replace("_", " "))

    def converted_to(self, name: str, from_logits: bool | None = None) -> Value:
        """Return another loss, written the same way, with the arguments that both losses share."""
        logits = self.from_logits if from_logits is None else from_logits
        logits = logits and name in CROSSENTROPIES
        if not isinstance(self.value, ObjectSpec) and not logits:
            return name
        before = self.value.arguments if isinstance(self.value, ObjectSpec) else {}
        kept = {
            argument: value
            for argument, value in before.items()
            if argument != "from_logits"
            and (name == self.name or name in _SHARED_ARGUMENTS.get(argument, ()))
        }
        if logits:
            kept = {"from_logits": True, **kept}
        if isinstance(self.value, ObjectSpec) and name == self.name:
            return dataclasses.replace(self.value, arguments=kept, live=None)
        title = "".join(part.capitalize() for part in name.split("_"))
        return ObjectSpec(f"keras.losses.{title}", kept)


def loss_of(value: Value) -> Loss | None:
    """Return the loss that compile's ``loss`` refers to, or None if the rules do not support it."""
    if isinstance(value, ObjectSpec):
        if not value.class_name.startswith(("keras.losses.", "keras.metrics.")):
            return None
        name, from_logits = value.title, bool(value.arguments.get("from_logits", False))
    elif isinstance(value, str):
        name, from_logits = value, False
    else:
        return None
    known = _KNOWN.get(name.lower().replace("_", ""))
    return None if known is None else Loss(known, value, from_logits)
