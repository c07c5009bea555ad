"""Answers the requests of pages about searches: ``service``."""

from __future__ import annotations

from kwidgets.distributed.search import protocol
from kwidgets.request_service import Answer, RequestService


def _load() -> Answer:
    from kwidgets.distributed.search.page.searches import searches

    return searches.answer


service = RequestService("kwidgets-searches", protocol.REQUEST_KINDS, protocol.SEARCH_ANSWER, _load)
