import datetime
import subprocess
import sys

import numpy as np
import pytest

import kwidgets
from kwidgets.record.run_file.folder import VARIABLE
from tests.record.checkpoint_files import write_checkpoint
from tests.record.run_files import RUN, RUNNING, write_run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder that ``kwidgets.runs`` reads."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "runs"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "runs"


@pytest.fixture
def three(folder):
    """Write three runs, oldest first: a, b, c."""
    write_run(folder, "20260101-000000-aaaaaa", created=1.7e9, name="baseline", tags=["small"])
    write_run(folder, "20260101-000000-bbbbbb", created=1.7e9 + 60, model_name="resnet")
    last = {"loss": {"training": 0.1}, "auc": {"training": 0.99}}
    write_run(folder, "20260102-000000-cccccc", created=1.7e9 + 1e6, last=last, state="failed")
    return kwidgets.runs


def ids(runs):
    return [run.id[-6:] for run in runs]


def test_runs_are_a_collection(three):
    assert len(three) == 3
    assert ids(three) == ["aaaaaa", "bbbbbb", "cccccc"]
    assert three[-1].state == "failed"
    assert ids(three[:2]) == ["aaaaaa", "bbbbbb"]
    assert three["baseline"].id == three["20260101-000000-aaaaaa"].id == three[0].id
    assert three["20260102"].id.endswith("cccccc")
    assert "baseline" in three and three[0] in three and "foo" not in three


def test_a_key_that_fits_several_runs_or_none_says_so(three):
    with pytest.raises(KeyError, match="fits 2 runs"):
        three["20260101"]
    with pytest.raises(KeyError, match="The latest are"):
        three["nothing"]
    with pytest.raises(IndexError, match="no run 3: the collection has 3 runs"):
        three[3]


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (lambda runs: runs[None], "chosen by its number.* not by None"),
        (lambda runs: runs[object()], "chosen by its number.*object"),
        (lambda runs: runs[1.5], "not by 1.5"),
        (lambda runs: runs.filter(3), "a filter must be a text.*got 3"),
        (lambda runs: runs(filter=3), "a filter must be a text"),
        (lambda runs: runs.compare(None, 0), "chosen by its number"),
        (lambda runs: runs.clean(ids=3), "ids must be a list of texts, not 3"),
    ],
)
def test_what_is_of_the_wrong_kind_is_named(three, use, reason):
    with pytest.raises(TypeError, match=reason):
        use(three)


def test_integers_of_numpy_are_integers(three):
    assert three[np.int64(-1)] == three[-1]
    assert three.clean(keep=np.int64(3), older_than_days=np.float32(1e6), dry_run=True).runs == ()


def test_without_runs(folder):
    assert len(kwidgets.runs) == 0
    assert "No runs yet" in repr(kwidgets.runs)
    assert kwidgets.runs.unreadable == []
    assert kwidgets.runs.to_pandas().empty
    with pytest.raises(KeyError, match="There are none yet"):
        kwidgets.runs["a"]


def test_name_tags_and_notes_are_kept_in_the_file(three):
    run = three[1]
    run.name, run.tags, run.notes = "<b>wide</b>", ["a", " a ", "b"], "twice as wide"
    again = three["<b>wide</b>"]
    assert (again.tags, again.notes) == (("a", "b"), "twice as wide")
    with pytest.raises(TypeError, match="tags must be a list"):
        run.tags = "a"
    with pytest.raises(TypeError, match="name must be a text"):
        run.name = 3


def test_attributes_of_a_run(three):
    run = three[0]
    assert run.duration == 60
    assert run.last == {
        "loss": 0.25,
        "accuracy": 0.9,
        "val_loss": 0.3,
        "val_accuracy": 0.875,
    }
    assert run.best["loss"]["epoch"] == 2
    assert run.metrics == ("loss", "accuracy")
    assert run.created == datetime.datetime.fromtimestamp(1.7e9).astimezone()
    assert run.code == RUN["code"] and run.fit_arguments == RUN["fit_arguments"]
    assert run.size == run.path.stat().st_size
    assert run.checkpoints == [] and run.acts == []
    assert run.history["loss"].tolist() == [0.75, 0.25]
    assert {trace.name for trace in run.figure.data} >= {"training", "validation"}


