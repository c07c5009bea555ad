"""TensorFlow's SavedModel: a folder that runs without Keras."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.formats.export.runtimes.runtime import (
    CodeFacts,
    Conversion,
    Runner,
    flat_outputs,
    load_lines,
    sample_code,
)

# TensorFlow sets its threads before the first operation.
THREADS_BY_PROCESS = True


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Write it with Keras, or copy the one that the notebook's process has written."""
    shutil.copytree(source.saved_model, path)
    return Conversion()


def open_file(path: Path, threads: int, signature: Signature) -> Runner:
    """Load it with TensorFlow alone."""
    import tensorflow as tf

    if threads == 1:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    loaded = tf.saved_model.load(str(path))

    def run(inputs: Arrays) -> Arrays:
        tensors = {name: tf.convert_to_tensor(each) for name, each in inputs.items()}
        # `loaded` is kept: its function alone does not keep its weights.
        return flat_outputs(loaded.serve(signature.packed(tensors)), signature)

    return Runner(run)


def code(facts: CodeFacts) -> str:
    """Return the program that writes it."""
    if facts.from_saved_model:
        return f'model.export("{facts.file_name}")\n'
    return f'{load_lines(facts)}model.export("{facts.file_name}")\n'


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it."""
    tensors = {
        "single": "tf.constant(samples)",
        "list": "[tf.constant(each) for each in samples]",
        "dict": "{name: tf.constant(each) for name, each in samples.items()}",
    }[facts.signature.structure]
    return (
        "import numpy as np\nimport tensorflow as tf\n\n"
        f'loaded = tf.saved_model.load("{facts.file_name}")\n'
        f"{sample_code(facts.signature)}\n"
        f"print(loaded.serve({tensors}))\n"
    )
