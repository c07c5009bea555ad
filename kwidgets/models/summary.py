"""``kw.summary(model)``: shows a model's summary in a cell, or prints it outside Jupyter."""

from __future__ import annotations

import base64
import gzip
import html
import json
import sys
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.keras2 import is_keras2
from kwidgets.kernel import marimo_kernel
from kwidgets.language import t
from kwidgets.models.describe.model_entry import model_entry
from kwidgets.models.protocol import MIME_TYPE
from kwidgets.models.summary_data import ModelEntry, ModelSummary, to_wire
from kwidgets.models.text.export import as_json, as_markdown, as_text
from kwidgets.page_connection import connect


class Summary:
    """The summary of a model at the time of the call.

    Attributes:
        data: the summary as dataclasses.
    """

    def __init__(self, data: ModelSummary, entry: ModelEntry) -> None:
        self.data = data
        self._entry = entry
        # The number of the cell that showed it, so that it is not shown again as the cell's value.
        self._shown_in_cell: int | None = None
        self._shown_in_marimo: marimo_kernel.CellElement | None = None
        self._is_shown = False

    @property
    def title(self) -> str:
        """The name of the model's variable, or the model's own name."""
        return self._entry.names[0]

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as dicts and lists for JSON."""
        return to_wire(self.data)  # type: ignore[no-any-return]

    def to_text(self) -> str:
        """Return the summary as text."""
        return as_text(self.data, self.title)

    def to_markdown(self) -> str:
        """Return the summary as a Markdown table."""
        return as_markdown(self.data, self.title)

    def to_json(self) -> str:
        """Return the summary as JSON."""
        return as_json(self.data)

    def __repr__(self) -> str:
        return self.to_text()

    def __str__(self) -> str:
        # print(kw.summary(model)) must not show the text a second time.
        return t("Summary of %1, shown above", self.title) if self._is_shown else repr(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        text: str = wire.encodable(self.to_text())
        return {
            MIME_TYPE: _saved_envelope(self._entry, self.data),
            # Without our extension: scrollable, so that no line is cut off.
            "text/html": f'<pre style="white-space:pre;overflow-x:auto">{html.escape(text)}</pre>',
            "text/plain": text,
        }

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        if self._shown_in_cell is not None and self._shown_in_cell == _execution_count():
            self._shown_in_cell = None
            return
        publish_display_data(data=self._repr_mimebundle_())

    def _display_(self) -> Any:
        """Return what marimo shows: what the cell has shown, if it has shown this summary."""
        shown = self._shown_in_marimo
        if shown is not None and shown.is_shown:
            return marimo_kernel.output_so_far()
        return self._html_element()

    def _html_element(self) -> Any:
        return marimo_kernel.html_element(self._repr_mimebundle_()["text/html"])

    def _show(self) -> None:
        """Show it now: in the cell, or printed as text in a script."""
        if _is_prompt():
            return  # which prints the value itself
        self._is_shown = True
        if marimo_kernel.is_running():
            self._shown_in_marimo = marimo_kernel.CellElement(self._html_element())
            return
        count = _execution_count()
        if count is not None:
            self._ipython_display_()
            self._shown_in_cell = count
        else:
            print(self.to_text())


def summary(model: keras.Model) -> Summary:
    """Show the layers of a model with shapes, parameters, connections and memory.

    In a notebook, the summary is a tree that you can unfold, search, sort and copy. With our
    JupyterLab extension, it also shows weights and computes the shapes of a model that is not
    built. Elsewhere, it is text.

    Args:
        model: a ``keras.Model`` or a builder, built or not. It is not changed.

    Returns:
        the summary, as plain data in ``.data``, and with ``.to_text()``, ``.to_markdown()``,
        ``.to_json()`` and ``.to_dict()``.

    Raises:
        TypeError: ``model`` is not a model.
    """
    from kwidgets.models.panel import panel

    builder = sys.modules.get("kwidgets.builder.sequential")
    if builder is not None and isinstance(model, builder.SequentialBuilder):
        model = model.model
    if is_keras2(model):
        raise TypeError(
            f"kwidgets.summary reads models of Keras 3; got a model of Keras 2 "
            f"({type(model).__module__.partition('.')[0]}.{type(model).__name__}). Call "
            "model.summary(), or save it as model.h5 and open that with keras.saving.load_model."
        )
    if not isinstance(model, keras.Model):
        is_class = isinstance(model, type)
        cls = model if is_class else type(model)
        # A class of another package may have the name of one of Keras's.
        name = f"{cls.__module__}.{cls.__name__}".removeprefix("builtins.")
        what = f"the class {name}" if is_class else name
        raise TypeError(
            f"kwidgets.summary requires a keras.Model; got {what}. Pass the model itself: "
            "kwidgets.summary(model)."
        )
    connect()  # the view may request more than is shown
    key, names = panel.register_shown(model)
    shown = Summary(panel.summary(model), model_entry(model, key, names))
    shown._show()
    return shown


def _is_prompt() -> bool:
    """Return whether this is an interactive prompt in a terminal."""
    return _execution_count() is None and not marimo_kernel.is_running() and hasattr(sys, "ps1")


def _execution_count() -> int | None:
    """Return the number of the running cell; None outside a kernel."""
    from kwidgets.kernel.running_kernel import running_kernel

    kernel = running_kernel()
    return None if kernel is None else int(kernel.shell.execution_count)


def _saved_envelope(entry: ModelEntry, data: ModelSummary) -> wire.Envelope:
    """Return the summary as saved in a notebook: gzipped, or each value would take a line."""
    text = json.dumps({"entry": to_wire(entry), "summary": to_wire(data)}, separators=(",", ":"))
    packed = gzip.compress(text.encode(), 9, mtime=0)
    return wire.envelope("summary", base64.b64encode(packed).decode("ascii"))
