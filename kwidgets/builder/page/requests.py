"""Carry out the requests that the views of a builder send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

import keras

from kwidgets.builder import protocol, quick_add
from kwidgets.builder.editor import Editor
from kwidgets.language import t
from kwidgets.model_keys import model_keys

# A message for the user, and the result of the request.
Answer = tuple[str, dict[str, Any]]


class Builder(Protocol):
    """The builder that the views show."""

    lock: threading.RLock
    editor: Editor
    # Keras keeps the policy by thread, and requests arrive in other threads than the user's.
    dtype_policy: keras.DTypePolicy

    def describe(self) -> dict[str, Any]:
        """Return all sections of a State."""

    def publish(self) -> None:
        """Send the sections that changed."""

    def refresh_data(self) -> None:
        """Find the data that the user's namespace offers."""

    def reset_weights(self) -> None:
        """Make the next model with fresh weights."""

    def train(self) -> object:
        """Train in a thread, with the settings of the Fit tab."""

    def model(self) -> keras.Sequential:
        """Return the model of the current layers."""

    def mime_bundle(self) -> dict[str, Any]:
        """Return a mime bundle that shows the builder without a kernel."""


def handle(builder: Builder, kind: str, payload: dict[str, Any]) -> Answer:
    """Carry out a request.

    Raises:
        ValueError: the request cannot be carried out. The text says why.
        KeyError: there is no such kind of request.
    """
    handler = _HANDLERS[kind]
    keras.config.set_dtype_policy(builder.dtype_policy)
    return handler(builder, payload)


def _edit(builder: Builder, payload: dict[str, Any]) -> Answer:
    with builder.lock:
        result = builder.editor.apply(payload)  # type: ignore[arg-type]
        if payload.get("target") == protocol.FIT:
            builder.refresh_data()
        builder.publish()
    return "", result


def _search(builder: Builder, payload: dict[str, Any]) -> Answer:
    return "", {"options": quick_add.search(str(payload.get("text") or ""))}


def _train(builder: Builder, payload: dict[str, Any]) -> Answer:
    builder.train()
    return "", {}


def _refresh(builder: Builder, payload: dict[str, Any]) -> Answer:
    with builder.lock:
        builder.refresh_data()
        builder.publish()
    return "", {}


def _reset(builder: Builder, payload: dict[str, Any]) -> Answer:
    builder.reset_weights()
    return t("The weights have been reset. The next training starts from the beginning."), {}


def _bundle(builder: Builder, payload: dict[str, Any]) -> Answer:
    return "", builder.mime_bundle()


def _model(builder: Builder, payload: dict[str, Any]) -> Answer:
    return "", {"key": model_keys.key_of(builder.model())}


_HANDLERS: dict[str, Callable[[Builder, dict[str, Any]], Answer]] = {
    protocol.EDIT: _edit,
    protocol.SEARCH: _search,
    protocol.TRAIN: _train,
    protocol.REFRESH: _refresh,
    protocol.RESET: _reset,
    protocol.BUNDLE: _bundle,
    protocol.MODEL: _model,
}
