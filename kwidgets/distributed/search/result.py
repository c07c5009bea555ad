"""What ``kwidgets.search`` returns: the best trial and its model, all trials, and the study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kwidgets.distributed.search.best_model import BestModel
from kwidgets.distributed.search.state import SearchState
from kwidgets.distributed.search.trial_row import TrialRow

if TYPE_CHECKING:
    import optuna
    import pandas as pd

_FIELDS = ("number", "state", "value", "epochs", "seconds", "detail")


class SearchResult:
    """The result of a search.

    Attributes:
        study: the ``optuna.Study``, for all that Optuna can do with it.

    Example:
        >>> result = kwidgets.search(objective, space, trials=50)
        >>> result.best_params
        {'units': 64, 'rate': 0.0031}
        >>> model = result.best_model()
    """

    def __init__(self, study: optuna.Study, state: SearchState, kept: BestModel | None) -> None:
        self.study = study
        self._state = state
        self._kept = kept

    @property
    def trials(self) -> list[TrialRow]:
        """All trials by their number: state, params, value, curve, epochs, seconds, runs."""
        return self._state.rows()

    @property
    def best_trial(self) -> TrialRow:
        """The best of the complete trials.

        Raises:
            ValueError: no trial is complete.
        """
        best = self._state.best()
        if best is None:
            raise ValueError("No trial is complete yet, so there is no best one.")
        return best

    @property
    def best_params(self) -> dict[str, Any]:
        """The hyperparameters of the best trial.

        Raises:
            ValueError: no trial is complete.
        """
        return dict(self.study.get_trials(deepcopy=False)[self.best_trial.number].params)

    @property
    def best_value(self) -> float:
        """The value of the best trial.

        Raises:
            ValueError: no trial is complete.
        """
        value = self.best_trial.value
        assert value is not None
        return value

    def best_model(self) -> Any:
        """Return a new copy of the model of the best trial, as its objective left it.

        Raises:
            ValueError: no trial is complete.
            LookupError: its model was not kept: the objective trained none, it could not be saved,
                or the search had ``keep_model=False``.
        """
        path = self.best_model_path
        import keras

        return keras.saving.load_model(path)

    @property
    def best_model_path(self) -> Path:
        """The ``.keras`` file with the model of the best trial.

        Raises:
            ValueError: no trial is complete.
            LookupError: its model was not kept.
        """
        number = self.best_trial.number
        path = None if self._kept is None else self._kept.file_of(number)
        if path is None:
            raise LookupError(
                f"The model of trial {number} was not kept: its objective trained no Keras model, "
                "the model could not be saved, or the search had keep_model=False."
            )
        return path

    def to_pandas(self) -> pd.DataFrame:
        """Return a DataFrame with a row a trial; hyperparameters are columns ``param_…``."""
        import pandas as pd

        rows = [
            {name: getattr(row, name) for name in _FIELDS}
            | {f"param_{name}": value for name, value in row.params.items()}
            for row in self.trials
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        from kwidgets.distributed.search.page.text import result_text

        return result_text(self._state)
