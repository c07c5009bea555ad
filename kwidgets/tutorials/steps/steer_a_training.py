"""Define the steps of 02_steer_a_training: find a learning rate, control a running fit."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from kwidgets.tutorials.check_values import finite_float, short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed, passed

_ENOUGH_RATES = 5
_ENOUGH_SPAN = 100
_GOOD_ENOUGH = 0.95


def _sweep(user_ns: UserNamespace) -> Iterator[CheckResult]:
    losses = user_ns.losses
    rates = sorted(rate for rate in losses if np.isfinite(losses[rate]))
    yield expect(
        len(rates) >= _ENOUGH_RATES,
        f"{len(rates)} rates are tested.",
        f"Test at least {_ENOUGH_RATES} rates; so far there are {len(rates)} with a finite loss.",
    )
    if not rates:
        return
    yield expect(
        rates[-1] / rates[0] >= _ENOUGH_SPAN,
        f"They range from {rates[0]:g} to {rates[-1]:g}.",
        f"They range from {rates[0]:g} to {rates[-1]:g}. The highest should be at least "
        f"{_ENOUGH_SPAN} times the lowest.",
    )
    best = min(rates, key=losses.__getitem__)
    if user_ns.best_rate is None:
        yield failed("`best_rate` is still None. Set it to the best rate.")
    else:
        yield expect(
            user_ns.best_rate == best and best not in (rates[0], rates[-1]),
            f"{best:g} has the lowest validation loss, {losses[best]:.3f}; a lower and a higher "
            "rate are worse.",
            f"`best_rate` is {user_ns.best_rate!r}. It should have the lowest loss in `losses`, "
            "and a lower and a higher rate should be in the list.",
        )


def _rate_changes(live: Any) -> list[tuple[float, float]]:
    """Return the user's changes of the learning rate: before and after."""
    number = r"(\d[\d.e+-]*)"
    found = [
        re.search(rf"{number} → {number}", mark["text"])
        for mark in live.history.marks
        if mark["kind"] == "user"
    ]
    return [(float(match[1]), float(match[2])) for match in found if match]


def _lower(user_ns: UserNamespace) -> Iterator[CheckResult]:
    changes = _rate_changes(user_ns.live)
    lowered = [(old, new) for old, new in changes if new <= old / 5]
    if not changes:
        yield failed(
            "The learning rate was not changed during this training. Run the cell, and set "
            "**Learning rate** while it runs."
        )
        return
    if not lowered:
        old, new = changes[-1]
        yield failed(
            f"The rate was changed from {old:g} to {new:g}. Lower it further, to about 0.001."
        )
        return
    old, new = lowered[-1]
    yield passed(f"The rate was lowered from {old:g} to {new:g} during the training.")
    losses = user_ns.live.history["loss"]
    losses = losses[np.isfinite(losses)]
    yield expect(
        len(losses) > 0 and losses[-1] < 0.1,
        f"The loss settled at {losses[-1]:.3f}." if len(losses) else "",
        "The loss did not settle below 0.1. Lower the rate earlier, or train longer.",
    )


def _pause(user_ns: UserNamespace) -> Iterator[CheckResult]:
    live = user_ns.live_pause
    marks = [mark["text"] for mark in live.history.marks if mark["kind"] == "user"]
    # The label of a pause has its seconds; that of a stop no number, that of a rate an arrow.
    pauses = [text for text in marks if "→" not in text and re.search(r"\d", text)]
    yield expect(
        bool(pauses),
        f"The training was paused: {'; '.join(pauses)}.",
        "The training was not paused and resumed. Press **Pause**, then **Resume**, while it runs.",
    )
    yield expect(
        live.status in ("finished", "stopped", "interrupted"),
        "It was resumed and has ended.",
        f"It has not ended: its status is {live.status!r}.",
    )


def _schedule(user_ns: UserNamespace) -> Iterator[CheckResult]:
    peak, total, top = user_ns.PEAK, user_ns.total_steps, user_ns.warm_up_steps
    rates = []
    for step in range(total):
        rate = finite_float(user_ns.rate_at(step))
        if rate is None:
            yield failed(
                f"`rate_at({step})` is {short_repr(user_ns.rate_at(step))}. Return a number."
            )
            return
        rates.append(rate)
    yield expect(
        rates[0] <= peak / 10,
        f"It starts low, at {rates[0]:.2g}.",
        f"It starts at {rates[0]:.2g}. It should start near 0.",
    )
    highest = int(np.argmax(rates))
    yield expect(
        abs(highest - top) <= total * 0.05 and abs(max(rates) / peak - 1) < 0.05,
        f"It reaches its maximum, {max(rates):.2g}, at step {highest}.",
        f"Its maximum is {max(rates):.2g} at step {highest}. It should be {peak:g} at step {top}.",
    )
    yield expect(
        rates[-1] <= peak / 10,
        f"It ends low, at {rates[-1]:.2g}.",
        f"It ends at {rates[-1]:.2g}. It should end near 0.",
    )
    up, down = rates[: highest + 1], rates[highest:]
    yield expect(
        _monotonic(up) and _monotonic(down[::-1]) and len(set(up)) > len(up) / 2,
        "It rises up to its maximum and then falls.",
        "It should only rise before its maximum, and only fall after it.",
    )


