"""Define widget models without a view that send code and data once for several widgets."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import weakref
from typing import Any, ClassVar, Self

import ipywidgets
import traitlets

from kwidgets import language
from kwidgets.kernel import marimo_kernel

STATIC = pathlib.Path(__file__).parent / "static"


class SharedModel(ipywidgets.Widget):
    """A widget model without a view, to which other widgets refer by its id."""

    _model_name = traitlets.Unicode("WidgetModel").tag(sync=True)
    _model_module = traitlets.Unicode("@jupyter-widgets/base").tag(sync=True)
    _model_module_version = traitlets.Unicode("2.0.0").tag(sync=True)

    # By class, of each session; in Jupyter the kernel has one session.
    _shared: ClassVar[weakref.WeakKeyDictionary[object, dict[type, Any]]] = (
        weakref.WeakKeyDictionary()
    )

    @classmethod
    def shared(cls) -> Self:
        """Return the instance of this session, or a new one if the last one was closed."""
        session = marimo_kernel.session() or SharedModel
        models = SharedModel._shared.setdefault(session, {})
        if cls not in models or is_closed(models[cls]):
            models[cls] = model = cls.make()
            marimo_kernel.keep_after_cell(model.comm)
            if session is not SharedModel:
                # ipywidgets keeps every widget that is not closed.
                weakref.finalize(session, model.close).atexit = False
        return models[cls]  # type: ignore[no-any-return]

    @classmethod
    def make(cls) -> Self:
        """Return a new instance with its code and data."""
        raise NotImplementedError

    @property
    def reference(self) -> str:
        """The value with which a synced trait of another widget refers to this one."""
        return f"IPY_MODEL_{self.model_id}"


class CodeModel(SharedModel):
    """A shared model that contains a view's code and its translated texts."""

    messages = traitlets.Any(
        None, help="the catalogue of the kernel's language; null for English"
    ).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(messages=language.messages(), **traits)
        language.on_change(self.translate)

    def translate(self) -> None:
        """Send the texts again after the kernel's language has changed."""
        if self.comm is not None:
            self.messages = language.messages()


def packed_bytes(help: str) -> traitlets.Bytes:
    """Return a synced trait of bytes, which pages read as base64: no buffers, as in messages."""

    def pack(value: bytes, widget: ipywidgets.Widget) -> str:
        return base64.b64encode(value).decode("ascii")

    return traitlets.Bytes(help=help).tag(sync=True, to_json=pack)


def is_closed(widget: ipywidgets.Widget) -> bool:
    """Return whether pages can no longer reach the widget."""
    return widget.comm is None or bool(getattr(widget.comm, "_closed", False))


def close_with_layout(widget: ipywidgets.DOMWidget) -> None:
    """Close a widget and its layout, a widget of its own; ipywidgets keeps all others."""
    layout = widget.layout
    widget.close()
    layout.close()


def static_file(name: str) -> bytes:
    """Return a file of the built front end.

    Raises:
        FileNotFoundError: the front end has not been built.
    """
    try:
        return (STATIC / name).read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"kwidgets/static/{name} is missing because the front end has not been built. "
            "Run `make lab` in the checkout, or install a released wheel."
        ) from error


def version_of(*contents: bytes) -> str:
    """Return a name that changes with the contents."""
    return hashlib.sha256(b"".join(contents)).hexdigest()[:16]
