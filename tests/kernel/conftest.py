"""A kernel in which fits are watched, for the tests of a file; some have one of their own."""

import pytest
from jupyter_client.manager import start_new_kernel

from tests.kernel.frontend import Frontend

# JAX takes a third of TensorFlow's time to import; callbacks do not depend on the backend.
SETUP = """
import os
os.environ["KERAS_BACKEND"] = "jax"
%load_ext kwidgets
import keras, numpy as np
from IPython.display import clear_output
def make():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model
x, y = np.ones((64, 4)), np.ones((64, 1))
"""


@pytest.fixture(scope="module")
def client(quick_kernels):
    manager, client = start_new_kernel()
    client.execute_interactive(SETUP, output_hook=lambda message: None)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def run(client):
    def run(code):
        """Run a cell to its end; return its output."""
        frontend = Frontend(client)
        request = client.execute(code, stop_on_error=False)
        frontend.read_until_idle(request)
        return frontend

    return run
