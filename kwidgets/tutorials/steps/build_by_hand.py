"""Defines the steps of 03_build_by_hand: edit, fix, train and export a stack of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed, passed

_MAX_WEIGHTS = 50_000


def _kinds(builder: Any) -> list[str]:
    return [type(layer).__name__ for layer in builder.layers]


def _built(builder: Any) -> Iterator[CheckResult]:
    """Check that a stack is a model, and one for ten classes."""
    if len(builder) == 0:
        yield failed("The stack has no layers yet.")
        return
    try:
        model = builder.model
    except Exception as error:
        yield failed(f"The layers do not fit together yet: {str(error).splitlines()[0]}")
        return
    shape = tuple(model.output_shape)
    yield expect(
        shape == (None, 10),
        "Its output is ten numbers for each image.",
        f"Its output has the shape {shape}; ten numbers for each image, (None, 10), are wanted.",
    )
    if shape != (None, 10):
        return
    samples = np.random.default_rng(0).random((4, *model.input_shape[1:]))
    outputs = np.asarray(model.predict(samples, verbose=0))
    yield expect(
        outputs.min() >= 0 and bool(np.allclose(outputs.sum(axis=1), 1, atol=1e-3)),
        "They are probabilities, which sum to 1.",
        "They are no probabilities yet: softmax makes them, as the last activation.",
    )


def _is_built(builder: Any) -> bool:
    try:
        return bool(builder.model.built)
    except Exception:
        return False


def _stack(user_ns: UserNamespace) -> Iterator[CheckResult]:
    yield from _built(user_ns.mlp)
    yield expect(
        _kinds(user_ns.mlp).count("Dense") >= 2,
        "A Dense layer before the last one looks for patterns.",
        "There is no Dense layer before the last one yet.",
    )


def _mend(user_ns: UserNamespace) -> Iterator[CheckResult]:
    yield from _built(user_ns.broken)
    yield expect(
        any(kind.startswith("Conv") for kind in _kinds(user_ns.broken)),
        "The convolution is still there.",
        "The convolution has gone; it should stay, in another place.",
    )


def _train(user_ns: UserNamespace) -> Iterator[CheckResult]:
    builder = user_ns.mlp
    run = builder.run
    if run is None:
        yield failed("The model has not been trained yet.")
        return
    if run.running:
        yield failed("The training still runs; check again when it has ended.")
        return
    yield passed("A training has run.")
    predicted = np.asarray(builder.predict(user_ns.x_train, verbose=0)).argmax(axis=-1)
    accuracy = float((predicted == user_ns.y_train).mean())
    yield expect(
        accuracy > 0.9,
        f"The model reads {accuracy:.0%} of the training images.",
        f"The model reads {accuracy:.0%} of the training images; go on until it is over 90 %.",
    )


def _insert(user_ns: UserNamespace) -> Iterator[CheckResult]:
    kinds = _kinds(user_ns.mlp)
    dense = [index for index, kind in enumerate(kinds) if kind == "Dense"]
    yield expect(
        len(dense) >= 2 and "Dropout" in kinds[dense[0] : dense[-1]],
        "A Dropout stands between the Dense layers.",
        f"No Dropout stands between the Dense layers; the layers are {', '.join(kinds)}.",
    )
    weights = user_ns.mlp.model.get_weights()
    same = len(weights) == len(user_ns.learned) and all(
        np.array_equal(a, b) for a, b in zip(weights, user_ns.learned, strict=False)
    )
    yield expect(
        same,
        "Everything that the model had learned is still there.",
        "The weights are not those of before: run the cell that notes them again, then only add "
        "the Dropout.",
    )


def _cnn(user_ns: UserNamespace) -> Iterator[CheckResult]:
    yield from _built(user_ns.cnn)
    kinds = _kinds(user_ns.cnn)
    convolutions = sum("Conv" in kind for kind in kinds)
    yield expect(
        convolutions >= 2,
        f"It has {convolutions} convolutions.",
        f"It has {convolutions} of at least two convolutions.",
    )
    yield expect(
        any("Pool" in kind for kind in kinds),
        "A pooling layer makes it care less about places.",
        "It has no pooling layer yet.",
    )
    if _is_built(user_ns.cnn):
        weights = user_ns.cnn.count_params()
        yield expect(
            weights < _MAX_WEIGHTS,
            f"It has {weights:,} weights.",
            f"It has {weights:,} weights; less than {_MAX_WEIGHTS:,} are wanted.",
        )


def _code(user_ns: UserNamespace) -> Iterator[CheckResult]:
    program = user_ns.program
    if callable(program):
        yield failed("`program` is a method: add `()` to call it.")
        return
    if not isinstance(program, str) or not program.strip():
        yield failed("`program` is empty; a text with the program is wanted.")
        return
    try:
        compile(program, "program", "exec")
    except SyntaxError as error:
        yield failed(f"This is no Python program: {error.msg}, in line {error.lineno}.")
        return
    yield passed("It is a Python program.")
    yield expect(
        "kwidgets" not in program,
        "It needs no kwidgets.",
        "It still names kwidgets: take the text of the tab Code, or `to_code()`.",
    )
    lacks = [kind for kind in _kinds(user_ns.cnn) if kind not in program]
    yield expect(
        not lacks and "Sequential" in program,
        "All layers of the CNN are in it.",
        f"It has no {lacks[0] if lacks else 'Sequential'}: is it the program of `cnn`?",
    )
    yield expect(
        "load_digits" in program or "mnist" in program,
        "It loads its data.",
        "It does not load its data: run the cell under “The data”, then take the program again.",
    )
    yield expect(
        ".fit(" in program,
        "It trains the model.",
        "It does not train the model: train `cnn` first, then take the program again.",
    )


STEPS = [
    Step(
        "stack",
        "stack layers",
        "stack-exercise",
        _stack,
        (
            "Type `flatten` into **Add layer** and press Enter; then the other two.",
            "In code: `mlp.add('flatten')`.",
        ),
        'mlp = kw.SequentialBuilder(input_shape=image_shape, name="mlp")\n'
        'for text in ("flatten", "dense 128 relu", "dense 10 softmax"):\n'
        "    mlp.add(text)\n"
        "mlp",
    ),
    Step(
        "mend",
        "mend a stack",
        "mend-exercise",
        _mend,
        (
            "The convolution wants to come first, while there still is a picture.",
            "Drag its card up, or `broken.move(1, 0)`.",
        ),
        'broken = kw.SequentialBuilder(input_shape=(8, 8, 1), name="broken")\n'
        'for text in ("flatten", "conv2d 16 3 relu", "dense 10 softmax"):\n'
        "    broken.add(text)\n"
        "broken.move(1, 0)\n"
        "broken",
    ),
    Step(
        "train",
        "train without a cell",
        "train-exercise",
        _train,
        (
            "First the tab **Compile**, then the tab **Fit**; a reason stands below **Train** "
            "where it cannot be pressed.",
            "In code: `mlp.compile(…)`, then `mlp.train(x_train, y_train, epochs=30)`.",
        ),
        'mlp.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])\n'
        "mlp.train(x_train, y_train, epochs=30, validation_split=0.1).wait()",
    ),
    Step(
        "insert",
        "change it, keep what it has learned",
        "insert-exercise",
        _insert,
        (
            "A new layer comes last; drag its card up by one.",
            "In code: `mlp.insert(-1, keras.layers.Dropout(0.3))`.",
        ),
        "learned = mlp.model.get_weights()\nmlp.insert(-1, keras.layers.Dropout(0.3))\nmlp",
    ),
    Step(
        "cnn",
        "a network that does not mind",
        "cnn-exercise",
        _cnn,
        (
            "Convolutions first, a pooling layer after them, `dense 10 softmax` last.",
            "`conv2d 16 3 same relu`, `conv2d 32 3 same relu`, `globalmaxpooling2d`, "
            "`dense 10 softmax`.",
        ),
        'cnn = kw.SequentialBuilder(input_shape=(*image_shape, 1), name="cnn")\n'
        'for text in ("conv2d 16 3 same relu", "conv2d 32 3 same relu", "maxpooling2d",\n'
        '             "conv2d 48 3 same relu", "globalmaxpooling2d", "dense 10 softmax"):\n'
        "    cnn.add(text)\n"
        "cnn",
    ),
    Step(
        "code",
        "take it with you",
        "code-exercise",
        _code,
        (
            "The tab **Code** has a button that copies the program.",
            "Or `program = cnn.to_code()`.",
        ),
        "# Trained, so that data, compile and fit are in it too.\n"
        'cnn.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])\n'
        "cnn.fit(x_train[..., None], y_train, epochs=20, validation_split=0.1)\n"
        "program = cnn.to_code()\n"
        "print(program)",
    ),
]
