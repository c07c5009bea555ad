"""Answers the requests of pages about searches, and watches those of KerasTuner: ``service``."""

from __future__ import annotations

from kwidgets.distributed.search import protocol
from kwidgets.distributed.search.watch_tuners import watch_tuners
from kwidgets.request_service import Answer, RequestService


class SearchService(RequestService):
    """Starts to watch the searches of KerasTuner when pages are connected."""

    def start(self) -> None:
        watch_tuners()


def _load() -> Answer:
    from kwidgets.distributed.search.page.searches import searches

    return searches.answer


service = SearchService("kwidgets-searches", protocol.REQUEST_KINDS, protocol.SEARCH_ANSWER, _load)