def test_checkpoints_that_were_not_finished_are_none(folder):
    write_run(folder, "a")
    (folder / "a.checkpoints" / "step-2").mkdir(parents=True)
    written = write_checkpoint(folder, "a")
    (checkpoint,) = kwidgets.runs[0].checkpoints
    assert checkpoint.folder == written
    assert (checkpoint.label, checkpoint.step) == ("mine", 4)


def test_filters_combine(three):
    assert ids(three.filter("val_loss < 0.5")) == ["aaaaaa", "bbbbbb"]
    assert ids(three.filter("val_loss < 0.5").filter("resnet")) == ["bbbbbb"]
    assert three.filter("tag = small")["baseline"].name == "baseline"
    with pytest.raises(ValueError, match="No run has a value “foo”"):
        three.filter("foo > 1")


def test_scopes(three, folder, tmp_path, monkeypatch):
    notebook = tmp_path / "mine.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
    write_run(folder, "mine", notebook=str(notebook))
    assert ids(three.scope("notebook")) == ["mine"]
    assert len(three) == 4
    # One that was moved together with its runs; and another one of that name.
    write_run(folder, "moved", notebook="/before/mine.ipynb")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine.ipynb").touch()
    write_run(folder, "of a copy", notebook=str(tmp_path / "copy" / "mine.ipynb"))
    assert ids(three.scope("notebook")) == ["mine", "moved"]
    for run_id in ("moved", "of a copy"):
        (folder / f"{run_id}.sqlite").unlink()
    # Of another folder, in which a kernel has recorded or listed runs.
    monkeypatch.setenv(VARIABLE, str(tmp_path / "other"))
    write_run(tmp_path / "other", "other")
    assert ids(three) == ["other"]
    assert len(three.scope("all")) == 5
    with pytest.raises(ValueError, match="unknown scope"):
        three.scope("everything")


def test_to_pandas_has_a_row_a_run(three):
    frame = three.to_pandas()
    assert frame.index.tolist() == [run.id for run in three]
    assert frame.loc["20260102-000000-cccccc", "auc"] == 0.99
    assert frame["best_loss"].tolist() == [0.3, 0.3, 0.3]
    assert frame["trained_epochs"].tolist() == [run.info.finished_epochs for run in three]
    assert frame["diverged"].tolist() == [False, False, False]


def add_checkpoint(run, size):
    folder = run.path.with_name(f"{run.path.stem}.checkpoints") / "step-1"
    folder.mkdir(parents=True)
    (folder / "state.safetensors").write_bytes(b"x" * size)


def test_clean_deletes_checkpoints_and_on_request_runs(three):
    for run in three:
        add_checkpoint(run, 1000)
    plan = three.clean(dry_run=True)
    assert (plan.bytes, len(plan.checkpoints_of), plan.runs) == (3000, 3, ())
    assert three.clean(max_checkpoint_bytes=2000).checkpoints_of == (three[0].id,)
    assert str(three.clean()) == "2 kB freed: the checkpoints of 2 runs"
    assert three.clean().bytes == 0
    size = three[0].size
    done = three.clean(keep=2)
    assert (done.bytes, done.runs) == (size, ("20260101-000000-aaaaaa",))
    assert three.clean(ids=["20260102"]).runs == ("20260102-000000-cccccc",)
    assert three.clean(older_than_days=1e6).runs == ()
    assert three.clean(older_than_days=1).runs == ("20260101-000000-bbbbbb",)
    assert len(three) == 0


def test_a_running_run_is_not_deleted(folder):
    write_run(folder, "a", **RUNNING)
    run = kwidgets.runs[0]
    add_checkpoint(run, 1000)
    with pytest.raises(RuntimeError, match="still runs on"):
        run.delete()
    assert kwidgets.runs.clean(keep=0).runs == ()
    assert run.size > 1000


def test_delete_leaves_nothing(three, folder):
    add_checkpoint(three[0], 10)
    size = three[0].size
    assert three[0].delete() == size
    assert not list(folder.glob("*aaaaaa*"))


def test_the_collection_imports_no_keras():
    code = (
        "import sys, kwidgets; kwidgets.runs; "
        "print(sorted({'keras', 'tensorflow', 'plotly'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "[]"
