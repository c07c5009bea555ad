"""Keras itself reads some files of Keras 2 wrongly without a word; the extension says so."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from kwidgets.formats.warn_old_files import OldFileWarnings


@pytest.fixture
def old_files() -> Iterator[OldFileWarnings]:
    watcher = OldFileWarnings()
    watcher.start()
    yield watcher
    watcher.stop()


def old_file(folder: Path, version: str = "2.2.4", backend: str = "tensorflow") -> Path:
    """Return a file as Keras 2 writes it, of a model that Keras 3 loads without a message."""
    model = keras.Sequential(
        [
            keras.Input((6, 2)),
            keras.layers.Conv1D(3, 3, name="conv"),
            keras.layers.LSTM(3, recurrent_activation="hard_sigmoid", name="memory"),
            keras.layers.Dense(1, name="out"),
        ]
    )
    path = folder / f"net-{version}-{backend}.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    with h5py.File(path, "r+") as file:
        for part in (file, file["model_weights"]):
            part.attrs["keras_version"] = version
            part.attrs["backend"] = backend
    return path


def warnings_of(path: Path) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        keras.saving.load_model(path)
    return [str(each.message) for each in caught if "kw.import_model" in str(each.message)]


def test_the_layers_and_the_right_way_are_named_once_a_file(
    old_files: OldFileWarnings, tmp_path: Path
) -> None:
    path = old_file(tmp_path)
    (text,) = warnings_of(path)
    assert "Keras 2.2.4, whose hard_sigmoid is another function" in text
    assert "the outputs of memory are wrong" in text
    assert f"kw.import_model({str(path)!r})" in text
    assert warnings_of(path) == []
    (text,) = warnings_of(old_file(tmp_path, "2.1.3", "theano"))
    assert "on Theano" in text
    assert "the outputs of conv are wrong" in text


def test_weights_loaded_into_a_model_are_warned_about_too(
    old_files: OldFileWarnings, tmp_path: Path
) -> None:
    path = old_file(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = keras.models.clone_model(keras.saving.load_model(old_file(tmp_path, "3.0.0")))
    with pytest.warns(UserWarning, match="the outputs of memory are wrong"):
        model.load_weights(path)


def test_files_of_keras_3_and_of_other_layers_are_not(
    old_files: OldFileWarnings, tmp_path: Path
) -> None:
    assert warnings_of(old_file(tmp_path, "3.15.1")) == []
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    path = tmp_path / "dense.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "2.2.4"
        file["model_weights"].attrs["keras_version"] = "2.2.4"
    assert warnings_of(path) == []


def test_a_hard_sigmoid_of_the_users_own_is_right(
    old_files: OldFileWarnings, tmp_path: Path
) -> None:
    path = old_file(tmp_path)
    own = {"hard_sigmoid": lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*kw.import_model")
        keras.saving.load_model(path, custom_objects=own)


def test_a_warning_that_is_an_error_changes_nothing(
    old_files: OldFileWarnings, tmp_path: Path
) -> None:
    path = old_file(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module="keras")
        model = keras.saving.load_model(path, compile=False)
    with h5py.File(path) as file:
        stored: list[np.ndarray] = []
        file["model_weights/out"].visititems(
            lambda name, item: stored.append(item[()]) if name.endswith("kernel") else None
        )
    np.testing.assert_array_equal(model.layers[-1].kernel, stored[0])


def test_stop_restores_keras_and_leaves_a_later_wrapper() -> None:
    from keras.src.legacy.saving import legacy_h5_format as module

    before = module.load_weights_from_hdf5_group, module.load_weights_from_hdf5_group_by_name
    watcher = OldFileWarnings()
    watcher.start()
    watcher.start()
    assert module.load_weights_from_hdf5_group is not before[0]
    watcher.stop()
    assert before == (
        module.load_weights_from_hdf5_group,
        module.load_weights_from_hdf5_group_by_name,
    )


def test_the_magic_starts_and_stops_it() -> None:
    from keras.src.legacy.saving import legacy_h5_format as module

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "kwidgets")
    try:
        assert hasattr(module.load_weights_from_hdf5_group, "__wrapped__")
    finally:
        shell.run_line_magic("unload_ext", "kwidgets")
    assert not hasattr(module.load_weights_from_hdf5_group, "__wrapped__")
