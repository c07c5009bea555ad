"""Defines the steps of 02_steer_a_training: find a learning rate, steer a running fit."""

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
        f"{len(rates)} rates were tried.",
        f"{len(rates)} of at least {_ENOUGH_RATES} rates were tried.",
    )
    if not rates:
        return
    yield expect(
        rates[-1] / rates[0] >= _ENOUGH_SPAN,
        f"They go from {rates[0]:g} to {rates[-1]:g}.",
        f"They go from {rates[0]:g} to {rates[-1]:g}: not far enough apart to see both ends. The "
        f"highest should be {_ENOUGH_SPAN} times the lowest or more.",
    )
    best = min(rates, key=losses.__getitem__)
    if user_ns.best_rate is None:
        yield failed("`best_rate` is still None.")
    else:
        yield expect(
            user_ns.best_rate == best and best not in (rates[0], rates[-1]),
            f"{best:g} has the lowest validation loss, {losses[best]:.3f}, and both neighbours are "
            "worse.",
            f"`best_rate` is {user_ns.best_rate!r}: it should have the lowest loss in `losses`, "
            "and have been tried with lower and higher rates around it.",
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
        yield failed("Nobody changed the learning rate of this training while it ran.")
        return
    if not lowered:
        old, new = changes[-1]
        yield failed(f"The rate went from {old:g} to {new:g}; go down by more, to 0.001 or so.")
        return
    old, new = lowered[-1]
    yield passed(f"The rate went from {old:g} to {new:g} while the training ran.")
    losses = user_ns.live.history["loss"]
    losses = losses[np.isfinite(losses)]
    yield expect(
        len(losses) > 0 and losses[-1] < 0.1,
        f"And the loss settled, at {losses[-1]:.3f}." if len(losses) else "",
        "The loss has not settled below 0.1: lower the rate earlier, or let it go on longer.",
    )


def _pause(user_ns: UserNamespace) -> Iterator[CheckResult]:
    live = user_ns.live_pause
    marks = [mark["text"] for mark in live.history.marks if mark["kind"] == "user"]
    # The label of a pause has its seconds; that of a stop no number, that of a rate an arrow.
    pauses = [text for text in marks if "→" not in text and re.search(r"\d", text)]
    yield expect(
        bool(pauses),
        f"The training was held: {'; '.join(pauses)}.",
        "Nobody has held this training and let it go on again.",
    )
    yield expect(
        live.status in ("finished", "stopped"),
        "It went on to its end.",
        f"It has not come to its end: its status is {live.status!r}.",
    )


def _schedule(user_ns: UserNamespace) -> Iterator[CheckResult]:
    peak, total, top = user_ns.PEAK, user_ns.total_steps, user_ns.warm_up_steps
    rates = []
    for step in range(total):
        rate = finite_float(user_ns.rate_at(step))
        if rate is None:
            yield failed(
                f"`rate_at({step})` is {short_repr(user_ns.rate_at(step))}; a number is wanted."
            )
            return
        rates.append(rate)
    yield expect(
        rates[0] <= peak / 10,
        f"It begins low, at {rates[0]:.2g}.",
        f"It begins at {rates[0]:.2g}; near 0 is wanted.",
    )
    highest = int(np.argmax(rates))
    yield expect(
        abs(highest - top) <= total * 0.05 and abs(max(rates) / peak - 1) < 0.05,
        f"It reaches its highest, {max(rates):.2g}, at step {highest}.",
        f"Its highest is {max(rates):.2g}, at step {highest}; {peak:g} is wanted at step {top}.",
    )
    yield expect(
        rates[-1] <= peak / 10,
        f"It ends low, at {rates[-1]:.2g}.",
        f"It ends at {rates[-1]:.2g}; near 0 is wanted.",
    )
    up, down = rates[: highest + 1], rates[highest:]
    yield expect(
        _monotonic(up) and _monotonic(down[::-1]) and len(set(up)) > len(up) / 2,
        "It goes up, then down, without jumps back.",
        "It should only rise before its highest point, and only fall after it.",
    )


def _monotonic(values: list[float]) -> bool:
    return all(a <= b + 1e-12 for a, b in itertools.pairwise(values))


def _good_enough(user_ns: UserNamespace) -> Iterator[CheckResult]:
    live = user_ns.live_stop
    history = live.history
    accuracy = history["val_accuracy"] if "val_accuracy" in history else np.array([])
    accuracy = accuracy[np.isfinite(accuracy)]
    if not len(accuracy):
        yield failed("The training has no `val_accuracy` yet.")
        return
    yield expect(
        live.status == "stopped",
        f"The training was stopped after {len(accuracy)} epochs.",
        f"The training ran on: its status is {live.status!r}, after {len(accuracy)} epochs.",
    )
    early = accuracy[:-2]
    yield expect(
        accuracy.max() >= _GOOD_ENOUGH and not (early >= _GOOD_ENOUGH).any(),
        f"It ended as soon as it was good enough, at {accuracy.max():.1%}.",
        f"It should end at the first epoch whose accuracy reaches {_GOOD_ENOUGH:.0%}, or the one "
        f"after; its epochs reached {accuracy.max():.1%}.",
    )


STEPS = [
    Step(
        "sweep",
        "look for a good learning rate",
        "sweep-exercise",
        _sweep,
        (
            "Multiply by about three each time: 0.00003, 0.0001, 0.0003 and so on.",
            "Go on until the result gets worse again: beyond 0.01, here. "
            "`min(losses, key=losses.get)` names the best.",
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
        "begin high, then lower it",
        "lower-exercise",
        _lower,
        (
            "The field **Learning rate** is below the cell, beside **Stop**, while it runs.",
            "In Python, `live.set_learning_rate(0.001)` does the same, from a callback or "
            "a thread.",
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
        "pause and look",
        "pause-exercise",
        _pause,
        (
            "**Pause** becomes **Resume** while the training is held.",
            "In Python: `live_pause.pause()`, and later `live_pause.resume()` from another thread.",
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
            "Two straight lines: one for `step < warm_up_steps`, one for what is left.",
            "The first is `PEAK * step / warm_up_steps`.",
        ),
        "def rate_at(step):\n"
        '    """The learning rate at a step, counted from 0."""\n'
        "    if step < warm_up_steps:\n"
        "        return PEAK * step / warm_up_steps\n"
        "    return PEAK * (total_steps - step) / (total_steps - warm_up_steps)",
    ),
    Step(
        "good-enough",
        "stop when it is good enough",
        "good-enough-exercise",
        _good_enough,
        (
            '`live_stop.history["val_accuracy"]` holds one value an epoch, so far. Before the '
            "first epoch has ended the name is not there.",
            '`if "val_accuracy" in live_stop.history and '
            '(live_stop.history["val_accuracy"] >= 0.95).any():` then `live_stop.stop()`.',
        ),
        "live_stop = kw.LivePlot()\n"
        "def keep_watch():\n"
        '    """Runs beside the fit, until that has ended."""\n'
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
