"""``kwidgets.search``: find good hyperparameters with Optuna, and watch it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from kwidgets.distributed.search.metric_direction import direction_of
from kwidgets.distributed.search.trial_row import Direction
from kwidgets.language import t

if TYPE_CHECKING:
    import optuna

    from kwidgets.distributed.search.result import SearchResult

DIRECTIONS = ("minimize", "maximize")


def search(
    objective: Callable[..., Any] | Any,
    space: Mapping[str, Any] | None = None,
    *args: Any,
    trials: int | None = None,
    metric: str | None = None,
    direction: str | None = None,
    study: optuna.Study | None = None,
    name: str | None = None,
    timeout: float | None = None,
    sampler: Any = None,
    pruner: Any = None,
    seed: int | None = None,
    resume: bool = True,
    storage: Any = None,
    keep_model: bool = True,
    max_failures: int = 3,
    **kwargs: Any,
) -> SearchResult | Any:
    """Search hyperparameters with Optuna, and watch all trials in one view.

    The objective builds a model, trains it with ``fit``, and returns what is to be optimized. Each
    fit is watched, recorded and controlled as any other. After each epoch the search reports the
    metric to Optuna, and ends a trial that is worse than the others were at that epoch.

    A search whose kernel was killed, or that was interrupted or stopped, continues when the cell is
    run again. Each trial is stored in Optuna's SQLite file in the folder of the runs.

    Args:
        objective: with ``space``, a function of the hyperparameters by their names; without, a
            function of an ``optuna.Trial``, which suggests them. It returns a number; or what
            ``fit`` returns, or None, for the best value of the metric. Or a tuner of KerasTuner:
            then all further arguments are those of its ``search``.
        space: the range of each hyperparameter by its name: a list of choices, a ``range`` of
            integers, a tuple of two numbers, such as ``(0.1, 0.5)``, or with a third item "log",
            ``(1e-4, 1e-1, "log")``, or a distribution of Optuna.
        trials: how many trials the search has in all, 50 if there is no timeout either; with
            ``study``, how many more.
        metric: what is reported after each epoch, as Keras logs it, such as "val_accuracy". The
            validation loss if it is not given, or the loss without validation.
        direction: "minimize" or "maximize" the value; if not given, what the name of the metric
            says.
        study: a study of yours, instead of name, direction, sampler, pruner, seed and storage.
        name: of the study; a search of this name continues. If not given, the search belongs to
            its cell.
        timeout: seconds after which no further trial begins.
        sampler: chooses the hyperparameters, as in ``optuna.create_study``: TPE if not given.
        pruner: decides which trials end early: ``optuna.pruners.MedianPruner`` if not given, none
            with ``optuna.pruners.NopPruner()``.
        seed: of the default sampler.
        resume: whether to continue a search that did not finish.
        storage: as in ``optuna.create_study``, instead of the file in the folder of the runs.
        keep_model: whether to save the model of the best trial.
        max_failures: so many failed trials in a row end the search; one that fails alone is shown
            and the search continues.

    Returns:
        a ``SearchResult`` with ``best_params``, ``best_value``, ``best_model()``, ``study``,
        ``trials`` and ``to_pandas()``. For a tuner, what its ``search`` returns.

    Raises:
        ImportError: Optuna is not installed.
        TypeError: an argument has the wrong type.
        ValueError: an argument has a wrong value.
        TooManyFailuresError: so many trials in a row have failed.
        SearchRunsError: another kernel runs this search.
        KeyboardInterrupt: the kernel was interrupted. Run the cell again to continue.

    Example:
        >>> def objective(units, rate):
        ...     model = keras.Sequential([layers.Dense(units, "relu"), layers.Dense(10)])
        ...     model.compile(keras.optimizers.Adam(rate), "mse")
        ...     return model.fit(x, y, validation_split=0.2, epochs=10)
        >>> space = {"units": [32, 64, 128], "rate": (1e-4, 1e-1, "log")}
        >>> result = kwidgets.search(objective, space, trials=50)
    """
    if is_tuner(objective):
        from kwidgets.distributed.search.tuner import search_with_tuner

        given = (space, *args) if space is not None or args else ()
        return search_with_tuner(objective, *given, **kwargs)
    if args or kwargs:
        unknown = ", ".join([*map(repr, args), *kwargs])
        raise TypeError(f"search got arguments that it does not take: {unknown}.")
    _import_optuna()
    own = {
        "name": name,
        "direction": direction,
        "sampler": sampler,
        "pruner": pruner,
        "seed": seed,
        "storage": storage,
    }
    _check(objective, trials, timeout, metric, max_failures, name, seed)
    _check_of_optuna(sampler, pruner, storage)
    if study is not None:
        _check_study(study, own)
    if trials is None and timeout is None:
        trials = 50
    from kwidgets.distributed.search.run_search import SearchPlan, run_search
    from kwidgets.distributed.search.space import read_space
    from kwidgets.distributed.search.study import direction_of_study

    chosen = direction_of_study(study) if study is not None else _direction(metric, direction)
    return run_search(
        SearchPlan(
            objective=objective,
            space=None if space is None else read_space(space),
            metric=metric,
            direction=chosen,
            trials=trials,
            timeout=timeout,
            study=study,
            name=name,
            storage=storage,
            sampler=sampler,
            pruner=pruner,
            seed=None if seed is None else int(seed),
            resume=resume,
            keep_model=keep_model,
            max_failures=max_failures,
        )
    )


def is_tuner(objective: Any) -> bool:
    """Return whether this is a tuner of KerasTuner."""
    return any(
        cls.__module__.startswith(("keras_tuner", "kerastuner")) for cls in type(objective).__mro__
    )


def _import_optuna() -> None:
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise ImportError(
            t("kwidgets.search needs Optuna. Run: %1", "pip install 'kwidgets[search]'")
        ) from error


def _direction(metric: str | None, direction: str | None) -> Direction:
    if direction is None:
        if metric is None:
            return "minimize"
        known = direction_of(metric)
        if known is None:
            raise ValueError(
                f"The name of the metric {metric!r} does not say whether more of it is better. "
                'Pass direction="maximize" or direction="minimize".'
            )
        return known
    if direction not in DIRECTIONS:
        raise ValueError(f'direction must be "minimize" or "maximize", not {direction!r}.')
    return cast(Direction, direction)


def _check_study(study: Any, own: Mapping[str, Any]) -> None:
    import optuna

    if not isinstance(study, optuna.Study):
        raise TypeError(f"study must be an optuna.Study, not {study!r} ({type(study).__name__}).")
    given = [name for name, value in own.items() if value is not None]
    if given:
        raise ValueError(
            f"The study has its own {', '.join(given)}. Leave {'it' if len(given) == 1 else 'them'}"
            " out, or pass no study."
        )


def _check(
    objective: Any,
    trials: Any,
    timeout: Any,
    metric: Any,
    max_failures: Any,
    name: Any,
    seed: Any,
) -> None:
    if not callable(objective):
        raise TypeError(
            "objective must be a function that trains a model and returns a number, or a tuner of "
            f"KerasTuner; not {objective!r} ({type(objective).__name__})."
        )
    for what, number in (("trials", trials), ("max_failures", max_failures)):
        if number is None and what == "trials":
            continue
        if isinstance(number, bool) or not isinstance(number, numbers.Integral):
            raise TypeError(f"{what} must be an integer, not {number!r}.")
        if number < 1:
            raise ValueError(f"{what} must be at least 1, not {number}.")
    if timeout is not None:
        if isinstance(timeout, bool) or not isinstance(timeout, numbers.Real):
            raise TypeError(f"timeout must be a number of seconds, not {timeout!r}.")
        if not float(timeout) > 0 or math.isinf(timeout):
            raise ValueError(f"timeout must be above 0 seconds, not {timeout!r}.")
    for what, text in (("metric", metric), ("name", name)):
        if text is not None and (not isinstance(text, str) or not text.strip()):
            raise TypeError(f"{what} must be a text, not {text!r}.")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, numbers.Integral)):
        raise TypeError(f"seed must be an integer, not {seed!r}.")
    if seed is not None and not 0 <= int(seed) < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, not {seed}.")


def _check_of_optuna(sampler: Any, pruner: Any, storage: Any) -> None:
    import optuna

    for what, given, base, example in (
        ("sampler", sampler, optuna.samplers.BaseSampler, "optuna.samplers.RandomSampler()"),
        ("pruner", pruner, optuna.pruners.BasePruner, "optuna.pruners.HyperbandPruner()"),
    ):
        if given is not None and not isinstance(given, base):
            raise TypeError(
                f"{what} must be a {what} of Optuna, such as {example}, not {given!r} "
                f"({type(given).__name__})."
            )
    if isinstance(storage, str) and ":" in storage:
        return
    if storage is not None and not isinstance(storage, optuna.storages.BaseStorage):
        raise (ValueError if isinstance(storage, str) else TypeError)(
            'storage must be the URL of a database, such as "sqlite:///search.db", or a storage of '
            f"Optuna, not {storage!r} ({type(storage).__name__})."
        )
