"""Define the steps of 03_build_by_hand: edit, fix, train and export a stack of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed, passed

_MAX_WEIGHTS = 50_000


def _kinds(builder: Any) -> list[str]:
    return [type(layer).__name__ for layer in builder.layers]


def _built(builder: Any) -> Iterator[CheckResult]:
    """Check that a stack is a valid model for ten classes."""
    if len(builder) == 0:
        yield failed("The stack has no layers yet.")
        return
    try:
        model = builder.model
    except Exception as error:
        yield failed(f"The layers do not work together yet: {str(error).splitlines()[0]}")
        return
    shape = tuple(model.output_shape)
    yield expect(
        shape == (None, 10),
        "The output is ten numbers for each image.",
        f"The output shape is {shape}. It should be ten numbers for each image, (None, 10).",
    )
    if shape != (None, 10):
        return
    samples = np.random.default_rng(0).random((4, *model.input_shape[1:]))
    outputs = np.asarray(model.predict(samples, verbose=0))
    yield expect(
        outputs.min() >= 0 and bool(np.allclose(outputs.sum(axis=1), 1, atol=1e-3)),
        "They are probabilities that sum to 1.",
        "They are not probabilities yet. Use softmax as the last activation.",
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
        "There is a Dense layer before the last one.",
        "There is no Dense layer before the last one. Add one.",
    )


def _fix(user_ns: UserNamespace) -> Iterator[CheckResult]:
    yield from _built(user_ns.broken)
    yield expect(
        any(kind.startswith("Conv") for kind in _kinds(user_ns.broken)),
        "The convolution is still in the stack.",
        "The convolution is missing. Add it again, in another position.",
    )


def _train(user_ns: UserNamespace) -> Iterator[CheckResult]:
    builder = user_ns.mlp
    run = builder.run
    if run is None:
        yield failed("The model has not been trained yet. Press **Train** in the **Fit** tab.")
        return
    if run.running:
        yield failed("The training is still running. Check again when it has ended.")
        return
    yield passed("The training has ended.")
    predicted = np.asarray(builder.predict(user_ns.x_train, verbose=0)).argmax(axis=-1)
    accuracy = float((predicted == user_ns.y_train).mean())
    yield expect(
        accuracy > 0.9,
        f"The training accuracy is {accuracy:.0%}.",
        f"The training accuracy is {accuracy:.0%}. Continue to train until it is above 90 %.",
    )


def _insert(user_ns: UserNamespace) -> Iterator[CheckResult]:
    kinds = _kinds(user_ns.mlp)
    dense = [index for index, kind in enumerate(kinds) if kind == "Dense"]
    yield expect(
        len(dense) >= 2 and "Dropout" in kinds[dense[0] : dense[-1]],
        "There is a Dropout layer between the Dense layers.",
        f"There is no Dropout layer between the Dense layers. The layers are {', '.join(kinds)}.",
    )
    weights = user_ns.mlp.model.get_weights()
    same = len(weights) == len(user_ns.learned) and all(
        np.array_equal(a, b) for a, b in zip(weights, user_ns.learned, strict=False)
    )
    yield expect(
        same,
        "The model has kept its weights.",
        "The weights have changed. Run the cell that saves them again, then add only the Dropout "
        "layer.",
    )


def _cnn(user_ns: UserNamespace) -> Iterator[CheckResult]:
    yield from _built(user_ns.cnn)
    kinds = _kinds(user_ns.cnn)
    convolutions = sum("Conv" in kind for kind in kinds)
    yield expect(
        convolutions >= 2,
        f"It has {convolutions} convolutions.",
        f"Use at least two convolutions; there are {convolutions} so far.",
    )
    yield expect(
        any("Pool" in kind for kind in kinds),
        "It has a pooling layer.",
        "It has no pooling layer. Add one.",
    )
    if _is_built(user_ns.cnn):
        weights = user_ns.cnn.count_params()
        yield expect(
            weights < _MAX_WEIGHTS,
            f"It has {weights:,} parameters.",
            f"It has {weights:,} parameters. Use fewer than {_MAX_WEIGHTS:,}.",
        )


def _code(user_ns: UserNamespace) -> Iterator[CheckResult]:
    program = user_ns.program
    if callable(program):
        yield failed("`program` is a method. Add `()` to call it.")
        return
    if not isinstance(program, str) or not program.strip():
        yield failed("`program` is empty. Assign the text of the program to it.")
        return
    try:
        compile(program, "program", "exec")
    except SyntaxError as error:
        yield failed(f"This is not a valid Python program: {error.msg} in line {error.lineno}.")
        return
    yield passed("It is a valid Python program.")
    yield expect(
        "kwidgets" not in program,
        "It does not use kwidgets.",
        "It uses kwidgets. Use the text of the **Code** tab, or `to_code()`.",
    )
    lacks = [kind for kind in _kinds(user_ns.cnn) if kind not in program]
    yield expect(
        not lacks and "Sequential" in program,
        "It contains all layers of the CNN.",
        f"It does not contain {lacks[0] if lacks else 'Sequential'}. Use the program of `cnn`.",
    )
    yield expect(
        "load_digits" in program or "mnist" in program,
        "It loads its data.",
        "It does not load its data. Run the cell under “The data”, then get the program again.",
    )
    yield expect(
        ".fit(" in program,
        "It trains the model.",
        "It does not train the model. Train `cnn`, then get the program again.",
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
        "fix",
        "fix a stack",
        "mend-exercise",
        _fix,
        (
            "The convolution must come first, while its input is still an image.",
            "Drag its card up, or call `broken.move(1, 0)`.",
        ),
        'broken = kw.SequentialBuilder(input_shape=(8, 8, 1), name="broken")\n'
        'for text in ("flatten", "conv2d 16 3 relu", "dense 10 softmax"):\n'
        "    broken.add(text)\n"
        "broken.move(1, 0)\n"
        "broken",
    ),
    Step(
        "train",
        "train in the background",
        "train-exercise",
        _train,
        (
            "Use the **Compile** tab first, then the **Fit** tab. If **Train** is disabled, the "
            "reason is shown below it.",
            "In code: `mlp.compile(…)`, then `mlp.train(x_train, y_train, epochs=30)`.",
        ),
        'mlp.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])\n'
        "mlp.train(x_train, y_train, epochs=30, validation_split=0.1).wait()",
    ),
    Step(
        "insert",
        "edit the model and keep its weights",
        "insert-exercise",
        _insert,
        (
            "A new layer is added at the end. Drag its card up by one position.",
            "In code: `mlp.insert(-1, keras.layers.Dropout(0.3))`.",
        ),
        "learned = mlp.model.get_weights()\nmlp.insert(-1, keras.layers.Dropout(0.3))\nmlp",
    ),
    Step(
        "cnn",
        "build a network that tolerates shifts",
        "cnn-exercise",
        _cnn,
        (
            "Use convolutions first, then a pooling layer, and `dense 10 softmax` at the end.",
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
        "export the code",
        "code-exercise",
        _code,
        (
            "The tab **Code** has a button that copies the program.",
            "In code: `program = cnn.to_code()`.",
        ),
        "# Train first, so that the program includes data, compile and fit.\n"
        'cnn.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])\n'
        "cnn.fit(x_train[..., None], y_train, epochs=20, validation_split=0.1)\n"
        "program = cnn.to_code()\n"
        "print(program)",
    ),
]
