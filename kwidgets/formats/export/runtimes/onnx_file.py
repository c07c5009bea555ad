"""ONNX, for ONNX Runtime and most other runtimes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kwidgets.formats.export.child import ChildError
from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.formats.export.runtimes.runtime import (
    CodeFacts,
    Conversion,
    Runner,
    in_order,
    load_lines,
    matched,
    named_sample_code,
    pack,
    sample_code,
)
from kwidgets.language import message

THREADS_BY_PROCESS = False


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Write it with Keras, or from the SavedModel where that is not possible or not right."""
    if source.model is not None:
        source.model.export(str(path), format="onnx", verbose=False)
        names = _inputs(path)
        if len(names) == len(source.signature.inputs):
            return Conversion(file_inputs=in_order(source.signature.inputs, names))
        path.unlink(missing_ok=True)
    _from_saved_model(source.saved_model, path)
    if not path.exists():
        raise ChildError(message("The converter ended without a file and without an error."))
    return Conversion(
        from_saved_model=True, file_inputs=in_order(source.signature.inputs, _inputs(path))
    )


def _inputs(path: Path) -> list[str]:
    """Return the names of the file's inputs: Keras 3.15 makes constants of a layer into some."""
    import onnx

    graph = onnx.load(str(path), load_external_data=False).graph
    constants = {each.name for each in graph.initializer}
    return [each.name for each in graph.input if each.name not in constants]


def _from_saved_model(folder: Path, path: Path) -> None:
    from tf2onnx import convert as program

    before = sys.argv
    # What `python -m tf2onnx.convert` does, in this process, which is ours alone.
    sys.argv = ["tf2onnx.convert", "--saved-model", str(folder), "--output", str(path)]
    try:
        program.main()
    finally:
        sys.argv = before


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
    load = load_lines(facts).replace("import keras\n", "import keras\nimport numpy as np\n")
    return (
        f"{load}{sample_code(facts.signature)}\n"
        "model(samples)  # Keras exports to ONNX only after a call\n"
        f'model.export("{facts.file_name}", format="onnx")\n'
    )


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it."""
    return (
        "import numpy as np\nimport onnxruntime\n\n"
        f'session = onnxruntime.InferenceSession("{facts.file_name}", '
        'providers=["CPUExecutionProvider"])\n'
        f"{named_sample_code(facts)}\n"
        "print(session.run(None, samples))\n"
    )
