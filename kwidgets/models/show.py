"""``kw.summary(model)``: the summary in a cell, as text outside Jupyter, and as plain data."""

from __future__ import annotations

import base64
import gzip
import html
import json
import sys
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.models.describe.model_entry import describe_briefly
from kwidgets.models.protocol import MIME_TYPE
from kwidgets.models.summary_data import ModelEntry, ModelSummary, to_wire
from kwidgets.models.text.export import as_json, as_markdown, as_text
from kwidgets.page_connection import connect


class Summary:
    """The summary of a model, as it was when it was asked for.

    Attributes:
        data: all of it, as plain dataclasses.
    """

    def __init__(self, data: ModelSummary, entry: ModelEntry) -> None:
        self.data = data
        self._entry = entry
        # The cell that showed it, so that the same cell does not show it again as its value.
        self._shown_in: int | None = None

    @property
    def title(self) -> str:
        """What the model is called, by its variable or else its name."""
        return self._entry.names[0]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as dicts and lists, which JSON can hold."""
        return to_wire(self.data)  # type: ignore[no-any-return]

    def to_text(self) -> str:
        """Return it as lines of text."""
        return as_text(self.data, self.title)

    def to_markdown(self) -> str:
        """Return it as a Markdown table."""
        return as_markdown(self.data, self.title)

    def to_json(self) -> str:
        """Return it as JSON."""
        return as_json(self.data)

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        text = self.to_text()
        return {
            MIME_TYPE: _saved(self._entry, self.data),
            # Where our extension is not: as wide as it is, nothing cut off.
            "text/html": f'<pre style="white-space:pre;overflow-x:auto">{html.escape(text)}</pre>',
            "text/plain": text,
        }

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        if self._shown_in is not None and self._shown_in == _execution_count():
            self._shown_in = None
            return
        publish_display_data(data=self._repr_mimebundle_())

    def _show(self) -> None:
        """Show it now: in the cell, or as text in a script."""
        count = _execution_count()
        if count is not None:
            self._ipython_display_()
            self._shown_in = count
        elif not hasattr(sys, "ps1"):  # a prompt prints the value by itself
            print(self.to_text())


def summary(model: keras.Model) -> Summary:
    """Show what is in a model: layers, shapes, parameters, connections, memory.

    In a notebook it is a tree to unfold, search, sort and copy; with our JupyterLab extension it
    also reads weights and works out shapes of a model that is not built. Elsewhere it is text.

    Args:
        model: any ``keras.Model`` (or a builder), built or not; it is not changed.

    Returns:
        The summary, with all of it as plain data in ``.data``, and ``.to_text()``,
        ``.to_markdown()``, ``.to_json()`` and ``.to_dict()``.

    Raises:
        TypeError: it is no model.
    """
    from kwidgets.models.panel import panel

    builder = sys.modules.get("kwidgets.builder.sequential")
    if builder is not None and isinstance(model, builder.SequentialBuilder):
        model = model.model
    if not isinstance(model, keras.Model):
        what = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(
            f"kwidgets.summary takes a keras.Model; got {what}. Pass the model itself: "
            "kwidgets.summary(model)."
        )
    connect()  # the view may ask for more than what is shown
    key, names = panel.shown(model)
    shown = Summary(panel.summary(model), describe_briefly(model).entry(key, names))
    shown._show()
    return shown


def _execution_count() -> int | None:
    """Number of the cell that runs; None outside a kernel."""
    from kwidgets.kernel.running_kernel import running_kernel

    kernel = running_kernel()
    return None if kernel is None else int(kernel.shell.execution_count)


def _saved(entry: ModelEntry, data: ModelSummary) -> wire.Envelope:
    """The summary as a notebook keeps it: packed, for nbformat writes each value on a line."""
    text = json.dumps({"entry": to_wire(entry), "summary": to_wire(data)}, separators=(",", ":"))
    packed = gzip.compress(text.encode(), 9, mtime=0)
    return wire.envelope("summary", base64.b64encode(packed).decode("ascii"))
