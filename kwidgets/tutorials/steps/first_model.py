"""Define the steps of 01_first_model: inspect the data, fix three mistakes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed, passed


def _look(user_ns: UserNamespace) -> Iterator[CheckResult]:
    images, labels = user_ns.raw_train, user_ns.y_train
    facts = (
        (
            "image_shape",
            user_ns.image_shape,
            tuple(images.shape[1:]),
            "the `.shape` of one image",
        ),
        ("brightest", user_ns.brightest, images.max(), "the largest value in all images"),
        ("classes", user_ns.classes, len(np.unique(labels)), "the number of different labels"),
    )
    for name, value, wanted, what in facts:
        if value is None:
            yield failed(f"`{name}` is still None. Set it to {what}.")
        else:
            same = np.array_equal(np.asarray(value), np.asarray(wanted))
            yield expect(
                same, f"`{name}` is {value}.", f"`{name}` is {value!r}. It should be {what}."
            )


def _scale(user_ns: UserNamespace) -> Iterator[CheckResult]:
    factors = {}
    for name, raw, scaled in (
        ("x_train", user_ns.raw_train, user_ns.x_train),
        ("x_test", user_ns.raw_test, user_ns.x_test),
    ):
        scaled = np.asarray(scaled, dtype=float)
        if scaled.shape != raw.shape:
            yield failed(f"`{name}` has the shape {scaled.shape}; it should stay {raw.shape}.")
            continue
        low, high = scaled.min(), scaled.max()
        yield expect(
            low >= 0 and high <= 1 and high > 0.5,
            f"`{name}` ranges from 0 to 1.",
            f"`{name}` ranges from {low:g} to {high:g}. It should range from 0 to 1.",
        )
        factor = (high - low) / (raw.max() - raw.min())
        if np.allclose(scaled, raw * factor):
            factors[name] = factor
        else:
            yield failed(
                f"`{name}` is not a multiple of the raw values. Divide all of them by one number."
            )
    if len(factors) == 2:
        yield expect(
            bool(np.isclose(factors["x_train"], factors["x_test"])),
            "Both are scaled by the same factor.",
            "The two are scaled by different factors, so that the same gray has different values.",
        )


def _output(user_ns: UserNamespace) -> Iterator[CheckResult]:
    outputs = np.asarray(user_ns.fixed.predict(user_ns.images, verbose=0))
    if outputs.shape[1:] != (10,):
        yield failed(f"The output shape for an image is {outputs.shape[1:]}. It should be (10,).")
        return
    total, smallest = outputs[0].sum(), outputs.min()
    if smallest < 0:
        yield failed(
            f"Some outputs are negative, such as {smallest:.2f}. These are scores; the outputs "
            "should be probabilities."
        )
    else:
        yield expect(
            bool(np.allclose(outputs.sum(axis=1), 1, atol=1e-3)),
            "The outputs are ten probabilities that sum to 1.",
            f"The outputs for the first image sum to {total:.2f}. Probabilities sum to 1.",
        )
    accuracy = (outputs.argmax(axis=1) == user_ns.y_train).mean()
    yield expect(
        accuracy > 0.9,
        f"The training accuracy is {accuracy:.0%}.",
        f"The training accuracy is {accuracy:.0%}. It should be above 90 % after ten epochs.",
    )


def _shuffle(user_ns: UserNamespace) -> Iterator[CheckResult]:
    images, labels = np.asarray(user_ns.mixed_images), np.asarray(user_ns.mixed_labels)
    if len(images) != len(user_ns.sorted_images) or len(labels) != len(images):
        yield failed(
            f"There are {len(images)} images and {len(labels)} labels. There should be "
            f"{len(user_ns.sorted_images)} of each."
        )
        return
    last = labels[-len(labels) // 10 :]
    found = len(np.unique(last))
    yield expect(
        found == 10,
        "The last tenth contains all ten digits.",
        f"The last tenth contains {found} of the ten digits.",
    )
    yield expect(
        _pairs(images, labels) == _pairs(user_ns.sorted_images, user_ns.sorted_labels),
        "Each image has its own label.",
        "Images and labels no longer match. Apply the same order to both.",
    )


def _pairs(images: np.ndarray, labels: np.ndarray) -> list[tuple[int, bytes]]:
    return sorted(
        (int(label), np.ascontiguousarray(image, dtype=np.float32).tobytes())
        for image, label in zip(images, labels, strict=True)
    )


def _best_epoch(user_ns: UserNamespace) -> Iterator[CheckResult]:
    curve = user_ns.live.history["val_loss"]
    best = int(np.nanargmin(curve)) + 1
    answer = user_ns.best_epoch
    if answer is None:
        yield failed("`best_epoch` is still None. Set it to the number of the epoch.")
    elif answer == best:
        yield passed(f"Epoch {best} has the lowest validation loss, {curve[best - 1]:.3f}.")
    elif answer == best - 1:
        yield failed(
            f"{answer} is counted from 0, as by `argmin`. Count epochs from 1, as the chart does."
        )
    else:
        yield failed(f"Epoch {answer} does not have the lowest validation loss.")


def _stop_early(user_ns: UserNamespace) -> Iterator[CheckResult]:
    curve = np.asarray(user_ns.history.history.get("val_loss", []))
    if not len(curve):
        yield failed("The fit has no `val_loss`. Pass `validation_data` to it.")
        return
    yield expect(
        len(curve) < 40,
        f"The fit stopped automatically after {len(curve)} epochs.",
        "The fit ran for all 40 epochs. Pass a callback that stops it.",
    )
    loss = user_ns.patient.evaluate(
        user_ns.images[user_ns.rest], user_ns.y_train[user_ns.rest], verbose=0, return_dict=True
    )["loss"]
    yield expect(
        bool(np.isclose(loss, curve.min(), rtol=1e-3)),
        f"The model has the weights of the best epoch: its validation loss is {loss:.3f}.",
        f"The model's validation loss is {loss:.3f}, but the best epoch's was {curve.min():.3f}: "
        "the best weights were not restored.",
    )


STEPS = [
    Step(
        "look",
        "look at the data",
        "look-exercise",
        _look,
        (
            "Arrays have a `.shape` and a `.max()` method.",
            "`raw_train.shape` is (images, height, width); `np.unique(y_train)` lists each label "
            "once.",
        ),
        "image_shape = raw_train.shape[1:]\n"
        "brightest = raw_train.max()\n"
        "classes = len(np.unique(y_train))",
    ),
    Step(
        "scale",
        "scale the data",
        "scale-exercise",
        _scale,
        (
            "Divide by the largest gray value.",
            "Use the largest value of the training images for both. Do not use the test images to "
            "choose the factor.",
        ),
        "x_train = raw_train / raw_train.max()\nx_test = raw_test / raw_train.max()",
    ),
    Step(
        "output",
        "fix the last layer",
        "output-exercise",
        _output,
        (
            "Compare it with the last layer of the first model.",
            "The right activation function turns any ten numbers into probabilities.",
        ),
        'fixed = make_reader(keras.layers.Dense(10, activation="softmax"))\n'
        "fixed.fit(images, y_train, epochs=10, validation_split=0.1);",
    ),
    Step(
        "shuffle",
        "shuffle the data",
        "shuffle-exercise",
        _shuffle,
        (
            "Create one random order and use it for both arrays.",
            "`np.random.default_rng(0).permutation(n)` returns the numbers from 0 to n-1 in random "
            "order, and `array[order]` reorders an array.",
        ),
        "new_order = np.random.default_rng(0).permutation(len(sorted_images))\n"
        "mixed_images = sorted_images[new_order]\n"
        "mixed_labels = sorted_labels[new_order]",
    ),
    Step(
        "best-epoch",
        "find the best epoch",
        "best-epoch-exercise",
        _best_epoch,
        (
            "NumPy's `argmin` returns the index of the smallest value.",
            "`argmin` counts from 0.",
        ),
        'best_epoch = int(live.history["val_loss"].argmin()) + 1',
    ),
    Step(
        "stop-early",
        "stop automatically",
        "stop-early-exercise",
        _stop_early,
        (
            "Use the callback `keras.callbacks.EarlyStopping`.",
            "`patience` is the number of epochs without improvement after which it stops; "
            "`restore_best_weights` restores the best weights.",
        ),
        "keras.utils.set_random_seed(4)\n"
        "patient = make_large()\n"
        "history = patient.fit(\n"
        "    images[few], y_train[few], epochs=40,\n"
        '    callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=5, '
        "restore_best_weights=True)],\n"
        "    validation_data=(images[rest], y_train[rest]),\n"
        ")",
    ),
]
