"""What every test run needs: quick tests first, and nothing left behind by a run cut short."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

BROWSER_TESTS = Path(__file__).parent / "browser"
# Begun last, it would keep one worker long after the others have ended.
LONGEST = Path(__file__).parent / "tutorials" / "test_notebooks.py"


def pytest_configure() -> None:
    # A plain SIGTERM would end Python at once and leave JupyterLab and its kernels running.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The quick tests speak first. Besides, Playwright's event loop lives in the main thread from
    # its first use on, where nothing else can then call asyncio.run().
    def in_browser(item: pytest.Item) -> bool:
        return BROWSER_TESTS in item.path.parents

    for item in items:
        if in_browser(item):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: (in_browser(item), item.path != LONGEST))
