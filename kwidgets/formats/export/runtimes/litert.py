"""LiteRT, once TensorFlow Lite: 32-bit numbers, 16-bit weights, or 8-bit integers."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kwidgets.formats.export.prepared import Arrays, Signature, batch_of, load_arrays
from kwidgets.formats.export.runtimes.runtime import (
    CodeFacts,
    Conversion,
    Runner,
    as_array,
    in_order,
    load_lines,
    matched,
    named_sample_code,
)
from kwidgets.language import Message, message

THREADS_BY_PROCESS = False


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Convert the SavedModel, as ``model.export(format="litert")`` does."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(source.saved_model))
    # Its own operations where there are some; TensorFlow's need a larger runtime.
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    converter.experimental_enable_resource_variables = True
    lost: tuple[Message, ...] = ()
    if options["target"] != "litert":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if options["target"] == "litert_float16":
        converter.target_spec.supported_types = [tf.float16]
        lost = (message("Weights have 16 bits: about 3 digits."),)
    if options["target"] == "litert_int8":
        calibration = load_arrays(Path(options["calibration"]))
        converter.representative_dataset = lambda: _one_by_one(source, calibration)
        lost = (
            message(
                "32-bit numbers: weights and activations have 8 bits. Operations that have no "
                "8-bit form keep 32."
            ),
        )
    path.write_bytes(converter.convert())
    notes: tuple[Message, ...] = ()
    if b"Flex" in path.read_bytes():
        notes = (
            message(
                "It has operations of TensorFlow itself (Flex): the device needs the runtime "
                "with select TensorFlow operations."
            ),
        )
    return Conversion(
        lost=lost,
        notes=notes,
        file_inputs=in_order(source.signature.inputs, _inputs(path)),
    )


def _inputs(path: Path) -> list[str]:
    """Return the names of the file's inputs; none where only a larger runtime can tell."""
    import tensorflow as tf

    try:
        signatures = tf.lite.Interpreter(model_content=path.read_bytes()).get_signature_list()
    except (ValueError, RuntimeError):
        return []
    return [str(name) for each in list(signatures.values())[:1] for name in each.get("inputs", ())]


def _one_by_one(source: Any, calibration: Arrays) -> Iterator[tuple[str, dict[str, Any]]]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(source.saved_model))
    specs = loaded.signatures["serving_default"].structured_input_signature[1]
    names = list(specs)
    places = matched(source.signature.inputs, names)
    size = source.signature.batch_size or 1
    for start in range(0, len(next(iter(calibration.values()))), size):
        batch = batch_of(calibration, start, size)
        yield (
            "serving_default",
            {
                names[place]: batch[spec.name]
                for spec, place in zip(source.signature.inputs, places, strict=True)
            },
        )


def open_file(path: Path, threads: int, signature: Signature) -> Runner:
    """Load it with LiteRT; with TensorFlow's copy where it needs TensorFlow's operations."""
    notes: tuple[Message, ...] = ()
    content = path.read_bytes()
    wants_flex = b"Flex" in content
    if importlib.util.find_spec("ai_edge_litert") and not wants_flex:
        from ai_edge_litert import interpreter as library
    else:
        import tensorflow as tf

        library = tf.lite
    interpreter = library.Interpreter(
        model_content=content, num_threads=1 if threads == 1 else threads
    )
    runner = interpreter.get_signature_runner()
    details = runner.get_input_details()
    names, outputs = list(details), list(runner.get_output_details())
    places = matched(signature.inputs, names)
    answers = matched(signature.outputs, outputs)
    if not {spec.name for spec in signature.outputs} <= set(outputs):
        # Keras numbers them in the order of the model; the file lists them in any.
        numbered = sorted(outputs, key=_number)
        answers = [outputs.index(name) for name in numbered]

    def run(inputs: Arrays) -> Arrays:
        given = {}
        for spec, place in zip(signature.inputs, places, strict=True):
            value = inputs[spec.name]
            wanted = details[names[place]]["dtype"]
            if value.dtype.kind == "U":
                value = np.array([one.encode() for one in value.ravel()], object).reshape(
                    value.shape
                )
            elif value.dtype != wanted:
                value = value.astype(wanted)
            given[names[place]] = value
        got = runner(**given)
        return {
            spec.name: as_array(got[outputs[place]])
            for spec, place in zip(signature.outputs, answers, strict=True)
        }

    return Runner(run, notes)


def _number(name: str) -> tuple[int, str]:
    digits = name.rpartition("_")[2]
    return (int(digits) if digits.isdigit() else 0, name)


def code(facts: CodeFacts) -> str:
    """Return the program that writes it."""
    lines = "" if facts.from_saved_model else load_lines(facts)
    if facts.target == "litert":
        return f'{lines}model.export("{facts.file_name}", format="litert")\n'
    lines += "import tensorflow as tf\n\n"
    if facts.target == "litert_float16":
        setting = 'target_spec={"supported_types": [tf.float16]}'
    else:
        lines += _calibration_code(facts)
        setting = "representative_dataset=representative_dataset"
    return (
        f"{lines}model.export(\n"
        f'    "{facts.file_name}",\n'
        '    format="litert",\n'
        "    optimizations=[tf.lite.Optimize.DEFAULT],\n"
        f"    {setting},\n"
        ")\n"
    )


def _calibration_code(facts: CodeFacts) -> str:
    specs = facts.signature.inputs
    rows = "x[row : row + 1]" if len(specs) == 1 else "x[{name!r}][row : row + 1]"
    fields = ", ".join(
        f"{name!r}: {rows.format(name=spec.name)}"
        for name, spec in zip(facts.names, specs, strict=True)
    )
    return (
        "\ndef representative_dataset():\n"
        "    # x: some hundred typical samples, as the model gets them.\n"
        "    for row in range(100):\n"
        f'        yield "serving_default", {{{fields}}}\n\n\n'
    )


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it."""
    return (
        "import numpy as np\nfrom ai_edge_litert.interpreter import Interpreter\n\n"
        f'runner = Interpreter("{facts.file_name}").get_signature_runner()\n'
        f"{named_sample_code(facts)}\n"
        "print(runner(**samples))\n"
    )
