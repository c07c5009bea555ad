"""Nets that people use give what they gave in OpenCV. Needs the network, and is skipped without."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest

from kwidgets.formats.caffe.read import read
from tests.formats.caffe.make_golden_real import GOLDEN
from tests.formats.caffe.real_files import NETS, download, find, kept, make_input

# A folder that has the files already.
VARIABLE = "KWIDGETS_CAFFE_FILES"

# Its boxes have sizes with fractions, which Caffe's PriorBox cuts off, and OpenCV does not.
TOLERANCES = {"mininet_ssd_v1": 1e-3}

pytestmark = [
    pytest.mark.slow("test_layers.py has each type of layers; this downloads 48 MB"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get(VARIABLE):
        return Path(given)
    made = tmp_path_factory.mktemp("caffe")
    try:
        download(made)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"The files cannot be downloaded: {error}")
    return made


def as_caffe(output: np.ndarray) -> np.ndarray:
    return output.transpose(0, 3, 1, 2) if output.ndim == 4 else output


@pytest.mark.parametrize("name", NETS)
def test_a_net_computes_what_opencv_computes(name: str, folder: Path, tmp_path: Path) -> None:
    imported = read(*find(folder, name))
    model = imported.model
    assert {each.outcome for each in imported.facts.layers} <= {"converted"}
    with np.load(GOLDEN) as arrays:
        golden = {
            key.partition("/")[2]: arrays[key] for key in arrays if key.startswith(f"{name}/")
        }
    _, *sides, channels = model.input_shape
    x = make_input((1, channels, *sides)).transpose(0, 2, 3, 1)
    model.save(tmp_path / "model.keras")
    for each in (model, keras.saving.load_model(tmp_path / "model.keras")):
        predicted = each.predict(x, verbose=0)
        predicted = predicted if isinstance(predicted, list) else [predicted]
        difference = 0.0
        if "post_processing" in imported.extras:
            found = imported.extras["post_processing"](predicted)
            (expected,) = (array.reshape(-1, 7) for array in golden.values())
            # OpenCV fills up with rows of zeros.
            expected = expected[expected[:, 2] > 0]
            difference = float(np.abs(found - expected).max())
        else:
            names = each.output_names
            for layer, expected in golden.items():
                found = kept(as_caffe(predicted[names.index(layer) if layer in names else 0]))
                difference = max(difference, float(np.abs(found - expected).max()))
        largest = max(float(np.abs(array).max()) for array in golden.values())
        print(f"{name}: {imported.facts.num_parameters} weights, {difference:.1e} of {largest:.3g}")
        assert difference <= TOLERANCES.get(name, 2e-5) * max(1.0, largest)
