"""Keras's own file: ``.keras``."""

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
    sample_code,
)

# Keras sets its threads when it is imported.
THREADS_BY_PROCESS = True


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Copy the file that the notebook's process has written."""
    shutil.copyfile(source.keras_file, path)
    return Conversion()


def open_file(path: Path, threads: int, signature: Signature) -> Runner:
    """Load it with Keras."""
    import keras

    model = keras.saving.load_model(path, compile=False)

    def run(inputs: Arrays) -> Arrays:
        return flat_outputs(model.predict_on_batch(signature.packed(texts(inputs))), signature)

    return Runner(run)


def texts(inputs: Arrays) -> Arrays:
    """Return inputs with texts as Keras takes them."""
    return {
        name: each.astype(object) if each.dtype.kind == "U" else each
        for name, each in inputs.items()
    }


def code(facts: CodeFacts) -> str:
    """Return the program that writes it."""
    return f'model.save("{facts.file_name}")\n'


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it."""
    return (
        "import keras\nimport numpy as np\n\n"
        f'model = keras.saving.load_model("{facts.file_name}")\n'
        f"{sample_code(facts.signature)}\n"
        "print(model.predict(samples))\n"
    )
