"""Scripts in the manner of Keras's guides give the same with ``S = kw.SequentialBuilder``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets.builder.sequential import SequentialBuilder
from tests.builder.sequential_programs import keras_scripts
from tests.builder.sequential_programs.compare import differences
from tests.builder.sequential_programs.keras_scripts import SCRIPTS, Script

pytestmark = pytest.mark.filterwarnings("ignore")


def observations(script: Script, make: Any, folder: Path) -> list[Any]:
    """Run a script; return what it has seen."""
    folder.mkdir()
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(7)
    seen: list[Any] = []
    script(make, lambda value: seen.append(_plain(value)), folder)
    return seen


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)) or keras.ops.is_tensor(value):
        return keras.ops.convert_to_numpy(value).tolist()
    return value


# Scripts that train more often than the others.
MANY_FITS = (
    keras_scripts.frozen_layers,
    keras_scripts.schedules_and_callbacks,
    keras_scripts.weights_of_classes_and_samples,
)
TRAINED_BY_OTHERS = pytest.mark.slow("other scripts train, with one fit each, and freeze layers")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            script, id=script.__name__, marks=TRAINED_BY_OTHERS if script in MANY_FITS else ()
        )
        for script in SCRIPTS
    ],
)
def test_a_script_gives_the_same_as_with_keras(script: Script, tmp_path: Path) -> None:
    expected = observations(script, keras.Sequential, tmp_path / "keras")
    found = observations(script, SequentialBuilder, tmp_path / "builder")
    assert expected
    assert not differences(found, expected), "\n".join(differences(found, expected)[:9])
