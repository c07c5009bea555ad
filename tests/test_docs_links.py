"""Links to files and anchors in the project's texts work. ``make docs-links`` checks the others."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.markdown import NOTEBOOKS, PAGES, REPOSITORY, TOP_LEVEL, anchors, links, name_of

ARCHITECTURE = REPOSITORY / "docs" / "architecture.md"
DRAWING = REPOSITORY / "docs" / "images" / "architecture.svg"
# A folder and what is in it, such as kwidgets/live/run/fit_run.py: words have no slash.
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/[\w.-]*")


@pytest.mark.parametrize("path", [*TOP_LEVEL, *PAGES, *NOTEBOOKS], ids=name_of)
def test_relative_links_and_anchors_lead_somewhere(path: Path) -> None:
    for link in links(path):
        url = urlsplit(link.target)
        if url.scheme or url.netloc:
            assert url.scheme in ("https", "http", "mailto", "data", "attachment"), link.target
            continue
        target = (path.parent / unquote(url.path)).resolve() if url.path else path
        assert target.is_relative_to(REPOSITORY), f"{link.target} leads out of the repository"
        assert target.exists(), f"{link.target}: there is no {target}"
        if url.fragment:
            assert url.fragment in anchors(target), f"{link.target}: no such heading"


def in_the_text() -> set[str]:
    code = re.findall(r"`([^`\n]+)`", ARCHITECTURE.read_text(encoding="utf-8"))
    return {text for text in code if PATH.fullmatch(text)}


def in_the_drawing() -> set[str]:
    texts = ElementTree.parse(DRAWING).iterfind(".//{http://www.w3.org/2000/svg}text")
    return {text for element in texts if PATH.fullmatch(text := "".join(element.itertext()))}


def test_the_architecture_names_files_that_exist() -> None:
    assert in_the_text() and in_the_drawing()
    assert "images/architecture.svg" in [link.target for link in links(ARCHITECTURE)]
    for name in in_the_text() | in_the_drawing():
        path = REPOSITORY / name
        # `builder/` and `models/` stand for the folders of that name in either language.
        assert path.exists() or (REPOSITORY / "kwidgets" / name).exists(), f"there is no {name}"


def test_the_architecture_leaves_out_no_part() -> None:
    named = in_the_text() | in_the_drawing()
    for folder in ("kwidgets", "labextension/src"):
        for part in (REPOSITORY / folder).iterdir():
            holds_code = any(part.glob("*.py")) or any(part.glob("*.ts*"))
            if part.is_dir() and holds_code:
                prefix = f"{name_of(part)}/"
                assert any(name.startswith(prefix) for name in named), f"{prefix} is not named"
