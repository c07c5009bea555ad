"""What a view gets: only while it watches, within its bytes, and pictures once."""

from __future__ import annotations

from typing import Any

import pytest

from kwidgets.insight.page import session as sessions
from kwidgets.insight.page.pictures import MAX_CHARACTERS, PictureStore
from kwidgets.insight.page.session import BURST_BYTES, BYTES_PER_SECOND, InsightSession, Tab
from kwidgets.insight.protocol import WATCH_SECONDS, Insight


@pytest.fixture
def clock(monkeypatch: Any) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def sent() -> list[Any]:
    return []


@pytest.fixture
def session(clock: list[float], sent: list[Any]) -> InsightSession:
    session = InsightSession()
    session.open(sent.append, 3)
    return session


class Failing(Tab):
    name = "data"
    answers = frozenset({"look_at_data"})

    def answer(self, request: Any) -> str:
        raise RuntimeError("no data")


def ask(session: InsightSession, **request: Any) -> tuple[bool, str]:
    replies: list[tuple[bool, str]] = []
    session.answer(request, lambda ok, text: replies.append((ok, text)))
    (reply,) = replies
    return reply


def test_a_watch_lapses(session: InsightSession, clock: list[float]) -> None:
    assert not session.is_watched("predictions")
    assert ask(session, request="watch", tab="predictions") == (True, "")
    clock[0] += WATCH_SECONDS - 1
    assert session.is_watched("predictions") and not session.is_watched("data")
    clock[0] += 2
    assert not session.is_watched("predictions")


def test_what_fails_is_a_refusal(session: InsightSession, caplog: Any) -> None:
    session.add_tab(Failing())
    assert ask(session, request="look_at_data") == (False, "RuntimeError: no data")
    assert ask(session, request="fly") == (False, "Unknown request “fly”.")
    assert ask(session, request=None)[0] is False
    assert ask(session, request="watch", tab=["predictions"]) == (True, "")


def with_picture(key: str) -> Insight:
    sample: Any = {"looks": {"kind": "picture", "picture": key}}
    return Insight(part="sample", fit=3, sample={"sample": sample, "top": [], "history": []})


def test_pictures_are_sent_once_and_again_to_a_new_view(
    session: InsightSession, sent: list[Any]
) -> None:
    key = session.pictures.add("data:image/png;base64,AAAA")
    for _ in range(2):
        session.send(with_picture(key))
    assert [part["part"] for part in sent] == ["pictures", "sample", "sample"]
    ask(session, request="watch", tab="predictions", first=True)
    session.send(with_picture(key))
    assert [part["part"] for part in sent[3:]] == ["pictures", "sample"]


def test_much_that_was_sent_has_to_be_made_up_for(
    session: InsightSession, clock: list[float], sent: list[Any]
) -> None:
    text = "x" * 2_000
    seconds = 60
    for _ in range(seconds * 100):
        clock[0] += 0.01
        if session.may_send():
            session.send(Insight(part="pictures", fit=3, pictures={"a": text}))
    assert len(sent) * len(text) <= BURST_BYTES + (seconds + 1) * BYTES_PER_SECOND


def test_old_pictures_are_dropped() -> None:
    store = PictureStore()
    keys = [store.add(f"{i}" + "x" * 300_000) for i in range(20)]
    kept = [key for key in keys if store.has(key)]
    assert kept == keys[-len(kept) :] and 0 < len(kept) <= MAX_CHARACTERS // 300_000
