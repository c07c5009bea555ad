"""Test that what is exported is read back by the trackers' own libraries."""

import csv
import json
import math
import socket
import sqlite3
import struct
import subprocess
import sys
import types

import pytest

from kwidgets.record.export.export_run import ExportError, export_run
from kwidgets.record.run_file import schema
from tests.record.run_files import EPOCHS, POINTS, RUNNING, write_run

RUN_ID = "20260601-120000-abcdef"
MARK = (
    "user",
    {"key": "Learning rate %1 → %2", "values": ["0.1", "0.01 <b>"]},
    2,
    1.0,
    30.0,
)
LOSSES = [(1, 1.0), (2, 0.5), (3, 0.375), (4, 0.125)]
ODD = "métrique/α β|*"


@pytest.fixture
def run_file(tmp_path):
    """A run with an odd name, and a metric of an odd name with NaN and infinity."""
    odd = [math.nan, math.inf, -math.inf, 1.5]
    points = [(*row[:-1], {**row[-1], ODD: value}) for row, value in zip(POINTS, odd, strict=True)]
    return write_run(
        tmp_path, RUN_ID, points, EPOCHS, [MARK], name="base <i>line</i>", tags=["a", "b"],
        notes="first *try*",
    )  # fmt: skip


@pytest.fixture
def without_tensorflow(monkeypatch):
    """TensorBoard's readers take seconds less without it, as its own tests do."""
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", types.ModuleType("notf"))


@pytest.fixture(autouse=True)
def no_listening_socket(monkeypatch):
    """Nothing may open a port."""

    def listen(self, *args):
        raise AssertionError(f"a port is opened: {self.getsockname()}")

    monkeypatch.setattr(socket.socket, "listen", listen, raising=False)


def test_csv_has_the_columns_of_the_history(run_file, tmp_path):
    exported = export_run(run_file, "csv", tmp_path / "out")
    assert exported.path == tmp_path / "out" / RUN_ID
    rows = {
        name: list(csv.DictReader((exported.path / f"{name}.csv").open(encoding="utf-8")))
        for name in ("epochs", "batches", "marks")
    }
    assert [row["val_loss"] for row in rows["epochs"]] == ["0.5", "0.3"]
    assert [row["epoch"] for row in rows["epochs"]] == ["0", "1"]
    assert [row["mean/loss"] for row in rows["batches"]] == ["1", "0.5", "0.375", "0.125"]
    assert [row[f"mean/{ODD}"] for row in rows["batches"]] == ["", "inf", "-inf", "1.5"]
    assert rows["marks"][0]["text"] == "Learning rate 0.1 → 0.01 <b>"
    facts = json.loads((exported.path / "run.json").read_text(encoding="utf-8"))
    assert facts["parameters"]["fit.batch_size"] == 32
    assert facts["notes"] == "first *try*"


def test_tensorboard_reads_its_events(run_file, tmp_path, without_tensorflow):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    first, second = (export_run(run_file, "tensorboard", tmp_path / "logs") for _ in range(2))
    assert first.path != second.path and first.path.parent == second.path.parent
    assert first.open_with == f"tensorboard --logdir {tmp_path / 'logs'}"
    train, validation = (
        EventAccumulator(str(first.path / split)).Reload() for split in ("train", "validation")
    )
    assert train.Tags()["scalars"] == [
        "batch_loss", "batch_accuracy", f"batch_{ODD}", "epoch_loss", "epoch_accuracy"
    ]  # fmt: skip
    scalars = train.Scalars("batch_loss")
    assert [(event.step, event.value) for event in scalars] == LOSSES
    assert [event.wall_time for event in scalars] == [1_780_000_000.0 + 15 * i for i in range(1, 5)]
    odd = [event.value for event in train.Scalars(f"batch_{ODD}")]
    assert math.isnan(odd[0]) and odd[1:] == [math.inf, -math.inf, 1.5]
    losses = validation.Scalars("epoch_loss")
    assert [event.step for event in losses] == [0, 1]
    assert [event.value for event in losses] == pytest.approx([0.5, 0.3])
    (mark,) = train.Tensors("marks")
    assert mark.step == 2
    assert mark.tensor_proto.string_val == ["Learning rate 0.1 → 0.01 \\<b\\>".encode()]
    metadata = train.summary_metadata["_hparams_/session_start_info"]
    data = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
    hparams = data.session_start_info.hparams
    assert hparams["fit.batch_size"].number_value == 32
    assert hparams["optimizer"].string_value == "Adam"


def test_a_running_run_is_exported_so_far(tmp_path, without_tensorflow):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    path = write_run(tmp_path, RUN_ID, POINTS[:1], [], **RUNNING)
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode=WAL")
    with writer:
        axes = schema.stored_axes("point", {"step": 2, "epoch": 1, "seconds": 20, "batches": 1})
        writer.execute(f"INSERT INTO point ({', '.join(axes)}) VALUES {tuple(axes.values())}")
    exported = export_run(path, "tensorboard", tmp_path / "logs")
    events = EventAccumulator(str(exported.path / "train")).Reload()
    assert [event.step for event in events.Scalars("batch_loss")] == [1]
    writer.close()


