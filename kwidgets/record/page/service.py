"""Answers the requests of pages about recorded runs: ``service``."""

from __future__ import annotations

from kwidgets.record import protocol
from kwidgets.request_service import Answer, RequestService


def _load() -> Answer:
    from kwidgets.record.page.request_handler import RequestHandler

    return RequestHandler().answer


service = RequestService("kwidgets-runs", protocol.REQUEST_KINDS, protocol.RUNS_ANSWER, _load)
