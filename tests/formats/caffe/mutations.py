"""Damage files at random: cut them off, flip bits, move pieces, and change numbers."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_NUMBERS = (b"0", b"-1", b"1", b"2", b"7", b"65536", b"99999999", b"4294967296", b"1e30", b"nan")


def mutated(data: bytes, source: random.Random) -> bytes:
    """Return ``data`` with one to three mutations, half of the time of what its text says only."""
    mutations = source.choice((_MUTATIONS, (_number, _word)))
    for _ in range(source.randint(1, 3)):
        data = source.choice(mutations)(data, source)
    return data


def _cut(data: bytes, source: random.Random) -> bytes:
    return data[: source.randrange(len(data) + 1)]


def _flip(data: bytes, source: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(source.randint(1, 8)):
        if changed:
            changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    return bytes(changed)


def _splice(data: bytes, source: random.Random) -> bytes:
    begin, place = source.randrange(len(data) + 1), source.randrange(len(data) + 1)
    piece = data[begin : begin + source.randint(1, 200)]
    return data[:place] + piece + data[place + source.choice((0, len(piece))) :]


def _delete(data: bytes, source: random.Random) -> bytes:
    begin = source.randrange(len(data) + 1)
    return data[:begin] + data[begin + source.randint(1, 40) :]


def _fill(data: bytes, source: random.Random) -> bytes:
    begin, length = source.randrange(len(data) + 1), source.randint(1, 12)
    value = source.choice((0, 0xFF, 0x7F, 0x80))
    return data[:begin] + bytes([value]) * length + data[begin + length :]


def _number(data: bytes, source: random.Random) -> bytes:
    found = list(re.finditer(rb"\d+", data))
    if not found:
        return data
    match = source.choice(found)
    return data[: match.start()] + source.choice(_NUMBERS) + data[match.end() :]


def _word(data: bytes, source: random.Random) -> bytes:
    found = list(re.finditer(rb"[A-Za-z_]\w*", data))
    if not found:
        return data
    first, second = source.choice(found), source.choice(found)
    return data[: first.start()] + second[0] + data[first.end() :]


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut,
    _flip,
    _splice,
    _delete,
    _fill,
    _number,
    _word,
)
