"""Settings of every test run: the order of files, the size of random tests, and signals."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from kwidgets.record.run_file.folder import VARIABLE
from tests.kernels import quick_python3

BROWSER_TESTS = Path(__file__).parent / "browser"
# Each wait in a page has a shorter limit of its own, and says then what did not come.
BROWSER_TIMEOUT_SECONDS = 300
# A file that takes minutes and begins last keeps one worker long after the other has ended.
LONGEST_FIRST = (
    "test_docs.py",
    "tutorials/test_notebooks.py",
    "builder/round_trip/test_round_trip.py",
    "faults/test_random_faults.py",
    "test_backends.py",
    "test_docs_site.py",
)

# How many examples a test with random input tries. `make test-all` chooses "large" by pytest's
# option --hypothesis-profile.
hypothesis.settings.register_profile("small", max_examples=40, deadline=None)
hypothesis.settings.register_profile("large", max_examples=500, deadline=None)
hypothesis.settings.load_profile("small")


@pytest.fixture(scope="session")
def quick_kernels(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Kernels called ``python3`` start in a fraction of the time, also in a server given these."""
    if hasattr(request.config, "workerinput"):
        # Those of pytest_configure.
        yield {"JUPYTER_PATH": os.environ["JUPYTER_PATH"]}
        return
    with quick_python3(tmp_path_factory.mktemp("kernels")) as variables:
        yield variables


def pytest_configure(config: pytest.Config) -> None:
    # Runs are recorded as for users, but not in the folders of the checkout, and by each process in
    # a folder of its own.
    os.environ[VARIABLE] = runs = tempfile.mkdtemp(prefix="kwidgets-runs-")
    config.add_cleanup(lambda: shutil.rmtree(runs, ignore_errors=True))
    # All workers have their kernels from one process: the imports take seconds of processor time.
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        resources = contextlib.ExitStack()
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory()))
        resources.enter_context(quick_python3(folder))
        config.add_cleanup(resources.close)
    # A plain SIGTERM would end Python at once and leave JupyterLab and its kernels running.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    # A shell starts background commands (`make test &`) with SIGINT ignored, and the processes
    # that they start inherit this: an interrupt would never end a fit or a cell.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    # Modules and tests stay until the end of the run. A garbage collection that goes through all of
    # TensorFlow takes half a second, and IPython makes one at each reset of a shell. Those during
    # the imports take an eighth of their time.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # In a run of both halves the browser tests come last: Playwright's event loop lives in the
    # main thread from its first use on, where nothing else can then call asyncio.run().
    tests = Path(__file__).parent
    place = {tests / name: index for index, name in enumerate(LONGEST_FIRST)}

    def in_browser(item: pytest.Item) -> bool:
        return BROWSER_TESTS in item.path.parents

    for item in items:
        if in_browser(item):
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(BROWSER_TIMEOUT_SECONDS))
    items.sort(key=lambda item: (in_browser(item), place.get(item.path, len(place))))


@pytest.fixture(autouse=True)
def time_for_dry_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take seconds for what takes milliseconds. Tests of the limit set it."""
    # Not imported for this: browser tests do without Keras.
    if module := sys.modules.get("kwidgets.dry_run"):
        monkeypatch.setattr(module, "TIME_LIMIT_SECONDS", 60.0)
