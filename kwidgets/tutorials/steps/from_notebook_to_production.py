"""Defines the steps of 06_from_notebook_to_production: export a model, compare, serve it."""

from __future__ import annotations

import json
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from kwidgets.tutorials.check_values import finite_float, is_close, short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed, passed


def _check_rescaling(user_ns: UserNamespace) -> Iterator[CheckResult]:
    serving = user_ns.serving_model
    if not hasattr(serving, "predict"):
        yield failed(f"`serving_model` should be a model; it is {short_repr(serving)}.")
        return
    pixels = user_ns.x_test[:100]
    expected = user_ns.model.predict(pixels / 16, verbose=0)
    answer = serving.predict(pixels, verbose=0)
    if np.shape(answer) != np.shape(expected):
        yield failed(
            f"It should give ten probabilities an image, {np.shape(expected)}; its answers are "
            f"{np.shape(answer)}."
        )
        return
    yield expect(
        is_close(answer, expected),
        "it takes pixels as they come, and gives the probabilities of the model",
        "For pixels from 0 to 16 its probabilities differ by up to "
        f"{abs(answer - expected).max():.2f} from what `model` gives for `pixels / 16`.",
    )


def _check_tolerance(user_ns: UserNamespace) -> Iterator[CheckResult]:
    tolerance = finite_float(user_ns.tolerance)
    if tolerance is None:
        yield failed(f"`tolerance` should be a number; it is {short_repr(user_ns.tolerance)}.")
        return
    largest = max(user_ns.differences.values(), default=0.0)
    yield expect(
        tolerance >= max(largest, 1e-7),
        "what differs by rounding passes",
        f"{tolerance:g} is too strict: a 32-bit number has seven digits or so, and on another "
        "machine the last ones may come out differently.",
    )
    yield expect(
        tolerance <= 1e-3,
        "a fault does not",
        f"{tolerance:g} is too loose for probabilities: a real fault may pass.",
    )


def _check_sizes(user_ns: UserNamespace) -> Iterator[CheckResult]:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "below" / "deep").mkdir(parents=True)
        (folder / "one").write_bytes(bytes(700))
        (folder / "below" / "deep" / "two").write_bytes(bytes(5000))
        for path, expected, what in (
            (folder / "one", 700, "a file"),
            (folder, 5700, "a folder with a file, and another two folders down"),
        ):
            value = user_ns.size_of(path)
            yield expect(
                is_close(value, expected),
                f"{what}: {expected:,} bytes",
                f"{what.capitalize()}: it should be {expected:,} bytes; it is {short_repr(value)}.",
            )
        yield expect(
            is_close(user_ns.size_of(str(folder)), 5700),
            "a path may be text too",
            "A folder given as text, not as a `Path`, is not measured right.",
        )


def _check_signature(user_ns: UserNamespace) -> Iterator[CheckResult]:
    serve = getattr(user_ns.signed, "serve", None)
    if serve is None:
        yield failed(f"`signed` should be a loaded SavedModel; it is {short_repr(user_ns.signed)}.")
        return
    expected = user_ns.serving_model.predict(user_ns.x_test[:32], verbose=0)
    for count in (1, 5, 32):
        try:
            answer = np.asarray(serve(user_ns.x_test[:count]))
        except (TypeError, ValueError):
            yield failed(f"It does not take {count} images at once.")
        else:
            yield expect(
                is_close(answer, expected[:count]),
                f"it takes {count} at once" if count > 1 else "it takes one image",
                f"It takes {count}, but gives other answers than `serving_model`.",
            )


def _check_quantised(user_ns: UserNamespace) -> Iterator[CheckResult]:
    small = user_ns.small
    if not isinstance(small, bytes):
        yield failed(f"`small` should be the bytes of a LiteRT model; it is {short_repr(small)}.")
        return
    weights = 4 * user_ns.serving_model.count_params()
    yield expect(
        len(small) < weights / 2,
        f"{len(small):,} bytes, for weights that took {weights:,}",
        f"It has {len(small):,} bytes; the weights alone, with 32 bits, have {weights:,}. With 8 "
        "bits it should be less than half.",
    )
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "small.tflite"
        path.write_bytes(small)
        answer = user_ns.open_litert(path)(user_ns.x_test)
    same = float(np.mean(answer.argmax(-1) == user_ns.expected.argmax(-1)))
    yield expect(
        same >= 0.97,
        f"{same:.1%} of the images get the same digit",
        f"Only {same:.1%} of the images get the same digit as before.",
    )


