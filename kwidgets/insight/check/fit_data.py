"""Look at the data and the program of each fit, in a thread, and show it in the tab Data."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from numpy.typing import NDArray

from kwidgets.insight.check.data_tab import DataTab
from kwidgets.insight.check.fit_findings import findings_of_fit
from kwidgets.insight.check.program import Program, describe_program
from kwidgets.insight.data.known_reports import KnownReports, known_reports
from kwidgets.insight.data.measure import Deadline
from kwidgets.insight.keras_internals.text_inputs import read_text_inputs
from kwidgets.insight.page.session import InsightSession
from kwidgets.insight.protocol import Looks
from kwidgets.insight.samples.looks import describe, kind_of
from kwidgets.insight.samples.references import find_reference
from kwidgets.kernel.running_kernel import user_variables
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.run.observers import RunObserver

# The first look, beside the first steps, compares fewer rows: 0.1 s of processor time. A look that
# is asked for may take longer.
_FIRST_SECONDS: Final = 2.0
_FIRST_VALUES: Final = 5_000_000
_SECONDS: Final = 10.0

logger = logging.getLogger("kwidgets")


class FitData(RunObserver):
    """Looks at the data of one fit. On the training thread, it only reads the model.

    Args:
        run: the fit, which begins.
        session: what is known of it.
    """

    label = "Looking at the data"

    def __init__(self, run: FitRun, session: InsightSession) -> None:
        self._fit = run.state
        self._session = session
        self.tab = DataTab(session)
        self._program: Program | None = None
        self._names: dict[str, str] = {}
        self._words: tuple[Sequence[str], bool] = ((), False)
        self._wants_look = False

    def begin(self) -> None:
        arguments = self._arguments()
        namespace = {**user_variables(), **self._fit.frame.callers_variables()}
        self._names = _names_of(arguments, self._fit.model, namespace)
        self._program = describe_program(
            self._fit.model, arguments, self._names.get("model", "model")
        )
        text = read_text_inputs(self._fit.model, namespace)
        self._words = text.vocabulary, text.reads_tokens
        self.tab.look_again = self._look_again
        self._look(arguments, Deadline(_FIRST_SECONDS, _FIRST_VALUES), known_reports)

    def after_sample(self) -> None:
        # The frame's variables can be read on this thread only.
        if self._wants_look:
            self._wants_look = False
            self._look(self._arguments(), Deadline(_SECONDS))

    def end(self) -> None:
        self.tab.look_again = None
        self._program = None

    def _look_again(self) -> bool:
        self._wants_look = True
        return True

    def _arguments(self) -> dict[str, Any]:
        arguments = {**self._fit.frame.arguments(), "callbacks": self._fit.frame.callbacks()}
        validation = arguments.get("validation_data")
        # Keras itself has taken it from x and y.
        arguments["is_split"] = (
            bool(arguments.get("validation_split"))
            and isinstance(validation, tuple)
            and len(validation) == 3
        )
        return arguments

    def _look(
        self, arguments: dict[str, Any], limit: Deadline, known: KnownReports | None = None
    ) -> None:
        thread = threading.Thread(
            target=self._look_in_thread,
            args=(arguments, limit, known),
            name="kwidgets-look-at-data",
            daemon=True,
        )
        thread.start()

    def _look_in_thread(
        self, arguments: dict[str, Any], limit: Deadline, known: KnownReports | None
    ) -> None:
        program = self._program
        if program is None:
            return
        try:
            given = {"x": None, **arguments, "limit": limit, "known": known}
            self.tab.show(
                findings_of_fit(program, names=self._names, describe=self._describe, **given)
            )
        except Exception:
            logger.warning("the data of the training cannot be shown", exc_info=True)

    def _describe(self, values: NDArray[Any], columns: tuple[str, ...]) -> list[Looks]:
        kind = kind_of(values, columns, *self._words)
        looks = [describe([kind], (value,), self._session.pictures.add) for value in values]
        return [look for look in looks if look is not None]


def _names_of(
    arguments: Mapping[str, Any], model: object, namespace: Mapping[str, Any]
) -> dict[str, str]:
    """Return what the user calls the model and the data."""
    values = {name: arguments.get(name) for name in ("x", "y", "validation_data")}
    validation = values["validation_data"]
    if isinstance(validation, (tuple, list)) and len(validation) in (2, 3):
        values |= {"validation_x": validation[0], "validation_y": validation[1]}
    found = {}
    for name, value in {**values, "model": model}.items():
        reference = None if value is None else find_reference(value, namespace)
        if reference is not None and (reference.offset == 0 or arguments.get("is_split")):
            found[name] = reference.expression
    return found
