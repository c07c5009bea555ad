"""Read Protocol Buffers' text format, in which prototxt files are written.

https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from kwidgets.formats.caffe.node import Node, Value, Word
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# Caffe's own definitions are nested four deep.
_MAX_DEPTH = 32
_MAX_VALUES = 2_000_000

_TOKEN = re.compile(
    r"""(?:[\s;,]+|\#[^\n]*)*+(?:
      (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf\b|nan\b)[fF]?)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>[{}<>\[\]:])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def parse(text: str) -> Node:
    """Return the fields of a prototxt.

    Raises:
        FormatError: the text is not in this format; names the line.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._tokenize()
        self._token = next(self._tokens)
        self._num_values = 0
        # Where the brackets stand that are open.
        self._opened: list[int] = []

    def parse(self) -> Node:
        root = Node()
        self._fields(root, closed_by="", depth=0)
        return root

    def _tokenize(self) -> Iterator[_Token]:
        place = 0
        while True:
            match = _TOKEN.match(self._text, place)
            if match is None:
                # Behind white space, where the unreadable begins.
                rest = re.compile(r"[\s;,]*").match(self._text, place)
                self._fail(rest.end() if rest else place)
            kind = match.lastgroup or "end"
            yield _Token(kind, match[kind], match.start(kind))
            if kind == "end":
                return
            place = match.end()

    def _next(self) -> _Token:
        token = self._token
        if token.kind != "end":
            self._token = next(self._tokens)
        return token

    def _take(self, sign: str) -> bool:
        if self._token.kind == "sign" and self._token.text == sign:
            self._next()
            return True
        return False

    def _fields(self, node: Node, closed_by: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise FormatError(
                t("The prototxt is nested deeper than %1 levels: it is damaged.", _MAX_DEPTH)
            )
        while not (closed_by and self._take(closed_by)):
            if not closed_by and self._token.kind == "end":
                return
            name = self._next()
            if name.kind != "word":
                self._fail(name.place)
            self._take(":")
            if self._take("["):
                while not self._take("]"):
                    self._add(node, name.text, depth)
            else:
                self._add(node, name.text, depth)

    def _add(self, node: Node, name: str, depth: int) -> None:
        self._num_values += 1
        if self._num_values > _MAX_VALUES:
            raise FormatError(
                t("The prototxt has more than %1 values: it is damaged.", _MAX_VALUES)
            )
        node.add(name, self._value(depth))

    def _value(self, depth: int) -> Value:
        place = self._token.place
        for opening, closing in (("{", "}"), ("<", ">")):
            if self._take(opening):
                child = Node()
                self._opened.append(place)
                self._fields(child, closing, depth + 1)
                self._opened.pop()
                return child
        token = self._next()
        if token.kind == "text":
            text = _unescaped(token.text)
            # Strings side by side are one.
            while self._token.kind == "text":
                text += _unescaped(self._next().text)
            return text
        if token.kind == "number":
            return self._number(token)
        if token.kind == "word":
            return Word(token.text)
        self._fail(token.place)

    def _number(self, token: _Token) -> int | float:
        text = token.text.lower()
        try:
            if "x" in text:
                return int(text, 16)
            if text.lstrip("+-").isdigit():
                digits = text.lstrip("+-")
                octal = len(digits) > 1 and digits.startswith("0")
                return int(text, 8 if octal else 10)
            return float(text.removesuffix("f") if not text.endswith("inf") else text)
        except ValueError:
            self._fail(token.place)

    def _fail(self, place: int) -> NoReturn:
        if place >= len(self._text.rstrip()):
            if self._opened:
                line = self._text.count("\n", 0, self._opened[-1]) + 1
                raise FormatError(t("The bracket in line %1 of the prototxt is not closed.", line))
            raise FormatError(t("The prototxt ends too early: a value is missing."))
        line = self._text.count("\n", 0, place) + 1
        rest = self._text[place : place + 40].split("\n")[0]
        rest = "".join(letter if letter.isprintable() else "·" for letter in rest)
        raise FormatError(t("Line %1 of the prototxt cannot be read from “%2” on.", line, rest))


def _unescaped(literal: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code[0] in "01234567":
            return chr(int(code, 8))
        return _ESCAPED.get(code, code)

    return _ESCAPE.sub(character, literal[1:-1])
