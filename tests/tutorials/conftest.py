"""A shell in which a tutorial is open."""

import gc
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kwidgets.tutorials.session import session


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell with nothing in it but the first tutorial's first cell, less the imports."""
    shell = InteractiveShell.instance()
    # Each reset collects garbage, which takes a second in a process with TensorFlow and all tests.
    gc.freeze()
    shell.reset(new_session=False)
    shell.run_cell("%load_ext kwidgets\n%kwidgets tutorial 01", store_history=True)
    yield shell
    session.close()
    shell.run_line_magic("unload_ext", "kwidgets")
    shell.reset(new_session=False)
    gc.unfreeze()
