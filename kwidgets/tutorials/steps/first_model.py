"""Defines the steps of 01_first_model: inspect the data, fix three mistakes."""

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
            "what one image's `.shape` is",
        ),
        ("brightest", user_ns.brightest, images.max(), "the largest number in all images"),
        ("classes", user_ns.classes, len(np.unique(labels)), "how many different labels there are"),
    )
    for name, value, wanted, what in facts:
        if value is None:
            yield failed(f"`{name}` is still None: {what}.")
        else:
            same = np.array_equal(np.asarray(value), np.asarray(wanted))
            yield expect(same, f"`{name}` is {value}.", f"`{name}` is {value!r}, but not {what}.")


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
            f"`{name}` lies between 0 and 1.",
            f"`{name}` goes from {low:g} to {high:g}; 0 to 1 is wanted.",
        )
        factor = (high - low) / (raw.max() - raw.min())
        if np.allclose(scaled, raw * factor):
            factors[name] = factor
        else:
            yield failed(f"`{name}` is not a multiple of what it was: divide by one number.")
    if len(factors) == 2:
        yield expect(
            bool(np.isclose(factors["x_train"], factors["x_test"])),
            "Both were scaled by the same factor.",
            "The two were scaled by different factors: a grey in one is another grey in the other.",
        )


def _output(user_ns: UserNamespace) -> Iterator[CheckResult]:
    outputs = np.asarray(user_ns.mended.predict(user_ns.images, verbose=0))
    if outputs.shape[1:] != (10,):
        yield failed(f"The model gives {outputs.shape[1:]} for an image; (10,) is wanted.")
        return
    total, smallest = outputs[0].sum(), outputs.min()
    if smallest < 0:
        yield failed(
            f"Some of its ten numbers are below 0, such as {smallest:.2f}: those are scores, and "
            "probabilities are wanted."
        )
    else:
        yield expect(
            bool(np.allclose(outputs.sum(axis=1), 1, atol=1e-3)),
            "It gives ten probabilities that sum to 1.",
            f"Its ten numbers for the first image sum to {total:.2f}; probabilities sum to 1.",
        )
    accuracy = (outputs.argmax(axis=1) == user_ns.y_train).mean()
    yield expect(
        accuracy > 0.9,
        f"It reads {accuracy:.0%} of the training images.",
        f"It reads {accuracy:.0%} of the training images; a sound one reads over 90 % after ten "
        "epochs.",
    )


def _shuffle(user_ns: UserNamespace) -> Iterator[CheckResult]:
    images, labels = np.asarray(user_ns.mixed_images), np.asarray(user_ns.mixed_labels)
    if len(images) != len(user_ns.sorted_images) or len(labels) != len(images):
        yield failed(
            f"There are {len(images)} images and {len(labels)} labels; both should be "
            f"{len(user_ns.sorted_images)}."
        )
        return
    last = labels[-len(labels) // 10 :]
    found = len(np.unique(last))
    yield expect(
        found == 10,
        "The last tenth has all ten digits.",
        f"The last tenth has {found} of the ten digits.",
    )
    yield expect(
        _pairs(images, labels) == _pairs(user_ns.sorted_images, user_ns.sorted_labels),
        "Each image has kept its own label.",
        "Images and labels have been torn apart: both must be put in the same new order.",
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
        yield failed("`best_epoch` is still None.")
    elif answer == best:
        yield passed(f"Epoch {best} has the lowest validation loss, {curve[best - 1]:.3f}.")
    elif answer == best - 1:
        yield failed(f"{answer} counts from 0, as `argmin` does; the chart counts from 1.")
    else:
        yield failed(f"Epoch {answer} is not the one with the lowest validation loss.")


def _stop_early(user_ns: UserNamespace) -> Iterator[CheckResult]:
    curve = np.asarray(user_ns.history.history.get("val_loss", []))
    if not len(curve):
        yield failed("The fit has no `val_loss`: keep `validation_data`.")
        return
    yield expect(
        len(curve) < 40,
        f"The fit ended by itself after {len(curve)} epochs.",
        "The fit ran all 40 epochs: nothing stopped it.",
    )
    loss = user_ns.patient.evaluate(
        user_ns.images[user_ns.rest], user_ns.y_train[user_ns.rest], verbose=0, return_dict=True
    )["loss"]
    yield expect(
        bool(np.isclose(loss, curve.min(), rtol=1e-3)),
        f"The model is the one of the best epoch: its validation loss is {loss:.3f}.",
        f"The model's validation loss is {loss:.3f}, the best epoch's was {curve.min():.3f}: its "
        "weights are not back.",
    )


STEPS = [
    Step(
        "look",
        "look before you train",
        "look-exercise",
        _look,
        (
            "Arrays know their `.shape` and their `.max()`.",
            "`raw_train.shape` is (images, height, width); `np.unique(y_train)` lists each label "
            "once.",
        ),
        "image_shape = raw_train.shape[1:]\n"
        "brightest = raw_train.max()\n"
        "classes = len(np.unique(y_train))",
    ),
    Step(
        "scale",
        "scale",
        "scale-exercise",
        _scale,
        (
            "Divide by the largest grey value there is.",
            "Take the largest value of the training images for both: the test images are not to "
            "be looked at.",
        ),
        "x_train = raw_train / raw_train.max()\nx_test = raw_test / raw_train.max()",
    ),
    Step(
        "output",
        "mend the last layer",
        "output-exercise",
        _output,
        (
            "Compare with the last layer of the first model.",
            "An activation turns ten numbers of any size into probabilities.",
        ),
        'mended = make_reader(keras.layers.Dense(10, activation="softmax"))\n'
        "mended.fit(images, y_train, epochs=10, validation_split=0.1);",
    ),
    Step(
        "shuffle",
        "shuffle",
        "shuffle-exercise",
        _shuffle,
        (
            "Make one random order and use it for both arrays.",
            "`np.random.default_rng(0).permutation(n)` gives the numbers 0 to n-1 in a random "
            "order, and `array[order]` puts an array into it.",
        ),
        "new_order = np.random.default_rng(0).permutation(len(sorted_images))\n"
        "mixed_images = sorted_images[new_order]\n"
        "mixed_labels = sorted_labels[new_order]",
    ),
    Step(
        "best-epoch",
        "when should it have stopped?",
        "best-epoch-exercise",
        _best_epoch,
        (
            "NumPy's `argmin` says where the smallest value stands.",
            "`argmin` counts from 0.",
        ),
        'best_epoch = int(live.history["val_loss"].argmin()) + 1',
    ),
    Step(
        "stop-early",
        "let Keras stop",
        "stop-early-exercise",
        _stop_early,
        (
            "It is called `keras.callbacks.EarlyStopping`.",
            "`patience` is how many epochs it waits; `restore_best_weights` brings the best "
            "weights back.",
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
