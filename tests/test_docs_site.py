"""The documentation is built without a warning, and its pages need no network."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.markdown import REPOSITORY

pytestmark = [
    # The first test builds the site.
    pytest.mark.timeout(600),
    pytest.mark.slow("nothing of the program is in it"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from nothing as ``make docs`` builds it; a warning raises."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--nitpicky", "--fail-on-warning", "--keep-going"]
    built = subprocess.run(
        [*command, "--quiet", "-d", folder / "doctrees", "-b", "html", "docs", folder / "html"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


class Loaded(HTMLParser):
    """Collects the addresses of all that a browser loads with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = "href" if tag == "link" else "src"
        # A <link> that only names another page loads nothing.
        if tag == "link" and (given.get("rel") or "") not in ("stylesheet", "preload", "icon"):
            return
        if address := given.get(name):
            self.addresses.append(address)


def test_pages_load_nothing_from_the_world(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert pages
    for page in pages:
        parser = Loaded()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.addresses, page
        outside = [a for a in parser.addresses if re.match(r"(https?:)?//", a)]
        assert not outside, f"{page.name} loads {outside}"
    for sheet in site.rglob("*.css"):
        outside = re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]+", sheet.read_text())
        assert not outside, f"{sheet.name} loads {outside}"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("live", ["LivePlot", "LivePlot.set_learning_rate", "latest", "History.to_pandas"]),
        ("builder", ["SequentialBuilder", "SequentialBuilder.to_code"]),
        ("summary", ["summary"]),
    ],
)
def test_the_reference_has_what_users_call(site: Path, page: str, names: list[str]) -> None:
    html = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    for name in names:
        assert f'id="kwidgets.{name}"' in html


def test_the_reference_has_the_magic_and_every_message(site: Path) -> None:
    magic = (site / "reference" / "magic.html").read_text(encoding="utf-8")
    assert "%kwidgets live off" in re.sub("<[^>]+>", "", magic)
    html = (site / "reference" / "protocol.html").read_text(encoding="utf-8")
    for name in ("Snapshot", "Update", "SetLearningRate", "Progress.learning_rate", "MIME_TYPE"):
        assert f'id="kwidgets.live.protocol.{name}"' in html
