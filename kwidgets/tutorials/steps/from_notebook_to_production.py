"""Define the steps of 06_from_notebook_to_production: export, compare and serve a model."""

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
        yield failed(f"`serving_model` should be a model, not {short_repr(serving)}.")
        return
    pixels = user_ns.x_test[:100]
    expected = user_ns.model.predict(pixels / 16, verbose=0)
    answer = serving.predict(pixels, verbose=0)
    if np.shape(answer) != np.shape(expected):
        yield failed(
            f"The output shape is {np.shape(answer)}. It should be {np.shape(expected)}, ten "
            "probabilities per image."
        )
        return
    yield expect(
        is_close(answer, expected),
        "It takes raw pixels and returns the probabilities of the model.",
        "For raw pixels, its probabilities differ by up to "
        f"{abs(answer - expected).max():.2f} from those of `model` for `pixels / 16`.",
    )


def _check_tolerance(user_ns: UserNamespace) -> Iterator[CheckResult]:
    tolerance = finite_float(user_ns.tolerance)
    if tolerance is None:
        yield failed(f"`tolerance` should be a number, not {short_repr(user_ns.tolerance)}.")
        return
    largest = max(user_ns.differences.values(), default=0.0)
    yield expect(
        tolerance >= max(largest, 1e-7),
        "Exports that differ only by rounding are accepted.",
        f"{tolerance:g} is too strict. A 32-bit number has about seven digits, and the last ones "
        "may differ on other machines.",
    )
    yield expect(
        tolerance <= 1e-3,
        "Exports with an error are rejected.",
        f"{tolerance:g} is too large for probabilities: an export with an error may be accepted.",
    )


def _check_sizes(user_ns: UserNamespace) -> Iterator[CheckResult]:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "below" / "deep").mkdir(parents=True)
        (folder / "one").write_bytes(bytes(700))
        (folder / "below" / "deep" / "two").write_bytes(bytes(5000))
        for path, expected, what in (
            (folder / "one", 700, "a file"),
            (folder, 5700, "a folder with a file, and another file two levels down"),
        ):
            value = user_ns.size_of(path)
            yield expect(
                is_close(value, expected),
                f"{what.capitalize()}: {expected:,} bytes.",
                f"{what.capitalize()} has {expected:,} bytes, not {short_repr(value)}.",
            )
        yield expect(
            is_close(user_ns.size_of(str(folder)), 5700),
            "A path can be a string too.",
            "The result is wrong if the folder is a string, not a `Path`.",
        )


def _check_signature(user_ns: UserNamespace) -> Iterator[CheckResult]:
    serve = getattr(user_ns.signed, "serve", None)
    if serve is None:
        yield failed(f"`signed` should be a loaded SavedModel, not {short_repr(user_ns.signed)}.")
        return
    expected = user_ns.serving_model.predict(user_ns.x_test[:32], verbose=0)
    for count in (1, 5, 32):
        try:
            answer = np.asarray(serve(user_ns.x_test[:count]))
        except (TypeError, ValueError):
            yield failed(f"It does not accept {count} images at once.")
        else:
            yield expect(
                is_close(answer, expected[:count]),
                f"It accepts {count} images." if count > 1 else "It accepts one image.",
                f"It accepts {count} images, but the results differ from those of `serving_model`.",
            )


def _check_quantised(user_ns: UserNamespace) -> Iterator[CheckResult]:
    small = user_ns.small
    if not isinstance(small, bytes):
        yield failed(f"`small` should be the bytes of a LiteRT model, not {short_repr(small)}.")
        return
    weights = 4 * user_ns.serving_model.count_params()
    yield expect(
        len(small) < weights / 2,
        f"It has {len(small):,} bytes; the 32-bit weights have {weights:,}.",
        f"It has {len(small):,} bytes, but the 32-bit weights have {weights:,}. With 8 bits, it "
        "should be less than half.",
    )
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "small.tflite"
        path.write_bytes(small)
        answer = user_ns.open_litert(path)(user_ns.x_test)
    same = float(np.mean(answer.argmax(-1) == user_ns.expected.argmax(-1)))
    yield expect(
        same >= 0.97,
        f"{same:.1%} of the predictions are unchanged.",
        f"Only {same:.1%} of the predictions are unchanged. It should be at least 97 %.",
    )


