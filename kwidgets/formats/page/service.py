"""Answers the requests of pages about exports: ``service``."""

from __future__ import annotations

from typing import Any

from kwidgets.formats import protocol
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.request_service import Answer, RequestService


def _load() -> Answer:
    # Imports Keras, which the user has done before there is a model.
    from kwidgets.formats.page.request_handler import RequestHandler

    handler = RequestHandler(user_variables)

    def answer(kind: str, payload: Any) -> tuple[Any, list[bytes]]:
        return handler.answer(kind, payload), []

    return answer


service = RequestService(
    "kwidgets-export-requests", protocol.REQUEST_KINDS, protocol.EXPORT_ANSWER, _load
)