_IMAGE = np.arange(64).reshape(8, 8) % 17
_BAD: dict[str, bytes] = {
    "what is no JSON": b"hello",
    "JSON that is no object": b"[1, 2]",
    "an object without `images`": b'{"pictures": []}',
    "no image at all": b'{"images": []}',
    "one image that is not in a list": json.dumps({"images": _IMAGE.tolist()}).encode(),
    "an image of 4 × 16": json.dumps({"images": [_IMAGE.reshape(4, 16).tolist()]}).encode(),
    "rows of different lengths": b'{"images": [[[1, 2], [3]]]}',
    "a pixel that is a word": json.dumps({"images": [[["x"] * 8] * 8]}).encode(),
    "a pixel of 300": json.dumps({"images": [[[300] * 8] * 8]}).encode(),
    "a pixel of -1": json.dumps({"images": [[[-1] * 8] * 8]}).encode(),
    "a pixel that is NaN": b'{"images": [[' + b",".join([b"[" + b"NaN," * 7 + b"0]"] * 8) + b"]]}",
}


def _check_request(user_ns: UserNamespace) -> Iterator[CheckResult]:
    good = np.stack([_IMAGE, _IMAGE.T])
    images = user_ns.parse_request(json.dumps({"images": good.tolist()}).encode())
    yield expect(
        getattr(images, "dtype", None) == np.float32 and is_close(images, good),
        "two images come through as they are",
        "Two good images should come out as float32 of shape (2, 8, 8); it gives "
        f"{short_repr(images)}.",
    )
    said = [case for case, body in _BAD.items() if not _complaint(user_ns, body)]
    if len(said) < len(_BAD):
        yield passed(f"{len(_BAD) - len(said)} of {len(_BAD)} bad requests raise a ValueError")
    for case in said:
        yield failed(f"For {case} it should raise a ValueError: {_instead(user_ns, _BAD[case])}.")


def _complaint(user_ns: UserNamespace, body: bytes) -> bool:
    return _outcome(user_ns, body)[0]


def _instead(user_ns: UserNamespace, body: bytes) -> str:
    return _outcome(user_ns, body)[1]


def _outcome(user_ns: UserNamespace, body: bytes) -> tuple[bool, str]:
    """Return whether the reader's function raises a ValueError, and what it does instead."""
    parse: Any = user_ns.parse_request
    try:
        value = parse(body)
    except ValueError as error:
        return True, str(error)
    except Exception as error:
        return False, f"it raises a {type(error).__name__}"
    return False, f"it returns {short_repr(value)}"


