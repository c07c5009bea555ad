"""The formats that a model can be exported to, and what each of them needs, as plain data."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from kwidgets.language import Message, message, t

TargetId: TypeAlias = Literal[
    "keras",
    "saved_model",
    "onnx",
    "litert",
    "litert_float16",
    "litert_int8",
    "openvino",
    "stablehlo",
    "tfjs",
]
TARGET_IDS: Final[tuple[TargetId, ...]] = get_args(TargetId)


@dataclass(frozen=True)
class Target:
    """A format to export to.

    Attributes:
        id: its name in Python and on the wire.
        title: its own name, which is not translated.
        runs_on: where such a file is used.
        suffix: the end of the file's name; "" for a folder.
        modules: what must be importable here to convert.
        check_modules: what must be importable here to read the file back; one of each group.
        packages: the names for pip that bring all of these.
        converts_on: the Keras backend of the process that converts, whatever the model's is.
        own_environment: the converter cannot be installed beside this TensorFlow, so a program of
            its own converts: its name on PATH.
    """

    id: TargetId
    title: str
    runs_on: Message
    suffix: str
    modules: tuple[str, ...]
    check_modules: tuple[tuple[str, ...], ...]
    packages: tuple[str, ...]
    converts_on: Literal["tensorflow", "jax"] = "tensorflow"
    own_environment: str = ""

    @property
    def install(self) -> str:
        """The line for a terminal that installs the packages."""
        line = f"pip install {' '.join(self.packages)}"
        return f"{line}  # {t('in an environment of its own')}" if self.own_environment else line


_TENSORFLOW: Final = (("tensorflow",),)
# The first is smaller, the second comes with TensorFlow.
_LITERT: Final = (("ai_edge_litert", "tensorflow"),)

TARGETS: Final[tuple[Target, ...]] = (
    Target(
        "keras",
        "Keras",
        message("Keras 3 on any backend; training can continue from it"),
        ".keras",
        ("keras",),
        (("keras",),),
        ("keras",),
    ),
    Target(
        "saved_model",
        "SavedModel",
        message("TensorFlow Serving, and TensorFlow in other languages, without Keras"),
        "",
        ("tensorflow",),
        _TENSORFLOW,
        ("tensorflow",),
    ),
    Target(
        "onnx",
        "ONNX",
        message("ONNX Runtime on servers, in browsers and on phones, and most other runtimes"),
        ".onnx",
        ("tensorflow", "onnx", "tf2onnx"),
        (("onnxruntime",),),
        ("onnx", "onnxruntime", "tf2onnx"),
    ),
    Target(
        "litert",
        "LiteRT",
        message("Phones and small devices; 32-bit numbers"),
        ".tflite",
        ("tensorflow",),
        _LITERT,
        ("ai-edge-litert",),
    ),
    Target(
        "litert_float16",
        "LiteRT float16",
        message("Phones and small devices; half the size, weights of 16 bits"),
        ".tflite",
        ("tensorflow",),
        _LITERT,
        ("ai-edge-litert",),
    ),
    Target(
        "litert_int8",
        "LiteRT int8",
        message("Phones, microcontrollers and accelerators; a quarter of the size, 8-bit integers"),
        ".tflite",
        ("tensorflow",),
        _LITERT,
        ("ai-edge-litert",),
    ),
    Target(
        "openvino",
        "OpenVINO",
        message("Intel processors, graphics and NPUs"),
        ".xml",
        ("tensorflow", "openvino"),
        (("openvino",),),
        ("openvino",),
    ),
    Target(
        "stablehlo",
        "StableHLO",
        message("JAX, and compilers of OpenXLA such as IREE"),
        ".stablehlo",
        ("jax",),
        (("jax",),),
        ("jax",),
        converts_on="jax",
    ),
    Target(
        "tfjs",
        "TensorFlow.js",
        message("Browsers and Node.js"),
        "",
        ("tensorflow",),
        (),
        # Its own needs are open upwards, and what is new of these fails with the rest.
        ("tensorflowjs", '"ydf<0.13"', '"setuptools<81"'),
        own_environment="tensorflowjs_converter",
    ),
)

_BY_ID: Final = {target.id: target for target in TARGETS}


def target_of(name: str) -> Target:
    """Return the target of an id.

    Raises:
        ValueError: there is none.
    """
    for target_id, target in _BY_ID.items():
        if target_id == name:
            return target
    names = ", ".join(map(repr, TARGET_IDS))
    raise ValueError(f"unknown target {name!r}. Use one of {names}.")


def missing_modules(target: Target) -> tuple[str, ...]:
    """Return the modules that a target needs and that are not installed. Imports none of them."""
    missing = [name for name in target.modules if not _installed(name)]
    for group in target.check_modules:
        if not any(map(_installed, group)):
            missing.append(group[0])
    return tuple(dict.fromkeys(missing))


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    # A module that someone has set to None in sys.modules, or that has no spec.
    except (ImportError, ValueError):
        return False
