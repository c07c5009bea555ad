"""Compare the messages of the export panel with a golden file, which TypeScript parses too.

``KWIDGETS_WRITE_GOLDEN=1 pytest tests/formats/test_export_protocol.py`` writes it again.
"""

import dataclasses
import json
import math
import os
import pathlib

import keras
import numpy as np
import pytest

from kwidgets import protocol as wire
from kwidgets.formats import protocol
from kwidgets.formats.export.job import ExportJob, JobOptions
from kwidgets.formats.export.jobs import MAX_ENDED, Jobs, jobs
from kwidgets.formats.export.prepare import prepare
from kwidgets.formats.export.result import Difference, ExportRow, Latency, Metric
from kwidgets.formats.export.start import chosen_targets
from kwidgets.formats.page.request_handler import RequestHandler
from kwidgets.formats.page.saved import saved_bundle
from kwidgets.language import message
from kwidgets.model_keys import model_keys

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "export.json"


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, activation="softmax", name="scores")], name="tiny"
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def namespace():
    rows = np.linspace(0, 1, 32, dtype="float32").reshape(8, 4)
    return {
        "x_test": rows,
        "y_test": np.array([0, 1, 2, 0, 1, 2, 0, 1]),
        "x_train": np.concatenate([rows, rows]),
        "pictures": np.zeros((8, 28, 28)),
    }


def ended_rows(folder):
    """Return a row of each kind: compared, compared badly, not installed, failed."""
    (folder / "tiny.keras").write_bytes(b"a file")
    return (
        ExportRow(
            "keras",
            "Keras",
            "done",
            path=str(folder / "tiny.keras"),
            num_bytes=15_000,
            difference=Difference(0.0, 0.0, 0.9, 1.0, 8, "scores"),
            metrics=(Metric("loss", 1.1, 1.1), Metric("accuracy", 0.5, 0.5)),
            latency=(Latency(1, 0.09, 0.21, 200), Latency(2, 0.08, 0.4, 200)),
            code="model.save('tiny.keras')",
            run_code="keras.saving.load_model('tiny.keras')",
            seconds=2.5,
        ),
        ExportRow(
            "litert_int8",
            "LiteRT int8",
            "done",
            path=str(folder / "tiny_int8.tflite"),
            num_bytes=1_700,
            difference=Difference(math.nan, math.inf, 0.9, None, 8),
            lost=(message("The optimizer and its state: training cannot continue."),),
            notes=(message("Calibrated with %1 samples: %2", "8", message("random numbers")),),
        ),
        ExportRow("openvino", "OpenVINO", "missing", install="pip install openvino"),
        ExportRow(
            "onnx", "ONNX", "failed", problem=message("%1 could not be made.", "<b>ONNX</b>")
        ),
    )


@pytest.fixture
def job(model, namespace, tmp_path, monkeypatch):
    """An export that is not started, as if it had ended; the only one of this process."""
    monkeypatch.setattr(jobs, "_jobs", {})
    folder = tmp_path / "exports"
    folder.mkdir()
    prepared = prepare(model, namespace=namespace)
    targets = chosen_targets(["keras", "litert_int8", "openvino", "onnx"])
    job = ExportJob(prepared, targets, JobOptions(str(folder)))
    job.id = "export-1"
    job._facts = dataclasses.replace(
        job._facts, rows=ended_rows(folder), state="done", seconds=12.5
    )
    jobs.add(model, job)
    return job


def normalized(value, places):
    """Return a message without what differs from computer to computer, and by random weights."""
    if isinstance(value, dict):
        fixed = {"bytes_before": 60, "bytes_after": 30, "missing": [], "install": ""}
        if "maximum" not in value and "model" in value and "export" in value:
            fixed |= {"model": 0.5, "export": 0.5}
        return {
            key: fixed[key] if key in fixed and "status" not in value else normalized(item, places)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], float):
            return [value[0], 0.5]
        return [normalized(item, places) for item in value]
    if isinstance(value, str):
        for place, name in places.items():
            value = value.replace(place, name)
    return value