STEPS = [
    Step(
        key="rescaling",
        title="preprocessing inside the model",
        cell_id="your-serving-model",
        check=_check_rescaling,
        hints=(
            "Keras has a layer that multiplies everything by a number: `keras.layers.Rescaling`.",
            "Make a Sequential of an input, that layer, and `model` itself.",
            "`keras.Sequential([keras.Input((8, 8)), keras.layers.Rescaling(1 / 16), model])`",
        ),
        solution="""serving_model = keras.Sequential([
    keras.Input((8, 8)),
    keras.layers.Rescaling(1 / 16),
    model,
])

print("with pixels as they come:", serving_model.predict(x_test[:1], verbose=0).round(3)[0])
print("what it should be:       ", model.predict(x_test[:1] / 16, verbose=0).round(3)[0])
""",
    ),
    Step(
        key="tolerance",
        title="how much an export may differ",
        cell_id="your-tolerance",
        check=_check_tolerance,
        hints=(
            "Look at the printed numbers: which are rounding, which is the fault?",
            "Leave room above the rounding: ten or a hundred times as much.",
            "`1e-4` or `1e-5` are usual for probabilities computed with 32 bits.",
        ),
        solution="""tolerance = 1e-4

fault = float(abs(serving_model.predict(x_test / 16, verbose=0) - expected).max())
for name, difference in {**differences, "(a fault)": fault}.items():
    print(f"{name:<11} {difference:.1e}  {'same' if difference <= tolerance else 'differs'}")
""",
    ),
    Step(
        key="sizes",
        title="the size of an export",
        cell_id="your-sizes",
        check=_check_sizes,
        hints=(
            "`path.is_file()` tells a file from a folder.",
            '`path.rglob("*")` gives all that is below a folder, the folders too.',
            "Add up `stat().st_size` of those that are files.",
        ),
        solution='''def size_of(path):
    """The bytes of a file, or of all files below a folder."""
    path = pathlib.Path(path)
    files = [path] if path.is_file() else [below for below in path.rglob("*") if below.is_file()]
    return sum(file.stat().st_size for file in files)


for name in differences:
    print(f"{name:<11} {size_of(FORMATS[name][0]):>9,} bytes")
print(f"weights     {4 * serving_model.count_params():>9,} bytes")
''',
    ),
    Step(
        key="signature",
        title="a signature for any number of images",
        cell_id="your-signature",
        check=_check_signature,
        hints=(
            "The first number of the shape is the number of images.",
            "`None` in its place stands for any number.",
        ),
        solution="""signature = [keras.InputSpec(shape=(None, 8, 8), dtype="float32")]

serving_model.export(folder / "signed", input_signature=signature, verbose=False)
signed = tf.saved_model.load(str(folder / "signed"))
for count in (1, 5):
    try:
        print(f"{count} images: answers of shape {signed.serve(x_test[:count]).shape}")
    except (TypeError, ValueError) as error:
        print(f"{count} images: {type(error).__name__}: {str(error).splitlines()[0][:70]}")
""",
    ),
    Step(
        key="quantised",
        title="quantise",
        cell_id="your-quantised",
        check=_check_quantised,
        hints=(
            "Set the attribute between making the converter and calling `convert`.",
            "`converter.optimizations = [tf.lite.Optimize.DEFAULT]`",
        ),
        solution="""saved_model = str(folder / "saved_model")
converter = tf.lite.TFLiteConverter.from_saved_model(saved_model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
small = converter.convert()

(folder / "small.tflite").write_bytes(small)
same = open_litert(folder / "small.tflite")(x_test).argmax(-1) == expected.argmax(-1)
print(f"{len(small):,} bytes; {same.mean():.1%} of the images get the same digit")
""",
    ),
    Step(
        key="request",
        title="read a request",
        cell_id="your-request",
        check=_check_request,
        hints=(
            "`json.loads` and `np.array` raise a ValueError for what they cannot read. What they "
            "can read, and should not be, you must look at yourself.",
            "Is it a dict with `images`? Is the array's shape `(n, 8, 8)` with n above 0? Are all "
            "pixels from 0 to 16? NaN compares as false with everything.",
            "`if not ((images >= 0) & (images <= 16)).all(): raise ValueError(...)`",
        ),
        solution='''import json


def parse_request(body):
    """The images of a request. Raises ValueError for anything else."""
    request = json.loads(body)
    if not isinstance(request, dict) or "images" not in request:
        raise ValueError('expected {"images": [...]}')
    try:
        images = np.array(request["images"], "float32")
    except TypeError as error:
        raise ValueError(f"pixels should be numbers: {error}") from None
    if images.ndim != 3 or images.shape[1:] != (8, 8) or not len(images):
        raise ValueError(f"expected images of shape (n, 8, 8), got {images.shape}")
    if not ((images >= 0) & (images <= 16)).all():
        raise ValueError("pixels should be from 0 to 16")
    return images


print(parse_request(json.dumps({"images": x_test[:2].tolist()}).encode()).shape)
''',
    ),
]
