"""Reads the code blocks, links and anchors of the project's Markdown files and notebooks."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors.index import slugify

REPOSITORY = Path(__file__).parents[1]
# Texts at the top of the repository, some of them in several languages.
TOP_LEVEL = sorted(
    path
    for path in REPOSITORY.glob("*.md")
    if path.stem.split(".")[0] in ("README", "CONTRIBUTING", "CHANGELOG")
)
PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
NOTEBOOKS = sorted((REPOSITORY / "examples").glob("*.ipynb"))

NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced code block.

    Args:
        line: of the file, from 1, on which its code begins.
        language: the first word behind the fence.
        not_run: why it cannot be run, as an HTML comment right above it says; None when it can.
    """

    path: Path
    line: int
    language: str
    code: str
    not_run: str | None


@dataclasses.dataclass(frozen=True)
class Link:
    """A link or the source of a picture, as it is written."""

    path: Path
    target: str


def name_of(path: Path) -> str:
    """Return the path as the tests call it."""
    return path.relative_to(REPOSITORY).as_posix()


def blocks(path: Path) -> list[Block]:
    """Return the code blocks of a file, in order."""
    found = []
    reason: str | None = None
    for token in _parse(path.read_text(encoding="utf-8")):
        if token.type == "fence":
            assert token.map is not None
            language = (token.info.split() or [""])[0]
            found.append(Block(path, token.map[0] + 2, language, token.content, reason))
        comment = NOT_RUN.search(token.content) if token.type == "html_block" else None
        reason = comment[1] if comment else None
    return found


def inline_code(path: Path) -> list[list[str]]:
    """Return the code within the text of a file: a list for each paragraph and table cell."""
    tokens = _parse(path.read_text(encoding="utf-8"))
    found = (
        [child.content for child in token.children or () if child.type == "code_inline"]
        for token in tokens
    )
    return [codes for codes in found if codes]


def links(path: Path) -> list[Link]:
    """Return the links and pictures of a Markdown file or a notebook."""
    return [Link(path, target) for text in _texts(path) for target in _targets(text)]


def anchors(path: Path) -> set[str]:
    """Return the anchors that the headings of a Markdown file have, as GitHub makes them."""
    found: set[str] = set()
    for text in _texts(path):
        tokens = _parse(text)
        for opening, inline in itertools.pairwise(tokens):
            if opening.type == "heading_open":
                slug, number = slugify(_plain(inline)), 0
                while (unique := slug if not number else f"{slug}-{number}") in found:
                    number += 1
                found.add(unique)
    return found


def _parse(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def _texts(path: Path) -> Iterator[str]:
    if path.suffix == ".ipynb":
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield "".join(cell["source"])
    else:
        yield path.read_text(encoding="utf-8")


def _targets(text: str) -> Iterator[str]:
    for token in _parse(text):
        for child in token.children or ():
            target = child.attrs.get("href", child.attrs.get("src"))
            if target is not None:
                yield str(target)


def _plain(inline: Token) -> str:
    return "".join(
        child.content for child in inline.children or () if child.type in ("text", "code_inline")
    )
