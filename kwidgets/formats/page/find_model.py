"""Find the model that a page names."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.language import t
from kwidgets.live.page.channel_runs import runs
from kwidgets.model_keys import model_keys


def find_model(name: object) -> Any:
    """Return the model of a key, or the one that a run of the live view has trained.

    Raises:
        FormatError: it no longer exists.
    """
    model = None
    if isinstance(name, str):
        model = model_keys.model_of(name)
        if model is None:
            model = next((run.model for run in runs if run.run_id == name), None)
    if model is None:
        raise FormatError(
            t("This model no longer exists: no variable refers to it. Run its cell again.")
        )
    if not isinstance(model, keras.Model):
        raise FormatError(
            t("Only models of Keras can be exported here, not a %1.", type(model).__name__)
        )
    return model


def refuse_while_training(model: Any) -> None:
    """Raise FormatError while a fit changes the model."""
    if runs.run_changing(model) is not None:
        raise FormatError(
            t(
                "“%1” is being trained. Export it when the training has ended, or stop it.",
                model.name,
            )
        )