def test_an_export_that_is_impossible_says_why(run_file, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"unknown target 'aim'.*'tensorboard', 'mlflow'"):
        export_run(run_file, "aim")
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="Cannot export the run"):
        export_run(run_file, "csv", tmp_path / "file")
    for package, target in (
        ("mlflow", "mlflow"),
        ("trackio", "trackio"),
        ("wandb", "wandb-offline"),
    ):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ExportError, match=f"pip install {package}"):
            export_run(run_file, target, tmp_path)


installed = pytest.mark.slow("the libraries are large; the tests above export what they get")


@installed
def test_mlflow_finds_the_run(run_file, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    exported = export_run(run_file, "mlflow", tmp_path / "out")
    mlflow.set_tracking_uri(f"sqlite:///{exported.path}")
    (run,) = mlflow.search_runs(experiment_names=["kwidgets"], output_format="list")
    assert run.info.run_name == "base <i>line</i>"
    assert run.info.status == "FINISHED"
    assert run.data.params["fit.batch_size"] == "32"
    assert run.data.params["optimizer.learning_rate"] == "0.001"
    assert run.data.tags["mlflow.note.content"] == "first *try*"
    assert run.data.tags["kwidgets.marks"] == "step 2: Learning rate 0.1 → 0.01 <b>"
    assert run.data.metrics["val_loss"] == 0.3
    client = mlflow.MlflowClient(f"sqlite:///{exported.path}")
    history = client.get_metric_history(run.info.run_id, "batch/loss")
    assert [(each.step, each.value) for each in history] == LOSSES
    assert history[0].timestamp == 1_780_000_015_000
    odd = client.get_metric_history(run.info.run_id, "batch/m_trique/_ ___")
    assert math.isnan(odd[0].value) and odd[3].value == 1.5


@installed
def test_trackio_has_the_run(run_file, tmp_path, monkeypatch):
    pytest.importorskip("trackio")
    exported = export_run(run_file, "trackio", tmp_path / "out")
    again = export_run(run_file, "trackio", tmp_path / "out")
    assert exported == again
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "out"))
    read = """if True:
        import json, trackio
        from trackio.sqlite_storage import SQLiteStorage
        (run,) = trackio.Api().runs("kwidgets")
        logs = SQLiteStorage.get_logs("kwidgets", run.name, run_id=run.id)
        print(json.dumps([run.name, run.config, run.alerts(), logs]))
    """
    done = subprocess.run(
        [sys.executable, "-c", read], check=True, capture_output=True, encoding="utf-8"
    )
    name, config, alerts, logs = json.loads(done.stdout.splitlines()[-1])
    assert name == "base <i>line</i>"
    assert config["fit.batch_size"] == 32
    assert [(each["title"], each["step"]) for each in alerts] == [
        ("Learning rate 0.1 → 0.01 <b>", 2)
    ]
    losses = [(row["step"], row["batch/loss"]) for row in logs if "batch/loss" in row]
    assert losses == LOSSES
    assert [row["val_loss"] for row in logs if "val_loss" in row] == [0.5, 0.3]
    assert logs[0]["timestamp"].startswith("2026-")


@installed
def test_weights_and_biases_has_an_offline_run(run_file, tmp_path):
    pytest.importorskip("wandb")
    from wandb.proto import wandb_internal_pb2

    exported = export_run(run_file, "wandb-offline", tmp_path / "out")
    assert exported.open_with == f"wandb sync {exported.path}"
    (path,) = exported.path.glob("*.wandb")
    records = [
        wandb_internal_pb2.Record.FromString(data) for data in leveldb_records(path.read_bytes())
    ]
    (run,) = [each.run for each in records if each.HasField("run")]
    assert (run.display_name, run.notes, list(run.tags)) == (
        "base <i>line</i>", "first *try*", ["a", "b"]
    )  # fmt: skip
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    assert config["fit.batch_size"] == 32
    history = [
        {item.key or item.nested_key[0]: json.loads(item.value_json) for item in each.history.item}
        for each in records
        if each.HasField("history")
    ]
    assert [(row["_step"], row["batch/loss"]) for row in history] == LOSSES
    assert [row["val_loss"] for row in history if "val_loss" in row] == [0.5, 0.3]
    assert history[0]["_timestamp"] == 1_780_000_015


def leveldb_records(data):
    """Yield the records of a file in LevelDB's log format, which .wandb files have."""
    position, record = 7, b""
    while position + 7 <= len(data):
        left = 32_768 - position % 32_768
        if left < 7:
            position += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, position)
        record += data[position + 7 : position + 7 + length]
        position += 7 + length
        if kind in (1, 4):  # the whole of it, or its last part
            yield record
            record = b""
