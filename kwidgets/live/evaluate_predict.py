"""Show the progress of ``evaluate`` and ``predict``.

All calls of a cell whose output goes to the same place share one output.
"""

from __future__ import annotations

import collections
import dataclasses
import html
import threading
import time
from typing import Any, Literal

import keras

from kwidgets.kernel import cell_end
from kwidgets.kernel.front_end import shows_text_only
from kwidgets.kernel.output_place import OutputPlace
from kwidgets.kernel.replaceable_output import ReplaceableOutput
from kwidgets.kernel.running_kernel import running_kernel
from kwidgets.language import t
from kwidgets.live.numbers.as_number import as_number
from kwidgets.live.page.number_format import format_seconds, format_value
from kwidgets.live.page.print_text import print_text
from kwidgets.live.training_thread.error_guard import ErrorGuard

PUBLISH_SECONDS = 0.2
# The latest lines are kept: predict in a loop must not fill the page.
MAX_LINES = 8


@dataclasses.dataclass
class Call:
    """One call of ``evaluate`` or ``predict``."""

    what: Literal["Evaluating", "Predicting"]
    model_name: str
    batches: int | None
    began: float = dataclasses.field(default_factory=time.perf_counter)
    batch: int = 0
    seconds: float = 0.0
    state: Literal["running", "done", "ended early"] = "running"
    results: dict[str, float] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        name = self.model_name
        done = t("Evaluated %1", name) if self.what == "Evaluating" else t("Predicted %1", name)
        count = f"{self.batch:,}"
        if self.batches and self.state != "done":
            batches = t("%1 of %2 batches", count, f"{self.batches:,}")
        else:
            batches = t("1 batch") if self.batch == 1 else t("%1 batches", count)
        parts = [
            self._doing() if self.state == "running" else done,
            batches,
            format_seconds(self.seconds) if self.seconds >= 10 else f"{self.seconds:.1f} s",
            *(f"{name} {format_value(value)}" for name, value in self.results.items()),
        ]
        if self.state == "ended early":
            parts.insert(1, t("ended early"))
        return " · ".join(parts)

    def _doing(self) -> str:
        name = self.model_name
        return t("Evaluating %1", name) if self.what == "Evaluating" else t("Predicting %1", name)

    def to_html(self) -> str:
        """Return the line with a bar while it runs."""
        text = html.escape(str(self))
        if self.state != "running":
            return f"<div>{text}</div>"
        value = f' value="{self.batch}" max="{self.batches}"' if self.batches else ""
        label = html.escape(self._doing())
        return f'<div><progress aria-label="{label}"{value}></progress> {text}</div>'


class CallsOutput:
    """The output of a cell that shows the progress of its calls."""

    def __init__(self) -> None:
        self._output = ReplaceableOutput()
        self._calls: collections.deque[Call] = collections.deque(maxlen=MAX_LINES)
        self._number = 0
        self._published_at = 0.0
        self._lock = threading.RLock()

    @property
    def place(self) -> OutputPlace:
        """Where the output goes."""
        return self._output.place

    @property
    def is_text(self) -> bool:
        """Whether the output goes to a console or a file."""
        return running_kernel() is None or shows_text_only()

    @property
    def can_change(self) -> bool:
        """Whether the output can be replaced: it is neither captured nor in a console."""
        return not self._output.is_captured and not self.is_text

    def add(self, call: Call) -> None:
        with self._lock:
            if self._output.is_cleared:
                self._output.start_again()
                self._number = 0
                self._calls.clear()
            self._number += 1
            self._calls.append(call)

    def is_due(self) -> bool:
        """Return whether enough time has passed to show it again."""
        return time.perf_counter() - self._published_at >= PUBLISH_SECONDS

    def publish(self, at_end: bool = False) -> None:
        """Show the calls, or update the output.

        Args:
            at_end: whether the cell has ended.
        """
        if self.is_text:
            print_text("\n".join(map(str, self._calls)))
            return
        with self._lock:
            self._published_at = time.perf_counter()
            # At the end of the cell nothing is shown that was cleared after the last call: then
            # nothing is there to be updated.
            update = at_end or not self._output.is_cleared
            left_out = self._number - len(self._calls)
            head = [t("%1 earlier calls", f"{left_out:,}")] if left_out else []
            lines = [f"<div>{line}</div>" for line in head]
            self._output.publish(
                {
                    "text/html": "".join([*lines, *(call.to_html() for call in self._calls)]),
                    "text/plain": "\n".join([*head, *map(str, self._calls)]),
                },
                update,
            )

    def end(self) -> None:
        """Mark running calls as ended early, and show all calls: the cell has ended."""
        with self._lock:
            for call in self._calls:
                if call.state == "running":
                    call.state = "ended early"
            self.publish(at_end=True)


class CallProgress(keras.callbacks.Callback):
    """The callback that shows the progress of one call of ``evaluate`` or ``predict``."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = ErrorGuard()
        self._call: Call | None = None
        self._output: CallsOutput | None = None

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._guard("The progress", self._begin, "Evaluating")

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._step(batch)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._guard("The progress", self._end, logs or {})

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._guard("The progress", self._begin, "Predicting")

    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._step(batch)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._guard("The progress", self._end, {})

    def _begin(self, what: Any) -> None:
        name = str(getattr(self._model, "name", type(self._model).__name__))
        self._call = Call(what, name, (self.params or {}).get("steps") or None)
        self._output = _output_for_call()
        self._output.add(self._call)

    def _step(self, batch: int) -> None:
        call, output = self._call, self._output
        if call is None or output is None:
            return
        call.batch = batch
        seconds = time.perf_counter() - call.began
        # A short call shows its end only.
        if seconds >= PUBLISH_SECONDS and output.is_due() and output.can_change:
            call.seconds = seconds
            self._guard("The progress", output.publish)

    def _end(self, logs: dict[str, Any]) -> None:
        call, output = self._call, self._output
        if call is None or output is None:
            return
        call.seconds = time.perf_counter() - call.began
        call.state = "done"
        call.batch = call.batches or call.batch
        # The loss first, as Keras's own bar has it.
        for name, value in sorted(logs.items(), key=lambda item: item[0] != "loss"):
            number = as_number(value)
            if number is not None:
                call.results[str(name)] = number
        if output.is_due() or output.place not in _current:
            output.publish()


# Those of the running cell, by the place where each goes.
_current: dict[OutputPlace, CallsOutput] = {}


def _output_for_call() -> CallsOutput:
    """Return the output of the running cell for this place; a new one where none can be shared."""
    output = CallsOutput()
    if not cell_end.is_in_cell() or not output.can_change:
        return output
    if not _current:
        cell_end.after_this_cell(_after_cell)
    return _current.setdefault(output.place, output)


def _after_cell(result: Any) -> None:
    outputs = list(_current.values())
    _current.clear()
    for output in outputs:
        output.end()