def test_messages_are_as_the_golden_file_says(model, namespace, job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    handler = RequestHandler(lambda: namespace)
    key = model_keys.key_of(model)
    requests = {
        protocol.EXPORT_TARGETS: {"model": key},
        protocol.EXPORT_STATE: {"job": job.id, "since": 0},
        protocol.EXPORT_CODE: {"job": job.id, "target": "keras"},
        protocol.WRITE_SERVER: {"job": job.id, "target": "keras"},
        protocol.EXPORT_BUNDLE: {"model": key},
        protocol.START_SLIM: {"model": key, "method": "float16", "validation": []},
        protocol.UNDO_SLIM: {"slim": "slim-1"},
        protocol.STOP_EXPORT: {"job": job.id},
        protocol.START_EXPORT: {
            "model": key,
            "targets": ["keras", "onnx"],
            "folder": "",
            "samples": "x_test",
            "validation": ["x_test", "y_test"],
            "calibration": "",
            "latency": True,
        },
    }
    assert sorted(requests) == sorted(protocol.REQUEST_KINDS)
    messages = {
        "mime_type": protocol.MIME_TYPE,
        "requests": requests,
        "saved": saved_bundle(model)[protocol.MIME_TYPE],
        "answers": {},
    }
    for kind, payload in requests.items():
        if kind == protocol.START_EXPORT:
            # One that runs: it is answered, and none is started beside it.
            job._facts = dataclasses.replace(job._facts, state="running", step=message("Wait"))
            job._started += 1e6
        answer = handler.answer(kind, payload)
        assert answer["ok"], (kind, answer)
        if kind == protocol.START_EXPORT:
            answer["value"]["seconds"] = 1.0
        messages["answers"][kind] = wire.envelope(protocol.EXPORT_ANSWER, answer, id="a1")
    bundle = messages["answers"][protocol.EXPORT_BUNDLE]["payload"]["value"]
    bundle["text/plain"], bundle["text/html"] = "a table", "<table></table>"
    refused = handler.answer(protocol.EXPORT_CODE, {"job": "gone", "target": "keras"})
    messages["refused"] = wire.envelope(protocol.EXPORT_ANSWER, refused, id="a2")
    places = {str(tmp_path): "/home/ann", key: "0a1b2c3d-1"}
    text = json.dumps(normalized(messages, places), indent=1, allow_nan=False) + "\n"
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_variables_that_fit_are_offered_and_held_out_ones_come_first(model, namespace):
    answer = RequestHandler(lambda: namespace).answer(
        protocol.EXPORT_TARGETS, {"model": model_keys.key_of(model)}
    )
    value = answer["value"]
    assert value["samples"] == "x_test" and value["validation"] == ["x_test", "y_test"]
    fitting = {each["name"] for each in value["data"] if each["fits_inputs"]}
    assert fitting == {"x_test", "x_train"}
    assert [each["name"] for each in value["data"] if each["fits_targets"]] == ["y_test"]


def test_only_what_has_changed_is_sent_again(model, namespace, job):
    handler = RequestHandler(lambda: namespace)

    def rows(since):
        answer = handler.answer(protocol.EXPORT_STATE, {"job": job.id, "since": since})
        return answer["value"]["rows"]

    assert len(rows(0)) == 4
    assert rows(job.revision) is None


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("foo", {}, "unknown request"),
        (protocol.EXPORT_TARGETS, None, "unknown request"),
        (protocol.EXPORT_TARGETS, {"model": "gone"}, "no longer exists"),
        (protocol.EXPORT_TARGETS, {"model": ["x"]}, "no longer exists"),
        (protocol.START_EXPORT, {"targets": ["word"]}, "unknown target 'word'"),
        (protocol.START_EXPORT, {"targets": []}, "targets is empty"),
        (protocol.START_EXPORT, {"targets": "keras"}, "list of names"),
        (protocol.START_EXPORT, {"targets": ["keras"], "samples": "gone"}, "no variable “gone”"),
        (protocol.START_EXPORT, {"targets": ["keras"], "samples": "pictures"}, "takes shape"),
        (protocol.START_EXPORT, {"targets": ["keras"], "folder": 3}, "must be a text"),
        (protocol.STOP_EXPORT, {"job": "export-0"}, "no longer known"),
        (protocol.START_SLIM, {"method": "magic"}, "unknown method 'magic'"),
        (protocol.UNDO_SLIM, {"slim": "slim-0"}, "no longer known"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(model, namespace, kind, payload, reason):
    if isinstance(payload, dict) and kind in (protocol.START_EXPORT, protocol.START_SLIM):
        payload = {"model": model_keys.key_of(model), **payload}
    answer = RequestHandler(lambda: namespace).answer(kind, payload)
    assert not answer["ok"]
    assert reason in answer["message"]


def test_ended_exports_are_forgotten_but_the_latest(model, job):
    kept = Jobs()
    models = [keras.Sequential() for _ in range(MAX_ENDED + 3)]
    for each in models:
        kept.add(each, job)
    assert [kept.of(model_keys.key_of(each)) is job for each in models] == [False] * 3 + [
        True
    ] * MAX_ENDED


def test_a_key_is_of_one_model_and_keeps_none_alive():
    model = keras.Sequential()
    key = model_keys.key_of(model)
    assert model_keys.key_of(model) == key and model_keys.model_of(key) is model
    del model
    import gc

    gc.collect()
    assert model_keys.model_of(key) is None