_IMAGE = np.arange(64).reshape(8, 8) % 17
_BAD: dict[str, bytes] = {
    "invalid JSON": b"hello",
    "JSON that is not an object": b"[1, 2]",
    "an object without `images`": b'{"pictures": []}',
    "an empty list": b'{"images": []}',
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
        "Two valid images are returned unchanged.",
        "For two valid images, return a float32 array of shape (2, 8, 8), not "
        f"{short_repr(images)}.",
    )
    said = [case for case, body in _BAD.items() if not _complaint(user_ns, body)]
    if len(said) < len(_BAD):
        yield passed(f"{len(_BAD) - len(said)} of {len(_BAD)} invalid requests raise a ValueError.")
    for case in said:
        yield failed(f"Raise a ValueError for {case}. Currently, {_instead(user_ns, _BAD[case])}.")


def _complaint(user_ns: UserNamespace, body: bytes) -> bool:
    return _outcome(user_ns, body)[0]


def _instead(user_ns: UserNamespace, body: bytes) -> str:
    return _outcome(user_ns, body)[1]


def _outcome(user_ns: UserNamespace, body: bytes) -> tuple[bool, str]:
    """Return whether the user's function raises a ValueError, and what it does instead."""
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
        title="include the preprocessing in the model",
        cell_id="your-serving-model",
        check=_check_rescaling,
        hints=(
            "The layer `keras.layers.Rescaling` multiplies its input by a number.",
            "Create a Sequential from an input, this layer and `model`.",
            "`keras.Sequential([keras.Input((8, 8)), keras.layers.Rescaling(1 / 16), model])`",
        ),
        solution="""serving_model = keras.Sequential([
    keras.Input((8, 8)),
    keras.layers.Rescaling(1 / 16),
    model,
])

print("with raw pixels:", serving_model.predict(x_test[:1], verbose=0).round(3)[0])
print("expected:       ", model.predict(x_test[:1] / 16, verbose=0).round(3)[0])
""",
    ),
    Step(
        key="tolerance",
        title="choose a tolerance",
        cell_id="your-tolerance",
        check=_check_tolerance,
        hints=(
            "Look at the printed numbers: which are due to rounding, and which to an actual error?",
            "Choose a value ten to a hundred times as large as the rounding errors.",
            "`1e-4` and `1e-5` are common for probabilities computed with 32 bits.",
        ),
        solution="""tolerance = 1e-4

fault = float(abs(serving_model.predict(x_test / 16, verbose=0) - expected).max())
for name, difference in {**differences, "(a fault)": fault}.items():
    print(f"{name:<11} {difference:.1e}  {'same' if difference <= tolerance else 'differs'}")
""",
    ),
    Step(
        key="sizes",
        title="compute the size of an export",
        cell_id="your-sizes",
        check=_check_sizes,
        hints=(
            "`path.is_file()` distinguishes files from folders.",
            '`path.rglob("*")` lists everything in a folder, including subfolders.',
            "Add up `stat().st_size` of the files.",
        ),
        solution='''def size_of(path):
    """Return the number of bytes of a file, or of all files in a folder."""
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
        title="accept any number of images",
        cell_id="your-signature",
        check=_check_signature,
        hints=(
            "The first element of the shape is the number of images.",
            "Use `None` to accept any number.",
        ),
        solution="""signature = [keras.InputSpec(shape=(None, 8, 8), dtype="float32")]

serving_model.export(folder / "signed", input_signature=signature, verbose=False)
signed = tf.saved_model.load(str(folder / "signed"))
for count in (1, 5):
    try:
        print(f"{count} images: output shape {signed.serve(x_test[:count]).shape}")
    except (TypeError, ValueError) as error:
        print(f"{count} images: {type(error).__name__}: {str(error).splitlines()[0][:70]}")
""",
    ),
    Step(
        key="quantised",
        title="quantize the model",
        cell_id="your-quantised",
        check=_check_quantised,
        hints=(
            "Set the attribute after you create the converter and before you call `convert`.",
            "`converter.optimizations = [tf.lite.Optimize.DEFAULT]`",
        ),
        solution="""saved_model = str(folder / "saved_model")
converter = tf.lite.TFLiteConverter.from_saved_model(saved_model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
small = converter.convert()

(folder / "small.tflite").write_bytes(small)
same = open_litert(folder / "small.tflite")(x_test).argmax(-1) == expected.argmax(-1)
print(f"{len(small):,} bytes; {same.mean():.1%} of the predictions are unchanged")
""",
    ),
    Step(
        key="request",
        title="read a request",
        cell_id="your-request",
        check=_check_request,
        hints=(
            "`json.loads` and `np.array` raise a ValueError for what they cannot read. Check the "
            "other conditions yourself.",
            "Is it a dict with `images`? Is the shape of the array `(n, 8, 8)` with n above 0? Are "
            "all pixels from 0 to 16? Comparisons with NaN are false.",
            "`if not ((images >= 0) & (images <= 16)).all(): raise ValueError(...)`",
        ),
        solution='''import json


def parse_request(body):
    """Return the images of a request, or raise ValueError."""
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
