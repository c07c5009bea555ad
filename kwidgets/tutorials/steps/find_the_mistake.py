"""Define the steps of 08_find_the_mistake: another scale, NaN rows and dead units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwidgets.tutorials.check_values import short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed

_GOOD_ACCURACY = 0.85
_DEAD_SHARE = 0.5
_HIDDEN_LAYERS = 6


def _accuracy(live: Any) -> CheckResult:
    """Return whether the last validation accuracy of a view is good."""
    accuracies = live.history.get("val_accuracy", [])
    accuracy = float(accuracies[-1]) if len(accuracies) else 0.0
    return expect(
        accuracy >= _GOOD_ACCURACY,
        f"The validation accuracy is {accuracy:.1%}.",
        f"The validation accuracy is {accuracy:.1%}. It should be at least {_GOOD_ACCURACY:.0%}.",
    )


def _nan_rows(x: NDArray[Any]) -> list[int]:
    rows: list[int] = np.flatnonzero(np.isnan(x).any(axis=(1, 2))).tolist()
    return rows


def _dead_layers(measured: Any) -> list[str]:
    return [
        layer.name for layer in measured.layers if layer.is_rectified and layer.dead >= _DEAD_SHARE
    ]


def _look(user_ns: UserNamespace) -> Iterator[CheckResult]:
    found = getattr(user_ns.looked, "findings", None)
    if found is None:
        yield failed(f"`looked` is {short_repr(user_ns.looked)}, not what `kw.look` returns.")
        return
    scale = [finding for finding in found if finding.id.startswith("other-scale:")]
    yield expect(
        bool(scale),
        f"It has found the mistake: {scale[0].title}." if scale else "",
        "It has not found the mistake. Has it seen the validation data?",
    )


def _scale(user_ns: UserNamespace) -> Iterator[CheckResult]:
    brightest = float(np.max(user_ns.scaled_val))
    yield expect(
        np.allclose(user_ns.scaled_val, user_ns.raw_val / 16),
        "The validation images are on the scale of the training images.",
        f"The largest gray value is {brightest:g}. Scale the validation images by the same factor "
        "as the training images.",
    )
    before = float(user_ns.live_first.history["val_loss"][-1])
    after = float(user_ns.live_scaled.history["val_loss"][-1])
    yield expect(
        after < before / 2,
        f"The validation loss fell from {before:.2f} to {after:.2f}.",
        f"The validation loss was {before:.2f} and is {after:.2f}. Train again with the scaled "
        "images.",
    )


def _always(user_ns: UserNamespace) -> Iterator[CheckResult]:
    always = user_ns.always
    predicted = np.sum(user_ns.live_second.predictions.latest.confusion, axis=0)
    if not predicted.any():
        # Where NaN stays NaN: with JAX, with PyTorch and on a GPU.
        yield expect(
            always is not None and str(always).lower() == "nan",
            "All predictions are NaN, so the matrix is empty.",
            f"`always` is {short_repr(always)}. The matrix is empty: the predictions are NaN.",
        )
        return
    yield expect(
        always is not None and str(always) == str(int(np.argmax(predicted))),
        f"The model predicts {always} for {np.max(predicted) / np.sum(predicted):.0%} of the "
        "images.",
        f"`always` is {short_repr(always)}. Which column of the matrix has all the numbers?",
    )


def _rows(user_ns: UserNamespace) -> Iterator[CheckResult]:
    rows = user_ns.bad_rows
    if rows is None:
        yield failed("`bad_rows` is still None. Set it to a list of row numbers.")
        return
    expected = _nan_rows(user_ns.damaged)
    yield expect(
        sorted(int(row) for row in rows) == expected,
        f"These {len(expected)} images contain NaN.",
        f"{short_repr(rows)} are not all rows with NaN, or some of them have none.",
    )


def _clean(user_ns: UserNamespace) -> Iterator[CheckResult]:
    x, y = np.asarray(user_ns.clean_x), np.asarray(user_ns.clean_y)
    num_bad = len(_nan_rows(x))
    yield expect(
        num_bad == 0,
        "No image contains NaN.",
        f"{num_bad} images still contain NaN.",
    )
    keep = np.setdiff1d(np.arange(len(user_ns.damaged)), _nan_rows(user_ns.damaged))
    yield expect(
        np.array_equal(x, user_ns.damaged[keep]) and np.array_equal(y, user_ns.y_train[keep]),
        f"All {len(keep):,} other images are there, with their labels.",
        f"There are {len(x):,} images and {len(y):,} labels. Keep the {len(keep):,} images without "
        "NaN, and remove the same rows from the labels.",
    )
    yield _accuracy(user_ns.live_clean)


def _dead(user_ns: UserNamespace) -> Iterator[CheckResult]:
    name = user_ns.dead_layer
    shares = {layer.name: layer.dead for layer in user_ns.measured.layers if layer.is_rectified}
    if name not in shares:
        yield failed(f"`dead_layer` is {short_repr(name)}. Set it to the name of a hidden layer.")
        return
    yield expect(
        shares[name] == max(shares.values()),
        f"{shares[name]:.0%} of the units of {name} are dead.",
        f"{shares[name]:.0%} of the units of {name} are dead, but another layer has more.",
    )


def _alive(user_ns: UserNamespace) -> Iterator[CheckResult]:
    hidden = [layer for layer in user_ns.measured_alive.layers if layer.is_rectified]
    yield expect(
        len(hidden) == _HIDDEN_LAYERS,
        f"The model has {len(hidden)} hidden layers.",
        f"The model has {len(hidden)} hidden layers. Keep all {_HIDDEN_LAYERS}.",
    )
    dead = _dead_layers(user_ns.measured_alive)
    yield expect(
        not dead,
        "In no layer, half of the units are dead.",
        f"Half of the units or more are dead in {', '.join(dead)}.",
    )
    yield _accuracy(user_ns.live_alive)


_FIT = """    {x}, {y}, epochs=EPOCHS, batch_size=BATCH,
    validation_data={validation}, callbacks=[{live}],
)"""

STEPS = [
    Step(
        "look",
        "look at the data",
        "look-exercise",
        _look,
        (
            "`kw.look` takes `validation_data`, like `fit`.",
            "Pass `validation_data=(x_val, y_val)`.",
        ),
        "looked = kw.look(x_train, y_train, validation_data=(x_val, y_val))\n\n"
        "for finding in looked.findings:\n"
        '    print(f"{finding.level}: {finding.title}. {finding.text}")',
    ),
    Step(
        "scale",
        "fix the scale",
        "scale-exercise",
        _scale,
        (
            "Compare with the line that defines `x_train`.",
            "Divide the validation images by 16.",
        ),
        "scaled_val = raw_val / 16\n\n"
        "live_scaled = kw.LivePlot()\n"
        "scaled = make_model()\n"
        "scaled.fit(\n"
        + _FIT.format(
            x="x_train", y="y_train", validation="(scaled_val, y_val)", live="live_scaled"
        ),
    ),
    Step(
        "always",
        "read the confusion matrix",
        "always-exercise",
        _always,
        ("Only one column of the matrix has numbers above 0. Columns are counted from 0.",),
        "matrix = live_second.predictions.latest.confusion\n"
        'always = int(matrix.sum(axis=0).argmax()) if matrix.any() else "NaN"\n\n'
        "print(matrix)",
    ),
    Step(
        "rows",
        "find the rows with NaN",
        "rows-exercise",
        _rows,
        (
            "The finding about NaN has a line with the row numbers: `damaged[[…]]`.",
            "Or compute them: `np.isnan(damaged).any(axis=(1, 2))` is True for these images.",
        ),
        "bad_rows = np.flatnonzero(np.isnan(damaged).any(axis=(1, 2))).tolist()\n\n"
        "kw.look(damaged, y_train)",
    ),
    Step(
        "clean",
        "remove the rows with NaN",
        "clean-exercise",
        _clean,
        (
            "`np.delete(array, rows, axis=0)` returns an array without these rows.",
            "Delete the rows from the images and from the labels.",
        ),
        "bad = np.flatnonzero(np.isnan(damaged).any(axis=(1, 2)))\n"
        "clean_x, clean_y = np.delete(damaged, bad, axis=0), np.delete(y_train, bad, axis=0)\n\n"
        "live_clean = kw.LivePlot()\n"
        "clean = make_model()\n"
        "clean.fit(\n"
        + _FIT.format(x="clean_x", y="clean_y", validation="validation_data", live="live_clean"),
    ),
    Step(
        "dead",
        "name the layer with dead units",
        "dead-exercise",
        _dead,
        (
            "The cell above prints the share of each layer.",
            "It is the first layer that the finding “Dead units” names.",
        ),
        "hidden = [layer for layer in measured.layers if layer.is_rectified]\n"
        "dead_layer = max(hidden, key=lambda layer: layer.dead).name",
    ),
    Step(
        "alive",
        "keep the units alive",
        "alive-exercise",
        _alive,
        (
            "The learning rate of `deep` is fifty times the usual one of Adam.",
            "Set `learning_rate=0.001`, or leave it out.",
        ),
        "live_alive = kw.LivePlot()\n"
        "alive = make_model(hidden_layers=6, learning_rate=0.001)\n"
        "alive.fit(\n"
        + _FIT.format(x="x_train", y="y_train", validation="validation_data", live="live_alive")
        + "\n\nmeasured_alive = live_alive.layers.measure()",
    ),
]
