"""``.keras`` files and SavedModels of Keras 2 give the outputs that Keras 2 itself computed."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

import kwidgets as kw
from kwidgets.formats.errors import FormatError

NETS = ["dense", "cnn", "recurrent", "functional", "attention"]
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nets")
    with zipfile.ZipFile(Path(__file__).parent / "tf_keras" / "nets.zip") as archive:
        archive.extractall(folder)
    return folder


def difference(model: keras.Model, path: Path) -> float:
    """Return the largest difference from the outputs of Keras 2."""
    data = np.load(path)
    inputs = [data[f"x{index}"] for index in range(len(model.inputs))]
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    found = keras.tree.flatten(outputs)
    assert f"y{len(found) - 1}" in data
    assert f"y{len(found)}" not in data
    return max(
        float(np.abs(keras.ops.convert_to_numpy(each) - data[f"y{index}"]).max())
        for index, each in enumerate(found)
    )


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("form", ["keras", "saved_model"])
def test_outputs_are_those_of_keras_2(nets: Path, name: str, form: str) -> None:
    path = nets / f"{name}.keras" if form == "keras" else nets / name
    model, report = kw.import_model(path)
    assert difference(model, nets / f"{name}.npz") < 2e-6
    assert "cut" not in report.counts
    assert report.facts.source.startswith("Keras 2.21.0 on TensorFlow")
    assert report.facts.num_parameters == model.count_params()
    assert {layer.name for layer in report.layers} >= {"inner", "shared"} or name != "functional"


def test_the_old_hard_sigmoid_is_told_as_repaired(nets: Path) -> None:
    _, report = kw.import_model(nets / "recurrent.keras")
    repaired = [layer.type for layer in report.layers if layer.outcome == "repaired"]
    assert {"LSTM", "GRU"} <= set(repaired)


def test_the_model_is_compiled_as_before(nets: Path) -> None:
    model, _ = kw.import_model(nets / "dense.keras")
    assert model.compiled
    assert model.loss == "sparse_categorical_crossentropy"
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_an_imported_model_is_saved_and_loaded_as_keras_3(nets: Path, tmp_path: Path) -> None:
    model, _ = kw.import_model(nets / "functional.keras")
    model.save(tmp_path / "new.keras")
    again, report = kw.import_model(tmp_path / "new.keras")
    assert difference(again, nets / "functional.npz") < 2e-6
    assert report.facts.source.startswith("Keras 3")
    assert set(report.counts) == {"converted"}


def test_a_keras_3_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="out")])
    model.save(tmp_path / "new.keras")
    shutil.move(tmp_path / "new.keras", tmp_path / "download")
    again, report = kw.import_model(tmp_path / "download")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    assert [layer.name for layer in report.layers] == ["out"]


def test_a_lambda_of_a_keras_3_file_is_not_run(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x * 2)])
    model.save(tmp_path / "new.keras")
    with pytest.raises(FormatError, match="cannot load"):
        kw.import_model(tmp_path / "new.keras")


@pytest.mark.skipif(not ON_TENSORFLOW, reason="its graph needs TensorFlow")
def test_a_saved_model_without_metadata_runs_inside_a_layer(nets: Path) -> None:
    model, report = kw.import_model(nets / "no_metadata")
    assert difference(model, nets / "dense.npz") < 2e-6
    assert "It has no metadata of Keras" in report.to_text()
    assert "TFSMLayer" in report.to_text()


@pytest.mark.skipif(ON_TENSORFLOW, reason="TensorFlow runs it")
def test_a_saved_model_without_metadata_needs_tensorflow(nets: Path) -> None:
    with pytest.raises(FormatError, match="KERAS_BACKEND=tensorflow"):
        kw.import_model(nets / "no_metadata")


def changed(path: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Copy a zip file, with each member changed; None leaves it out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return target


def test_a_member_outside_of_its_folder_is_refused(nets: Path, tmp_path: Path) -> None:
    for name in ("../evil.txt", "/etc/evil", "assets\\..\\..\\evil", "C:\\evil"):
        path = changed(nets / "dense.keras", tmp_path / "evil.keras", lambda _, data: data)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, b"")
        with pytest.raises(FormatError, match="would be unpacked outside of its folder"):
            kw.import_model(path)


def test_a_bomb_is_refused_before_it_is_unpacked(nets: Path, tmp_path: Path) -> None:
    path = tmp_path / "bomb.keras"
    shutil.copy(nets / "dense.keras", path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", b"\0" * 20_000_000)
    with pytest.raises(FormatError, match="would unpack to 20,"):
        kw.import_model(path)


def test_weights_in_other_files_and_arrays_that_are_not_stored_are_refused(
    nets: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["0"] = np.zeros((5, 6), "float32")

    def with_weights(fill: Callable[[h5py.Group], None]) -> Path:
        def change(name: str, data: bytes) -> bytes:
            if not name.endswith(".h5"):
                return data
            buffer = io.BytesIO(data)
            with h5py.File(buffer, "r+") as file:
                group = file["layers/dense/vars"]
                del group["0"]
                fill(group)
            return buffer.getvalue()

        return changed(nets / "dense.keras", tmp_path / "evil.keras", change)

    def link(group: h5py.Group) -> None:
        group["0"] = h5py.ExternalLink(str(secret), "/0")

    def external(group: h5py.Group) -> None:
        group.create_dataset("0", (5, 6), "float32", external=[(str(secret), 0, 120)])

    def huge(group: h5py.Group) -> None:
        group.create_dataset("0", (1 << 20, 1 << 20), "float32", chunks=(1024, 1024))

    for fill in (link, external):
        with pytest.raises(FormatError, match="which is never opened"):
            kw.import_model(with_weights(fill))
    with pytest.raises(FormatError, match="says it has 4,398,046,511,104 bytes"):
        kw.import_model(with_weights(huge))


def test_weights_of_another_net_are_told_by_layer(nets: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(nets / "dense.keras") as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1]["config"]["units"] = 7
    path = changed(
        nets / "dense.keras",
        tmp_path / "other.keras",
        lambda name, data: json.dumps(config).encode() if name == "config.json" else data,
    )
    with pytest.raises(FormatError, match="hidden"):
        kw.import_model(path)


def test_a_saved_model_with_a_cut_part_is_told(nets: Path, tmp_path: Path) -> None:
    for name in ("saved_model.pb", "keras_metadata.pb", "variables/variables.index"):
        folder = tmp_path / name.replace("/", "_")
        shutil.copytree(nets / "dense", folder)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(FormatError):
            kw.import_model(folder)


def test_weights_beside_a_file_that_has_them_are_refused(nets: Path) -> None:
    for name in ("dense", "dense.keras"):
        with pytest.raises(FormatError, match="contains its weights"):
            kw.import_model(nets / name, nets / "dense.npz")
