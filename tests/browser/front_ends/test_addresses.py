"""JupyterLab at another path than ``/``: JupyterHub's users, and behind a reverse proxy."""

from __future__ import annotations

import dataclasses

import pytest
from playwright.sync_api import Page

from tests.browser.front_ends.conftest import Serve
from tests.browser.front_ends.reverse_proxy import reverse_proxy
from tests.browser.front_ends.story import expect_views_and_buttons

pytestmark = pytest.mark.slow("JupyterLab alone knows the address; kwidgets asks it")


def test_a_users_server_of_jupyterhub(page: Page, serve: Serve) -> None:
    expect_views_and_buttons(page, serve(None, base_url="/user/ann/"))


def test_a_rewriting_reverse_proxy(page: Page, serve: Serve) -> None:
    server = serve(None)
    with reverse_proxy(server.url, "/outside/lab") as url:
        expect_views_and_buttons(page, dataclasses.replace(server, url=url))
        page.goto("about:blank")
