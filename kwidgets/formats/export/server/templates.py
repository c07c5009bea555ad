"""The files of the server; ``%NAME%`` is replaced."""

from __future__ import annotations

from typing import Final

from kwidgets.formats.export.targets import TargetId

APP: Final = '''\
"""Serve %FILE% over HTTP.

Start: uvicorn app:app --port 8000
Try: python client.py, or http://127.0.0.1:8000/docs

This server answers one request at a time and does not know its users. Put it behind a proxy that
encrypts and authenticates before others can reach it.
"""

import pathlib
import threading
from typing import Any

import numpy as np
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

# By name: the shape without the rows (None is any size), and the type of the numbers.
INPUTS: dict[str, tuple[tuple[int | None, ...], str]] = %INPUTS%
OUTPUTS = %OUTPUTS%
MAX_ROWS = 256
MAX_BYTES = 64_000_000
HERE = pathlib.Path(__file__).parent

%RUNTIME%

app = FastAPI(title="%NAME%")
lock = threading.Lock()


class Rows(BaseModel):
    """A request: for each input a list of rows; a plain list if there is one input."""

    inputs: dict[str, list[Any]] | list[Any]


@app.middleware("http")
async def limit_size(request: Request, call_next: Any) -> Any:
    size = request.headers.get("content-length", "")
    if request.method == "POST" and not (size.isdigit() and int(size) <= MAX_BYTES):
        return JSONResponse({"detail": f"Send at most {MAX_BYTES:,} bytes."}, 413)
    return await call_next(request)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
def predict(rows: Rows) -> dict[str, Any]:
    inputs = read(rows.inputs)
    with lock:
        outputs = run(inputs)
    return {"outputs": {name: plain(np.asarray(each)) for name, each in outputs.items()}}


def read(given: dict[str, list[Any]] | list[Any]) -> dict[str, np.ndarray]:
    """Return the inputs of a request as arrays; refuse what does not fit, with the reason."""
    if isinstance(given, list):
        if len(INPUTS) > 1:
            raise HTTPException(422, f"Pass the inputs by name: {list(INPUTS)}.")
        given = {next(iter(INPUTS)): given}
    if set(given) != set(INPUTS):
        raise HTTPException(422, f"The inputs are {list(INPUTS)}, not {list(given)}.")
    arrays = {}
    for name, (shape, dtype) in INPUTS.items():
        try:
            if dtype == "string":
                array = np.array(given[name], dtype=object)
            else:
                array = np.array(given[name], dtype=dtype)
        except (TypeError, ValueError, OverflowError):
            raise HTTPException(422, f"Input {name} takes equal rows of type {dtype}.") from None
        wanted = (len(array), *shape) if array.ndim else shape
        if array.ndim != len(wanted) or any(
            want is not None and want != have
            for have, want in zip(array.shape, wanted, strict=True)
        ):
            raise HTTPException(422, f"Input {name} takes rows of shape {shape}.")
        arrays[name] = array
    counts = {len(array) for array in arrays.values()}
    if len(counts) > 1 or not 1 <= min(counts) <= MAX_ROWS:
        raise HTTPException(422, f"Send 1 to {MAX_ROWS} rows, as many for each input.")
    return arrays


def plain(array: np.ndarray) -> list[Any]:
    """Return an array as lists for JSON, which has no NaN and no infinity: null stands for them."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        array = np.where(np.isfinite(array), array, None)
    return array.tolist()
'''

_ONNX: Final = """\
import onnxruntime

session = onnxruntime.InferenceSession(
    str(HERE / "%FILE%"), providers=["CPUExecutionProvider"]
)
_inputs = [each.name for each in session.get_inputs()]
_outputs = [each.name for each in session.get_outputs()]
# Where the file has other names, it has the same order.
_names = list(INPUTS) if set(INPUTS) <= set(_inputs) else _inputs
_answers = OUTPUTS if set(OUTPUTS) <= set(_outputs) else _outputs


def run(inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    given = dict(zip(_names, inputs.values(), strict=True))
    return dict(zip(OUTPUTS, session.run(_answers, given), strict=True))
"""

