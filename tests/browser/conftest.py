"""Fixtures for tests in a real browser: one JupyterLab a worker, in one page; a kernel a test."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from tests.browser.notebook import App, Notebook, close_all
from tests.browser.server import LabServer

REPOSITORY = Path(__file__).parents[2]
FAILURES = REPOSITORY / ".build" / "browser-failures"

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Errors on the page's console that are JupyterLab's own, each with its cause. Nothing of ours
# belongs here.
JUPYTERLABS_OWN_ERRORS: tuple[re.Pattern[str], ...] = (
    # A kernel went while JupyterLab's debugger or widgets were asking it.
    re.compile(r"Canceled future for (debug|create_subshell)_request message before replies"),
    # The debugger of 4.6.0 and 4.7.0a2 lists the modules of a session that it has not opened.
    re.compile(r"No active debugger session\n.*\.displayModules", re.DOTALL),
    # A notebook was closed while JupyterLab restored its widgets, or before a call that it had put
    # off: the error may come when the next test has begun.
    re.compile(
        r"Cannot read properties of null \(reading 'kernel'\).*/jupyterlab-manager/", re.DOTALL
    ),
    re.compile(r"reading 'promise'\)\n *at \w+\.invoke .*/static/lab/jlab_core", re.DOTALL),
    # The server lists the kernels at the moment at which a test kills one.
    re.compile(r"status of 500 .*/api/kernels\?"),
    # So JupyterLab tries each connection to a kernel first; a gateway has no such protocol.
    re.compile(r"Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received"),
    # Two pages have one kernel: each hears the answers to the other one's requests for widgets.
    re.compile(r"Comm not found for comm id [0-9a-f-]{36} .*/static/lab/jlab_core"),
    # Notebook 7.6 loads the settings of a plugin that it lacks.
    re.compile(r"reading 'schema'\).*/static/notebook/notebook_core", re.DOTALL),
    # Notebook 7.6 keeps the file browser's path up to date without having one.
    re.compile(r"'filebrowser:open-path' not registered.*/static/notebook/", re.DOTALL),
)

# On a machine that others share a page may take its time.
expect.set_options(timeout=30_000)

OpenNotebook = Callable[..., Notebook]

# Whether a test has failed, for its fixtures.
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def lab_server(
    tmp_path_factory: pytest.TempPathFactory, quick_kernels: dict[str, str]
) -> Iterator[LabServer]:
    folder = tmp_path_factory.mktemp("lab") / "server"
    # JAX is imported in a third of TensorFlow's time. A test of TensorFlow chooses that itself.
    environment = quick_kernels | {"KERAS_BACKEND": "jax"}
    with LabServer.start(folder, environment=environment) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = subprocess.run(
        ["sh", REPOSITORY / "tools" / "chromium.sh"], stdout=subprocess.PIPE, text=True, check=True
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.stdout.strip(), args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """One for the run, so that JupyterLab's code stays in its cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page_errors() -> list[str]:
    """Errors that the page reported so far. Not empty at the end: the test fails."""
    return []


@pytest.fixture(scope="session")
def loaded_pages() -> list[Page]:
    """A page with a JupyterLab in which nothing is open, for the next test. None at first."""
    return []


@pytest.fixture
def page(
    browser_context: BrowserContext,
    page_errors: list[str],
    loaded_pages: list[Page],
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """A page, in which JupyterLab may be loaded already: that takes five seconds."""
    page = loaded_pages.pop() if loaded_pages else browser_context.new_page()

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            page_errors.append(f"{message.text} ({message.location.get('url', '')})")

    def on_page_error(error: PlaywrightError) -> None:
        page_errors.append(error.stack or error.message)

    page.on("console", on_console)
    page.on("pageerror", on_page_error)
    yield page
    page.remove_listener("console", on_console)
    page.remove_listener("pageerror", on_page_error)
    if page not in loaded_pages:
        page.close()
    errors = [e for e in page_errors if not any(own.search(e) for own in JUPYTERLABS_OWN_ERRORS)]
    assert not errors, "the page reported errors:\n" + "\n".join(errors)


@pytest.fixture
def open_notebook(
    page: Page, lab_server: LabServer, loaded_pages: list[Page], request: pytest.FixtureRequest
) -> Iterator[OpenNotebook]:
    """``open_notebook("1 + 1", "2 + 2")``: a notebook of these cells, open, with a fresh kernel."""
    count = 0

    def open_notebook(*sources: str, app: App = "lab", kernel: str = "python3") -> Notebook:
        nonlocal count
        count += 1
        name = f"{_stem(request.node)}-{count}.ipynb"
        return Notebook.create(page, lab_server, name, sources, app, kernel)

    yield open_notebook
    failed = request.node.stash.get(FAILED, True)
    # First the page, or JupyterLab tells of each dead kernel in a dialog and on the console.
    is_as_new = not failed and close_all(page)
    if not is_as_new:
        page.goto("about:blank")
    lab_server.shut_down_kernels()
    # A page keeps the settings that it has.
    if not lab_server.reset_settings() and is_as_new:
        loaded_pages.append(page)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Leave a picture and the page's errors to whoever reads the failure."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    page, errors = (item.funcargs.get(name) for name in ("page", "page_errors"))
    if report.when == "call" and page and (report.failed or errors):
        FAILURES.mkdir(parents=True, exist_ok=True)
        (FAILURES / f"{_stem(item)}.txt").write_text("\n".join(errors))
        # The page may be what failed.
        with contextlib.suppress(PlaywrightError):
            page.screenshot(path=FAILURES / f"{_stem(item)}.png")
    return report


def _stem(item: pytest.Item) -> str:
    """A test's name as the name of a file."""
    return re.sub(r"\W+", "-", item.name).strip("-")
