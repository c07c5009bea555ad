"""Files of old Kerases give the numbers that their own Keras gave."""

from __future__ import annotations

import zipfile
from pathlib import Path

import h5py
import keras
import pytest

import kwidgets as kw
from kwidgets.formats.import_model import ImportedModel
from tests.formats.keras_files.goldens import Goldens, difference

KERAS1 = Goldens("keras1")
KERAS2_THEANO = Goldens("keras2_theano")
TF_KERAS = Goldens("tf_keras")
NETS = [
    *((KERAS1, net) for net in KERAS1.names),
    *((KERAS2_THEANO, net) for net in KERAS2_THEANO.names),
    *((TF_KERAS, net) for net in TF_KERAS.names),
]
IDS = [
    *(f"keras1-{net}" for net in KERAS1.names),
    *(f"keras2_theano-{net}" for net in KERAS2_THEANO.names),
    *(f"tf_keras-{net}" for net in TF_KERAS.names),
]
# Float32 rounding of sums; an exponential of up to 281 has more.
CLOSE = 2e-6
CLOSE_OF = {"functions": 1e-4}
# Written for Theano, with the ordering of TensorFlow: the file must say so, see the documentation.
UNUSUAL = "channels_last"
# Keras does not save that masked steps repeat the output before them.
NOT_SAVED = {"masks"}
# Made of operations, of layers in place of others, and with the old hard_sigmoid.
SAVED = {"paddings", "slopes", "sequences", "attention_masks"}


def imported(goldens: Goldens, net: str, folder: Path) -> ImportedModel:
    path = goldens.write(net, folder)
    if goldens is KERAS1 and net == UNUSUAL:
        with h5py.File(path, "a") as file:
            file.attrs["backend"] = "theano"
    return kw.import_model(path)


@pytest.mark.parametrize(("goldens", "net"), NETS, ids=IDS)
def test_the_model_computes_what_its_own_keras_computed(
    goldens: Goldens, net: str, tmp_path: Path
) -> None:
    model, report = imported(goldens, net, tmp_path)
    assert [each.name for each in report.layers if each.outcome == "cut"] == []
    assert max(difference(model, goldens, net)) <= CLOSE_OF.get(net, CLOSE)
    assert report.facts.num_parameters > 0


@pytest.mark.parametrize(
    ("goldens", "net"),
    [
        pytest.param(
            goldens,
            net,
            id=name,
            marks=() if net in SAVED else pytest.mark.slow("some nets are saved"),
        )
        for (goldens, net), name in zip(NETS, IDS, strict=True)
        if net not in NOT_SAVED
    ],
)
def test_a_saved_model_computes_the_same_without_this_package(
    goldens: Goldens, net: str, tmp_path: Path
) -> None:
    model, _ = imported(goldens, net, tmp_path)
    model.save(tmp_path / "saved.keras")
    with zipfile.ZipFile(tmp_path / "saved.keras") as archive:
        assert "kwidgets" not in archive.read("config.json").decode()
    again = keras.saving.load_model(tmp_path / "saved.keras", compile=False)
    assert max(difference(again, goldens, net)) <= CLOSE_OF.get(net, CLOSE)
