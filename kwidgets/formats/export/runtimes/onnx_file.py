"""ONNX, for ONNX Runtime and most other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kwidgets.formats.export.child import ChildError
from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.formats.export.runtimes.runtime import (
    CodeFacts,
    Conversion,
    Runner,
    load_lines,
    matched,
    named_sample_code,
    pack,
)
from kwidgets.language import message

THREADS_BY_PROCESS = False


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Write it with Keras, or from the SavedModel where no other process can load the model."""
    model = source.model
    if model is not None:
        model.export(str(path), format="onnx", verbose=False)
    else:
        _from_saved_model(source.saved_model, path)
    if not path.exists():
        raise ChildError(message("The converter ended without a file and without an error."))
    return Conversion()


def _from_saved_model(folder: Path, path: Path) -> None:
    import tensorflow as tf
    import tf2onnx

    loaded = tf.saved_model.load(str(folder))
    function = loaded.signatures["serving_default"]
    specs = function.structured_input_signature[1]
    tf2onnx.convert.from_function(
        tf.function(lambda **tensors: function(**tensors)),
        # By name: from_function takes keyword arguments as a dict in the signature's place.
        input_signature=list(specs.values()),
        output_path=str(path),
    )


def open_file(path: Path, threads: int, signature: Signature) -> Runner:
    """Load it with ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # 0 is all processors.
    options.intra_op_num_threads = 1 if threads == 1 else 0
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    places = matched(signature.inputs, names)
    outputs = matched(signature.outputs, [each.name for each in session.get_outputs()])

    def run(inputs: Arrays) -> Arrays:
        given = {
            names[place]: inputs[spec.name].astype(object)
            if inputs[spec.name].dtype.kind == "U"
            else inputs[spec.name]
            for spec, place in zip(signature.inputs, places, strict=True)
        }
        got = session.run(None, given)
        return pack(signature.outputs, [got[place] for place in outputs])

    return Runner(run)


def code(facts: CodeFacts) -> str:
    """Return the program that writes it."""
    if facts.from_saved_model:
        return (
            f'model.export("saved_model")\n'
            "# then in a terminal:\n"
            f"# python -m tf2onnx.convert --saved-model saved_model --output {facts.file_name}\n"
        )
    return f'{load_lines(facts)}model.export("{facts.file_name}", format="onnx")\n'


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it."""
    return (
        "import numpy as np\nimport onnxruntime\n\n"
        f'session = onnxruntime.InferenceSession("{facts.file_name}", '
        'providers=["CPUExecutionProvider"])\n'
        f"{named_sample_code(facts.signature)}\n"
        "print(session.run(None, samples))\n"
    )
