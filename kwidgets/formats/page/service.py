"""Answers the requests of pages about exports: ``service``."""

from __future__ import annotations

from kwidgets.formats import protocol
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.request_service import Answer, RequestService


def _load() -> Answer:
    # Imports Keras, which the user has done before there is a model.
    from kwidgets.formats.page.request_handler import RequestHandler

    return RequestHandler(user_variables).answer


service = RequestService(
    "kwidgets-export-requests", protocol.REQUEST_KINDS, protocol.EXPORT_ANSWER, _load
)