def _monotonic(values: list[float]) -> bool:
    return all(a <= b + 1e-12 for a, b in itertools.pairwise(values))


def _good_enough(user_ns: UserNamespace) -> Iterator[CheckResult]:
    live = user_ns.live_stop
    history = live.history
    accuracy = history["val_accuracy"] if "val_accuracy" in history else np.array([])
    accuracy = accuracy[np.isfinite(accuracy)]
    if not len(accuracy):
        yield failed("The training has no `val_accuracy` yet. Run it for at least one epoch.")
        return
    yield expect(
        live.status == "stopped",
        f"The training was stopped after {len(accuracy)} epochs.",
        f"The training was not stopped: its status is {live.status!r}.",
    )
    early = accuracy[:-2]
    yield expect(
        accuracy.max() >= _GOOD_ENOUGH and not (early >= _GOOD_ENOUGH).any(),
        f"It ended as soon as the model was good enough, at {accuracy.max():.1%}.",
        f"It should end at the first epoch whose accuracy reaches {_GOOD_ENOUGH:.0%}, or the next "
        f"one. The highest accuracy was {accuracy.max():.1%}.",
    )


STEPS = [
    Step(
        "sweep",
        "find a good learning rate",
        "sweep-exercise",
        _sweep,
        (
            "Multiply by about three each time: 0.00003, 0.0001, 0.0003 and so on.",
            "Continue until the result gets worse, which is above 0.01 here. "
            "`min(losses, key=losses.get)` returns the best rate.",
        ),
        "rates = [0.00003, 0.0003, 0.001, 0.003, 0.03, 0.3]\n"
        "losses = {}\n"
        "for rate in rates:\n"
        "    fit = make_model(rate).fit(\n"
        "        x_train, y_train, epochs=4, validation_data=(x_test, y_test)\n"
        "    )\n"
        '    losses[rate] = fit.history["val_loss"][-1]\n'
        "best_rate = min(losses, key=losses.get)",
    ),
    Step(
        "lower",
        "start high, then lower the rate",
        "lower-exercise",
        _lower,
        (
            "While the cell runs, the field **Learning rate** is below it, next to **Stop**.",
            "In Python, call `live.set_learning_rate(0.001)` from a callback or a thread.",
        ),
        "live = kw.LivePlot()\n"
        "at_ten = keras.callbacks.LambdaCallback(\n"
        "    on_epoch_end=lambda epoch, logs: epoch == 9 and live.set_learning_rate(0.001)\n"
        ")\n"
        "steered = make_model(0.02)\n"
        "steered.fit(\n"
        "    x_train, y_train, epochs=30, validation_data=(x_test, y_test), "
        "callbacks=[live, at_ten]\n"
        ");",
    ),
    Step(
        "pause",
        "pause and inspect",
        "pause-exercise",
        _pause,
        (
            "**Pause** becomes **Resume** while the training is paused.",
            "In Python, call `live_pause.pause()`, and later `live_pause.resume()` from a thread.",
        ),
        "live_pause = kw.LivePlot()\n"
        "def hold(epoch, logs):\n"
        "    if epoch == 4:\n"
        "        live_pause.pause()\n"
        "        threading.Timer(2, live_pause.resume).start()\n"
        "looked_at = make_model(0.001)\n"
        "looked_at.fit(\n"
        "    x_train, y_train, epochs=10, validation_data=(x_test, y_test),\n"
        "    callbacks=[live_pause, keras.callbacks.LambdaCallback(on_epoch_end=hold)],\n"
        ");",
    ),
    Step(
        "schedule",
        "write a schedule",
        "schedule-exercise",
        _schedule,
        (
            "Use two straight lines: one for `step < warm_up_steps`, one for the remaining steps.",
            "The first is `PEAK * step / warm_up_steps`.",
        ),
        "def rate_at(step):\n"
        '    """Return the learning rate at a step, counted from 0."""\n'
        "    if step < warm_up_steps:\n"
        "        return PEAK * step / warm_up_steps\n"
        "    return PEAK * (total_steps - step) / (total_steps - warm_up_steps)",
    ),
    Step(
        "good-enough",
        "stop when the model is good enough",
        "good-enough-exercise",
        _good_enough,
        (
            '`live_stop.history["val_accuracy"]` has one value per epoch so far. The key does not '
            "exist before the first epoch has ended.",
            '`if "val_accuracy" in live_stop.history and '
            '(live_stop.history["val_accuracy"] >= 0.95).any():` then `live_stop.stop()`.',
        ),
        "live_stop = kw.LivePlot()\n"
        "def keep_watch():\n"
        '    """Run next to the fit until it has ended."""\n'
        '    while live_stop.status in (None, "running", "paused"):\n'
        "        history = live_stop.history\n"
        '        if "val_accuracy" in history and (history["val_accuracy"] >= 0.95).any():\n'
        "            live_stop.stop()\n"
        "        time.sleep(0.02)\n"
        "threading.Thread(target=keep_watch).start()\n"
        "make_model(0.001).fit(\n"
        "    x_train, y_train, epochs=60, validation_data=(x_test, y_test), "
        "callbacks=[live_stop]\n"
        ");",
    ),
]
