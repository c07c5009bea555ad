"""Define the steps of 09_search: the best model, pruned trials, one more hyperparameter, further
trials, and the run of a trial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kwidgets.tutorials.check_values import short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed

_TRIALS_IN_ALL = 12


def _trials(result: Any) -> list[Any]:
    """Return the trials of a search; none if it is none."""
    return list(getattr(result, "trials", ()))


def _best(user_ns: UserNamespace) -> Iterator[CheckResult]:
    best, accuracy = user_ns.best, user_ns.accuracy
    if not hasattr(best, "evaluate"):
        yield failed(f"`best` is {short_repr(best)}, not a model. The result can load it.")
        return
    expected = float(best.evaluate(user_ns.x_val, user_ns.y_val, verbose=0)[1])
    try:
        given = float(accuracy)
    except (TypeError, ValueError):
        yield failed(f"`accuracy` is {short_repr(accuracy)}. Set it to a number.")
        return
    yield expect(
        abs(given - expected) < 1e-4,
        f"The accuracy of the best model is {expected:.1%}.",
        f"`accuracy` is {given:g}, and the accuracy of the model in `best` is another number.",
    )


def _pruned(user_ns: UserNamespace) -> Iterator[CheckResult]:
    expected = [trial.number for trial in _trials(user_ns.first) if trial.state == "pruned"]
    given = user_ns.pruned_numbers
    if not isinstance(given, list | tuple | set):
        yield failed(f"`pruned_numbers` is {short_repr(given)}. Set it to a list of numbers.")
        return
    yield expect(
        sorted(given) == expected,
        f"{len(expected)} of {len(_trials(user_ns.first))} trials were pruned.",
        f"`pruned_numbers` is {short_repr(given)}. Other trials have the state “pruned”.",
    )


def _run(user_ns: UserNamespace) -> Iterator[CheckResult]:
    run, best = user_ns.best_run, user_ns.first.best_trial
    if not hasattr(run, "tags"):
        yield failed(f"`best_run` is {short_repr(run)}, not a run of `kw.runs`.")
        return
    yield expect(
        f"trial {best.number}" in run.tags and "first-digits" in run.tags,
        f"The best trial is number {best.number}; its run has trained {run.epochs} epochs.",
        f"The tags of `best_run` are {', '.join(run.tags) or 'none'}: another trial.",
    )


def _more(user_ns: UserNamespace) -> Iterator[CheckResult]:
    trials = _trials(user_ns.second)
    if not trials:
        yield failed(f"`second` is {short_repr(user_ns.second)}, not the result of a search.")
        return
    rates = [trial.params["dropout"] for trial in trials if "dropout" in trial.params]
    yield expect(
        len(rates) == len(trials) and len(set(rates)) > 1,
        f"{len(rates)} trials have tried values of dropout.",
        "The trials do not have different values of `dropout`. Is it in the space?",
    )
    yield expect(
        all(0 <= rate <= 0.5 for rate in rates),
        "All of them are between 0 and 0.5.",
        "Some values of `dropout` are below 0 or above 0.5.",
    )


def _continue(user_ns: UserNamespace) -> Iterator[CheckResult]:
    first, continued = user_ns.first, user_ns.continued
    trials = _trials(continued)
    ended = [trial for trial in trials if trial.state in ("complete", "pruned", "failed")]
    yield expect(
        len(ended) == _TRIALS_IN_ALL,
        f"The search has {len(ended)} trials.",
        f"The search has {len(ended)} trials. It should have {_TRIALS_IN_ALL} in all.",
    )
    before = [trial.params for trial in _trials(first)[:8]]
    yield expect(
        [trial.params for trial in trials[:8]] == before,
        "The first eight are those of the first search.",
        "The first eight trials are not those of the first search. Pass its name.",
    )


STEPS = [
    Step(
        "best",
        "take the best model",
        "best-exercise",
        _best,
        (
            "`first` has a method that loads the model of the best trial.",
            "`first.best_model()` returns it; `best.evaluate(x_val, y_val)[1]` is its accuracy.",
        ),
        "best = first.best_model()\naccuracy = best.evaluate(x_val, y_val)[1]",
    ),
    Step(
        "pruned",
        "find the pruned trials",
        "pruned-exercise",
        _pruned,
        (
            "`first.trials` is a list; each trial has a `number` and a `state`.",
            'Keep those whose `state` is "pruned", in a list comprehension.',
        ),
        'pruned_numbers = [trial.number for trial in first.trials if trial.state == "pruned"]',
    ),
    Step(
        "more",
        "search one more hyperparameter",
        "more-exercise",
        _more,
        (
            "The space is a dict: add the name of the argument.",
            'The range is a tuple of two numbers: `"dropout": (0.0, 0.5)`.',
        ),
        "space_with_dropout = {\n"
        '    "units": [8, 16, 32, 64], "rate": (1e-4, 1e-1, "log"), "dropout": (0.0, 0.5)\n'
        "}\n\n"
        "second = kw.search(\n"
        '    objective, space_with_dropout, metric="val_accuracy", trials=8, seed=1,\n'
        '    name="second-digits",\n'
        ")",
    ),
    Step(
        "continue",
        "add trials",
        "continue-exercise",
        _continue,
        (
            "Call `kw.search` as for the first search, with the same name.",
            "Pass `trials=12`: the number of trials in all.",
        ),
        'continued = kw.search(\n    objective, space, metric="val_accuracy", trials=12, seed=1, '
        'name="first-digits"\n)',
    ),
    Step(
        "run",
        "find the run of the best trial",
        "run-exercise",
        _run,
        (
            "The number of the best trial is `first.best_trial.number`.",
            'Among `kw.runs.filter("tag = first-digits")`, take the run that has f"trial {number}" '
            "among its tags.",
        ),
        "number = first.best_trial.number\n"
        'best_run = next(\n    run for run in kw.runs.filter("tag = first-digits") '
        'if f"trial {number}" in run.tags\n)',
    ),
]
