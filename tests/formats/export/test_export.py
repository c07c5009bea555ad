"""``kw.export``: each file gives the predictions of the model, read by its own runtime."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kwidgets
from kwidgets.formats.export.exports import Exports
from kwidgets.formats.export.targets import missing_modules, target_of
from tests.formats.export.tiny import tiny_model

# All these need but one process with TensorFlow, which takes seconds to start.
TARGETS = ("onnx", "litert", "litert_int8", "tfjs")
OTHERS = ("keras", "saved_model", "litert_float16", "openvino", "stablehlo")
# The machine may have other work.
pytestmark = pytest.mark.timeout(600)


def export(folder: Path, targets: tuple[str, ...], **options: Any) -> Exports:
    model, x, y = tiny_model()
    return kwidgets.export(
        model,
        validation_data=(x, y),
        targets=targets,
        folder=folder,
        verbose=False,
        **options,
    )


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, temporary: Path) -> Exports:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        patch.setenv("TMPDIR", str(temporary))
        return export(tmp_path_factory.mktemp("exports"), TARGETS, latency=False)


def test_nothing_stays_in_the_temporary_folder(exports, temporary):
    assert exports.facts.state == "done"
    assert os.listdir(temporary) == []


@pytest.mark.parametrize("target", ["onnx", "litert"])
def test_a_file_gives_the_predictions_of_the_model(exports, target):
    row = exports[target]
    assert row.status == "done", row.problem
    assert row.difference.maximum < 1e-5 < row.difference.scale
    assert row.difference.same_class == 1
    assert row.difference.num_samples == 48
    assert Path(row.path).stat().st_size == row.num_bytes


def test_a_file_has_the_metrics_of_the_model(exports):
    model, x, y = tiny_model()
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    for target in ("onnx", "litert"):
        found = {metric.name: metric for metric in exports[target].metrics}
        for name, value in expected.items():
            assert found[name].model == pytest.approx(value, abs=1e-5)
            assert found[name].export == pytest.approx(value, abs=1e-5)


def test_integers_differ_and_say_what_they_were_calibrated_with(exports):
    row = exports["litert_int8"]
    assert row.status == "done", row.problem
    assert 0 < row.difference.maximum < 0.1
    assert "Calibrated with %1 samples: %2" in [note["key"] for note in row.notes]


def test_a_missing_converter_is_a_row_with_its_pip_line_and_the_others_are_made(exports):
    assert missing_modules(target_of("tfjs")) == ()
    row = exports["tfjs"]
    assert row.status == "missing"
    assert row.install.startswith("pip install tensorflowjs ")
    assert row.install.endswith("  # in an environment of its own")
    assert row.path is None


def test_nothing_but_the_finished_files_is_in_the_folder(exports):
    assert sorted(os.listdir(exports.folder)) == [
        "tiny.onnx",
        "tiny.tflite",
        "tiny_int8.tflite",
    ]


@pytest.mark.parametrize("target", ["onnx", "litert"])
def test_the_program_of_a_row_runs_the_file_without_kwidgets_and_keras(exports, target):
    program = exports[target].run_code + (
        "import sys\nassert not {'kwidgets', 'keras', 'tensorflow'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=exports.folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert "0." in done.stdout


def test_the_result_is_a_text_a_page_and_a_table(exports):
    text = exports.to_text()
    assert ("rounding" in text or "Identical" in text) and "pip install tensorflowjs" in text
    assert "<table>" in exports._repr_mimebundle_()["text/html"]
    table = exports.to_pandas()
    assert list(table.index) == list(TARGETS)
    assert table.loc["onnx", "status"] == "done"
    assert 'format="onnx"' in exports.code
    with pytest.raises(KeyError, match="it has 'onnx'"):
        exports["openvino"]


def test_a_card_loads_a_file_that_was_exported(exports):
    model, *_ = tiny_model()
    assert exports["onnx"].run_code in kwidgets.card(model, exports=exports)
    # Only the name: a Keras file is read back in one more process with TensorFlow.
    saved = dataclasses.replace(exports["onnx"], target="keras", path="/of/tiny.keras")
    assert 'load_model("tiny.keras")' in kwidgets.card(model, exports=[*exports, saved])
    assert 'load_model("mine.keras")' in kwidgets.card(model, exports=exports, file="mine.keras")


def test_a_server_of_an_export_answers_its_client(exports, tmp_path):
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    import json

    folder = exports.write_server(tmp_path / "server", "onnx")
    assert {"app.py", "client.py", "Dockerfile", "requirements.txt", "tiny.onnx"} <= set(
        os.listdir(folder)
    )
    program = (
        "import socket, sys, uvicorn\n"
        "listening = socket.create_server(('127.0.0.1', 0))\n"
        "print(listening.getsockname()[1], flush=True)\n"
        "config = uvicorn.Config('app:app', log_level='warning')\n"
        "uvicorn.Server(config).run(sockets=[listening])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        try:
            assert server.stdout is not None
            address = f"http://127.0.0.1:{int(server.stdout.readline())}"
            done = subprocess.run(
                [sys.executable, "client.py", address],
                cwd=folder,
                env={**os.environ, "no_proxy": "*"},
                capture_output=True,
                encoding="utf-8",
            )
            assert done.returncode == 0, done.stderr
            answer = json.loads(done.stdout)["outputs"]
            (row,) = next(iter(answer.values()))
            assert sum(row) == pytest.approx(1, abs=1e-5)
            request = urllib.request.Request(
                f"{address}/predict",
                json.dumps({"inputs": [[1, 2]]}).encode(),
                {"Content-Type": "application/json"},
            )
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with pytest.raises(urllib.error.HTTPError) as refused:
                opener.open(request, timeout=60)
            assert "rows of shape (6, 6, 1)" in refused.value.read().decode()
        finally:
            server.terminate()


def test_a_folder_with_other_files_is_not_replaced_by_a_server(exports, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(kwidgets.FormatError, match="other files"):
        exports.write_server(tmp_path, "onnx")
    assert os.listdir(tmp_path) == ["mine.txt"]


@pytest.mark.slow("starts TensorFlow twice; the programs of the files above run")
def test_the_programs_of_a_model_whose_input_has_no_name_run(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="unnamed")
    targets = ("onnx", "litert", "litert_int8")
    exports = kwidgets.export(
        model,
        np.zeros((4, 3), "float32"),
        targets=targets,
        folder=tmp_path,
        latency=False,
        verbose=False,
    )
    model.save(tmp_path / "model.keras")
    before = "import numpy as np\nx = np.zeros((100, 3), 'float32')\n"
    programs = [before + exports["litert_int8"].code, *(row.run_code for row in exports)]
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.slow("starts TensorFlow five times; the tests above start it once for three formats")
def test_all_other_formats_give_the_predictions_of_the_model_and_have_a_latency(tmp_path):
    found = export(tmp_path, OTHERS)
    for row in found:
        if missing_modules(target_of(row.target)):
            assert row.status == "missing"
            continue
        assert row.status == "done", row.problem
        assert row.difference.maximum < 1e-3
        assert row.difference.same_class == 1
        assert all(0 < each.p50_ms <= each.p95_ms for each in row.latency)
        assert len(row.latency) in (1, 2)
