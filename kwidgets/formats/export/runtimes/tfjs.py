"""TensorFlow.js: a folder for browsers, written by a converter with an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from kwidgets.formats.export.child import ChildError
from kwidgets.formats.export.prepared import Signature
from kwidgets.formats.export.runtimes.runtime import CodeFacts, Conversion, Runner
from kwidgets.language import message

THREADS_BY_PROCESS = False
_PROGRAM = "tensorflowjs_converter"
_OURS = frozenset({"PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHOME", "KERAS_BACKEND"})


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Run the converter on the SavedModel."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise ChildError(message("The program %1 is not on PATH.", _PROGRAM), _PROGRAM)
    done = subprocess.run(
        [
            program,
            "--input_format=tf_saved_model",
            "--signature_name=serving_default",
            str(source.saved_model),
            str(path),
        ],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        # Its environment has other releases of what this process imports.
        env={name: value for name, value in os.environ.items() if name not in _OURS},
    )
    if done.returncode or not (path / "model.json").exists():
        lines = (done.stderr.strip() or done.stdout.strip() or str(done.returncode)).splitlines()
        raise ChildError(message("The converter %1 failed: %2", _PROGRAM, lines[-1][:300]))
    return Conversion()


def open_file(path: Path, threads: int, signature: Signature) -> Runner:
    """Refuse: its runtime is JavaScript."""
    raise ChildError(
        message(
            "It was not compared, since its runtime is JavaScript. Compare a few predictions in "
            "your page."
        )
    )


def code(facts: CodeFacts) -> str:
    """Return the program that writes it."""
    return (
        'model.export("saved_model")\n'
        "# then in a terminal, in an environment with tensorflowjs:\n"
        f"# {_PROGRAM} --input_format=tf_saved_model --signature_name=serving_default "
        f"saved_model {facts.file_name}\n"
    )


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it, in JavaScript."""
    return (
        "// npm install @tensorflow/tfjs\n"
        "import * as tf from '@tensorflow/tfjs';\n\n"
        f"const model = await tf.loadGraphModel('{facts.file_name}/model.json');\n"
        "const samples = tf.zeros(model.inputs[0].shape.map((side) => Math.max(side, 1)));\n"
        "model.predict(samples).print();\n"
    )
