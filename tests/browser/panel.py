"""The side panel "Keras models", found as a screen reader would."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.live_view import View

FIRST_SECONDS = 90  # TensorFlow's import on a slow machine


class Panel:
    """The panel of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.region = page.get_by_role("region", name="Keras models")

    def open(self) -> None:
        self.page.evaluate("window.jupyterapp.commands.execute('kwidgets:open-panel')")
        expect(self.region).to_be_visible()

    def load(self) -> None:
        """Load kwidgets by the panel's button."""
        self.region.get_by_role("button", name="Load kwidgets").click()
        expect(self.region).to_contain_text("No Keras models yet", timeout=FIRST_SECONDS * 1000)

    @property
    def tree(self) -> Locator:
        return self.region.get_by_role("tree", name="Models")

    def item(self, name: str) -> Locator:
        """A model or layer: the names of tree items begin with theirs."""
        return self.tree.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)}(,|$)"))

    def expect_item(self, name: str, seconds: float = FIRST_SECONDS) -> Locator:
        item = self.item(name)
        expect(item).to_be_visible(timeout=seconds * 1000)
        return item

    def unfold(self, name: str) -> None:
        item = self.expect_item(name)
        if item.get_attribute("aria-expanded") == "false":
            item.click()
        expect(item).to_have_attribute("aria-expanded", "true")

    def details(self, name: str) -> Locator:
        """Select a row, and return its details."""
        self.expect_item(name).click()
        self.tree.press("Enter")
        details = self.region.get_by_role("region", name=f"Details of {name}", exact=True)
        expect(details).to_be_visible()
        return details

    @property
    def live(self) -> View:
        """The live view of the running fit, which a line in the panel opens to."""
        toggle = self.region.get_by_role("button", name=re.compile("^(Show|Hide) training of"))
        expect(toggle).to_be_visible(timeout=FIRST_SECONDS * 1000)
        if toggle.get_attribute("aria-expanded") == "false":
            toggle.click()
        return View(self.region)
