"""Write the programs of a builder: the model with its data and fit, and the builder itself."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable
from typing import Any

from kwidgets import language
from kwidgets.builder import code
from kwidgets.builder.data.notebook import executed_cells
from kwidgets.builder.data.slicing.source import source_of
from kwidgets.builder.editor import Editor
from kwidgets.builder.fit.call_site import names_in
from kwidgets.builder.fit.fit_call import FitCall
from kwidgets.builder.spec import ModelSpec, Variable
from kwidgets.language import t
from kwidgets.record.replay.recorded_fit import RecordedFit

logger = logging.getLogger("kwidgets")

# An assignment of a text to a name like these.
_SECRET = re.compile(
    r"""(?i)(token|password|passwd|secret|api_?key|credential)\w*["']?\s*[\]:=,]+\s*["']\w"""
)


class ProgramWriter:
    """Write programs, and keep the last one until the spec, the cells or the language change.

    Args:
        editor: holds the spec.
        is_adapted: returns whether ``adapt`` gave the layer of a uid a state of its own.
    """

    def __init__(self, editor: Editor, is_adapted: Callable[[str], bool]) -> None:
        self._editor = editor
        self._is_adapted = is_adapted
        self._written: tuple[Any, code.Source] | None = None

    def model_program(self, fit_call: FitCall, fit: RecordedFit | None = None) -> code.Source:
        """Return the program that makes, compiles and trains the model.

        Args:
            fit_call: the last call of fit; its notes are added if the Fit tab still shows it.
            fit: the last training with these settings, which the program repeats with what was
                done to it; None if there was none.
        """
        key = (self._editor.spec, len(executed_cells()), language.current(), fit)
        if self._written is None or not (
            self._written[0][0] is key[0] and self._written[0][1:] == key[1:]
        ):
            self._written = (key, self._write(fit_call, fit))
        return self._written[1]

    def builder_program(self, find_names: Callable[[], list[str]]) -> str:
        """Return the program that makes a builder like this one, or "" if that fails.

        Args:
            find_names: returns where the user keeps the builder; a variable's name is used.
        """
        try:
            identifiers = [name for name in find_names() if name.isidentifier()]
            return code.restoring_code(self._editor.spec, *identifiers[:1])
        except Exception:
            logger.debug("the builder's own program could not be written", exc_info=True)
            return ""

    def _write(self, fit_call: FitCall, fit: RecordedFit | None) -> code.Source:
        spec = self._editor.spec
        expressions = [value.name for value in spec.fit.values() if isinstance(value, Variable)]
        names = dict.fromkeys(name for text in expressions for name in names_in(text))
        data_source, notes = None, self._notes_on_adapted_layers(spec)
        if spec.fit is fit_call.settings:
            notes += fit_call.notes
        if names:
            try:
                data_source = source_of(names, executed_cells())
            except Exception:
                logger.debug("the source of the data was not found", exc_info=True)
        if data_source and _SECRET.search(data_source):
            data_source = None
            notes.append(
                t("The cells that create the data may contain a password and are omitted.")
            )
        try:
            source = code.to_code(spec, data=data_source, fit=fit)
            return dataclasses.replace(source, notes=(*source.notes, *notes))
        except Exception as error:
            logger.warning("the source could not be written", exc_info=True)
            return code.Source(f"# The source could not be written: {error}\n")

    def _notes_on_adapted_layers(self, spec: ModelSpec) -> list[str]:
        """Return a note for each layer whose state from ``adapt`` is not among its arguments."""
        notes = []
        for entry in spec.walk():
            if entry.enabled and self._is_adapted(entry.uid):
                notes.append(
                    t(
                        "%1 has been adapted to data, which the code does not include. Call "
                        "adapt in the code too, or save the model.",
                        entry.title,
                    )
                )
        return notes
