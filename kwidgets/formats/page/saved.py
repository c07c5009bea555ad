"""What a notebook saves of the panel: data for our renderer, HTML without scripts, and text."""

from __future__ import annotations

import html
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.formats import protocol
from kwidgets.formats.export.jobs import jobs
from kwidgets.formats.export.table import facts_html, facts_text
from kwidgets.formats.page.encode import encode_job
from kwidgets.language import t
from kwidgets.model_keys import model_keys


def saved_bundle(model: keras.Model) -> dict[str, Any]:
    """Return a mime bundle with the state of the latest export of a model."""
    key = model_keys.key_of(model)
    job = jobs.of(key)
    saved = protocol.SavedExport(
        model=key,
        model_name=str(model.name),
        state=None if job is None else encode_job(job),
    )
    if job is None:
        text = t("“%1” has not been exported yet.", model.name)
        page = f"<div>{html.escape(text)}</div>"
    else:
        text, page = facts_text(job.facts), facts_html(job.facts)
    bundle: dict[str, Any] = wire.encodable(
        {
            protocol.MIME_TYPE: wire.envelope(protocol.SAVED_EXPORT, saved),
            "text/html": page,
            "text/plain": text,
        }
    )
    return bundle
