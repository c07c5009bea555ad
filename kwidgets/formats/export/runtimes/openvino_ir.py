"""OpenVINO's IR: an ``.xml`` file with the graph and a ``.bin`` file with the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

THREADS_BY_PROCESS = False


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Write both files into a folder."""
    path.mkdir()
    file = path / options["inner_name"]
    if source.model is not None:
        source.model.export(str(file), format="openvino", verbose=False)
        if _ports(file) == (len(source.signature.inputs), len(source.signature.outputs)):
            return Conversion()
    import openvino as ov

    ov.save_model(ov.convert_model(str(source.saved_model)), file, compress_to_fp16=False)
    return Conversion(from_saved_model=True)


def _ports(file: Path) -> tuple[int, int]:
    """Return how many inputs and outputs a file has: Keras 3.15 makes constants of a layer such."""
    import openvino as ov

    model = ov.Core().read_model(str(file))
    return len(model.inputs), len(model.outputs)


def open_file(path: Path, threads: int, signature: Signature) -> Runner:
    """Load it with OpenVINO's runtime, on the processor."""
    import openvino as ov

    file = next(path.glob("*.xml")) if path.is_dir() else path
    config: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    if threads == 1:
        config["INFERENCE_NUM_THREADS"] = 1
    compiled = ov.Core().compile_model(str(file), "CPU", config)
    names = [_name(each) for each in compiled.inputs]
    places = matched(signature.inputs, names)

    def run(inputs: Arrays) -> Arrays:
        given = {
            place: inputs[spec.name] for spec, place in zip(signature.inputs, places, strict=True)
        }
        got = compiled(given)
        return pack(signature.outputs, [got[each] for each in compiled.outputs])

    return Runner(run)


def _name(port: Any) -> str:
    return str(port.get_any_name()) if port.get_names() else ""


def code(facts: CodeFacts) -> str:
    """Return the program that writes it."""
    if facts.from_saved_model:
        return (
            "import openvino as ov\n\n"
            'model.export("saved_model")\n'
            f'ov.save_model(ov.convert_model("saved_model"), "{facts.file_name}", '
            "compress_to_fp16=False)\n"
        )
    return f'{load_lines(facts)}model.export("{facts.file_name}", format="openvino")\n'


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it."""
    return (
        "import numpy as np\nimport openvino as ov\n\n"
        f'compiled = ov.Core().compile_model("{facts.file_name}", "CPU")\n'
        f"{named_sample_code(facts)}\n"
        "print(compiled(samples))\n"
    )
