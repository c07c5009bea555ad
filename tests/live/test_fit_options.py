"""Test the arguments that say how a fit begins and what guards it."""

import numpy as np
import pytest

from kwidgets.live.fit_options import NAN_RESTORES, check_fit_options
from kwidgets.live.view_options import check_options


@pytest.mark.parametrize(
    ("nan_guard", "restores"),
    [
        (True, NAN_RESTORES),
        (np.True_, NAN_RESTORES),
        (np.False_, 0),
        (np.int64(5), 5),
        (np.uint8(0), 0),
    ],
)
def test_booleans_and_integers_of_numpy_are_taken(nan_guard, restores):
    options = check_fit_options(np.False_, nan_guard)
    assert (options.resume, options.nan_restores) == (False, restores)
    assert check_options("step", np.float32(0), np.True_)["log_scale"] is True


@pytest.mark.parametrize("nan_guard", [2.0, np.float64(2), "3", None])
def test_other_numbers_are_refused_by_name(nan_guard):
    with pytest.raises(TypeError, match="nan_guard must be True, False or how often"):
        check_fit_options(False, nan_guard)