_LITERT: Final = """\
from ai_edge_litert.interpreter import Interpreter

runner = Interpreter(str(HERE / "%FILE%")).get_signature_runner()
_inputs = list(runner.get_input_details())
_outputs = list(runner.get_output_details())
# Where the file has other names, its inputs have the same order, and its outputs are numbered.
_names = list(INPUTS) if set(INPUTS) <= set(_inputs) else _inputs
_answers = (
    OUTPUTS
    if set(OUTPUTS) <= set(_outputs)
    else sorted(_outputs, key=lambda name: int(name.rpartition("_")[2] or 0))
)


def run(inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    got = runner(**dict(zip(_names, inputs.values(), strict=True)))
    return {name: got[answer] for name, answer in zip(OUTPUTS, _answers, strict=True)}
"""

_OPENVINO: Final = """\
import openvino as ov

compiled = ov.Core().compile_model(str(HERE / "%FILE%"), "CPU")


def run(inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    got = compiled(list(inputs.values()))
    return {name: got[place] for place, name in enumerate(OUTPUTS)}
"""

_STRUCTURED: Final = """\


def run(inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    tensors = {name: %TENSOR% for name, each in inputs.items()}
    got = %CALL%(%PACKED%)
    if isinstance(got, dict):
        return {name: got[name] for name in OUTPUTS}
    if not isinstance(got, (list, tuple)):
        got = [got]
    return dict(zip(OUTPUTS, got, strict=True))
"""

_SAVED_MODEL: Final = (
    'import tensorflow as tf\n\nloaded = tf.saved_model.load(str(HERE / "%FILE%"))\n'
    + _STRUCTURED.replace("%TENSOR%", "tf.constant(each)").replace("%CALL%", "loaded.serve")
)

_KERAS: Final = (
    "%BACKEND%import keras\n\n"
    'model = keras.saving.load_model(HERE / "%FILE%", compile=False)\n'
    + _STRUCTURED.replace("%TENSOR%", "each").replace("%CALL%", "model.predict_on_batch")
)

_STABLEHLO: Final = (
    "import jax\nfrom jax import export\n\n"
    'exported = export.deserialize(bytearray((HERE / "%FILE%").read_bytes()))\n'
    "call = jax.jit(exported.call)\n"
    + _STRUCTURED.replace("%TENSOR%", "each").replace("%CALL%", "call")
)

#: How each format is read and run.
RUNTIMES: Final[dict[TargetId, str]] = {
    "onnx": _ONNX,
    "litert": _LITERT,
    "litert_float16": _LITERT,
    "litert_int8": _LITERT,
    "openvino": _OPENVINO,
    "saved_model": _SAVED_MODEL,
    "keras": _KERAS,
    "stablehlo": _STABLEHLO,
}

#: What pip installs for each, besides the server.
REQUIREMENTS: Final[dict[TargetId, tuple[str, ...]]] = {
    "onnx": ("onnxruntime",),
    "litert": ("ai-edge-litert",),
    "litert_float16": ("ai-edge-litert",),
    "litert_int8": ("ai-edge-litert",),
    "openvino": ("openvino",),
    "saved_model": ("tensorflow",),
    "keras": ("keras",),
    "stablehlo": ("jax",),
}

CLIENT: Final = '''\
"""Send rows to the server, and print what it answers: python client.py [address]"""

import json
import sys
import urllib.request

address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"

# Replace this by your own rows.
inputs = %ROWS%

request = urllib.request.Request(
    f"{address}/predict",
    data=json.dumps({"inputs": inputs}).encode(),
    headers={"Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=30) as response:
    print(json.dumps(json.load(response), indent=2))
'''

DOCKERFILE: Final = """\
FROM python:%PYTHON%-slim
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --no-create-home server
USER server
EXPOSE 8000
CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]
"""

README: Final = """\
# %NAME%

A server for `%FILE%`. It answers `POST /predict`; `GET /docs` shows how, and `GET /health` whether
it runs.

Start it here:

    pip install -r requirements.txt
    uvicorn app:app --port 8000
    python client.py

or in a container:

    docker build -t %IMAGE% .
    docker run --rm -p 127.0.0.1:8000:8000 %IMAGE%

It answers one request at a time, does not encrypt, and does not know its users: put it behind a
proxy that does before others can reach it.
"""
