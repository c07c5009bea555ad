"""JupyterLab and Notebook, old and new, in an environment without Keras: the kernel is elsewhere.

The environment of all other browser tests has the JupyterLab and the Notebook of the lock.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.front_ends.conftest import Serve
from tests.browser.front_ends.story import expect_views_and_buttons

pytestmark = pytest.mark.slow("all other browser tests run in the release of the lock")


@pytest.mark.parametrize(
    "name", ["jupyterlab-4.4", "jupyterlab-4.5", "jupyterlab-4.6", "jupyterlab-newest"]
)
def test_jupyterlab(name: str, page: Page, serve: Serve) -> None:
    expect_views_and_buttons(page, serve(name))


@pytest.mark.parametrize("name", ["notebook-7.4", "notebook-7.5", "notebook-7.6"])
def test_notebook(name: str, page: Page, serve: Serve) -> None:
    expect_views_and_buttons(page, serve(name), "notebook")
