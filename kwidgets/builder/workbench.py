"""One builder at work: joins its editor, the real model, trainings and views."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import inspect
import logging
import re
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras

from kwidgets import language
from kwidgets.builder import code, convert, data, protocol, quick_add
from kwidgets.builder.code.slicing.source import source_of
from kwidgets.builder.data import notebook
from kwidgets.builder.data.notebook import executed_cells, namespace
from kwidgets.builder.editor import EditError, Editor
from kwidgets.builder.fit.background_fit import BuilderRun
from kwidgets.builder.fit.call_site import names_in
from kwidgets.builder.fit.fit_call import Recalled, recall_fit
from kwidgets.builder.mistakes.fitting import lengths_differ
from kwidgets.builder.model.layer_cache import is_adapted
from kwidgets.builder.model.model_cache import BuilderError, HeldModel, machine_bytes
from kwidgets.builder.page import saved_output, state
from kwidgets.builder.spec import LayerSpec, ModelSpec, Value, Variable
from kwidgets.language import t

if TYPE_CHECKING:
    from kwidgets.builder.page.widget import BuilderView

logger = logging.getLogger("kwidgets")


class Workbench:
    """What SequentialBuilder does its work with. Safe to call from any thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.editor = Editor()
        self.editor.memory_bytes = machine_bytes()
        self.run: BuilderRun | None = None
        self.held = HeldModel(self.editor, self._in_training)
        self._view: BuilderView | None = None
        self._source: tuple[Any, code.Source] | None = None
        # The call of fit that the Fit tab shows, or showed.
        self._recalled = Recalled({}, {})
        # Keras keeps it by thread; what a view asks for comes in other threads than the user's.
        self._dtype_policy = keras.config.dtype_policy()
        notebook.watch_cells()

    # The model.

    def model(self) -> keras.Sequential:
        """Return the model of the spec as it is now. See :meth:`HeldModel.get`."""
        with self.lock:
            return self.held.get()

    def layers(self) -> list[keras.Layer]:
        """Return the layers that are switched on, of a stack with problems too."""
        with self.lock:
            return self.held.layers()

    def reset_weights(self) -> None:
        """Forget what was learned.

        Raises:
            EditError: the model is in training.
        """
        with self.lock:
            if self._in_training() is not None:
                raise EditError(t("The model is in training: stop that first."))
            self.held.reset()
            self.publish()

    def layer(self, entry: LayerSpec) -> keras.Layer:
        """Return one layer. See :meth:`HeldModel.layer`."""
        with self.lock:
            return self.held.layer(entry)

    def compile_with(self, arguments: dict[str, Any]) -> None:
        """Take compile's arguments out of a call."""
        with self.lock:
            self.held.compile_with(arguments)
            self.publish()

    def _in_training(self) -> keras.Sequential | None:
        return self.run.model if self.run is not None and self.run.running else None

    # Edits.

    def change(self, label: str, spec: ModelSpec) -> None:
        """Make ``spec`` what holds and tell the views."""
        with self.lock:
            self.editor.change(label, spec)
            self.publish()

    def trained_with(self, model: keras.Sequential, error: BaseException | None = None) -> None:
        """Note that ``model`` has just been trained. See :meth:`HeldModel.trained`."""
        with self.lock:
            self.held.trained(model, error)
            self.publish()

    # Training.

    def fit(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], call: ast.Call | None = None
    ) -> keras.callbacks.History:
        """Train in this thread, and remember what was given.

        Args:
            args, kwargs: what ``fit`` is given.
            call: how that was written, where it is known.

        Raises:
            RuntimeError: the model is in training already.
        """
        with self.lock:
            if self._in_training() is not None:
                raise RuntimeError(
                    "the model is in training already; wait for the end with builder.run.wait(), "
                    "or stop it with builder.run.stop()"
                )
            model = self.held.get()
            self._recall(model, args, kwargs, call)
            self.held.about_to_train(model)
        error: BaseException | None = None
        try:
            return model.fit(*args, **kwargs)
        except BaseException as problem:
            error = problem
            raise
        finally:
            self.trained_with(model, error)

    def train(
        self,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        call: ast.Call | None = None,
    ) -> BuilderRun:
        """Train in a thread: with fit's arguments, or, without any, as the Fit tab says.

        Args: those of :meth:`fit`.

        Raises:
            EditError: something that a fit needs is missing.
        """
        with self.lock:
            given = bool(args or kwargs)
            blocked = self._blocked(given)
            if blocked:
                raise EditError(blocked)
            try:
                model = self.held.get()
            except (BuilderError, MemoryError, RuntimeError) as error:
                raise EditError(str(error)) from error
            if given:
                self._recall(model, args, kwargs or {}, call)
                bound = inspect.signature(model.fit).bind(*args, **(kwargs or {}))
                arguments = dict(bound.arguments)
            else:
                arguments = self._fit_arguments()
            self.run = BuilderRun(model, arguments, self.publish, self.held.trained)
            self.held.about_to_train(model)
            self.run.start()
        self.publish()
        return self.run

    def _recall(
        self, model: keras.Sequential, args: Any, kwargs: Any, call: ast.Call | None
    ) -> None:
        """Let the Fit tab and the code show a call of fit. No fit may fail by that."""
        try:
            self._recalled = recall_fit(model, args, kwargs, call)
            settings = self._recalled.settings
            self.editor.amend(dataclasses.replace(self.editor.spec, fit=settings))
            self.look_for_data()
            self.publish()
        except Exception:
            logger.warning("the call of fit is not shown in the builder", exc_info=True)

    def _blocked(self, given: bool = False) -> str:
        """Why a training cannot start, or "".

        Args:
            given: whether fit is given its arguments in a call; then Keras says what is wrong.
        """
        spec, analysis = self.editor.spec, self.editor.analysis
        if self._in_training() is not None:
            return t("The model is in training.")
        if not any(entry.enabled for entry in spec.layers):
            return t("The stack is empty: add a layer first.")
        for entry in spec.walk():
            problem = analysis.layers[entry.uid].problem
            if problem is not None:
                return t("%1 has a problem: %2", entry.title, problem.text)
        if analysis.input_problem is not None:
            return t("The input has a problem: %1", analysis.input_problem.text)
        if not (given and spec.compile) and not (spec.compile or {}).get("loss"):
            return t("Choose a loss in the Compile tab: without one there is nothing to train for.")
        for tab, arguments in (("Compile", spec.compile or {}), ("Fit", spec.fit)):
            for text in state.lacking(arguments).values():
                if tab == "Compile":
                    return t("%1 See the Compile tab.", text)
                return t("%1 See the Fit tab.", text)
        if not given and spec.fit.get("x") is None:
            return t("Choose the data to train on: x.")
        # With validation_split Keras would train on the wrong pairs and say nothing.
        if not given:
            for found in lengths_differ(self.editor.situation):
                return f"{found.title}. {found.text}"
        return ""

    def _fit_arguments(self) -> dict[str, Any]:
        """fit's arguments, with the user's variables as they are now."""
        space = namespace()

        def value(item: Value) -> Any:
            if isinstance(item, Variable):
                return _computed(item.name, space)
            return convert.make_value(item)

        given = {name: value(item) for name, item in self.editor.spec.fit.items()}
        validation_x, validation_y = (
            given.pop("validation_x", None),
            given.pop("validation_y", None),
        )
        if validation_x is not None:
            given.pop("validation_split", None)
            given["validation_data"] = (
                validation_x if validation_y is None else (validation_x, validation_y)
            )
        return given

    # Views.

    def view(self) -> BuilderView:
        """Return what this builder shows on the page, made when first needed."""
        with self.lock:
            self._dtype_policy = keras.config.dtype_policy()
            if self._view is None or self._view.widget.comm is None:
                # Imported here: a plain script needs no widgets.
                from kwidgets.builder.page.widget import BuilderView

                self.look_for_data()
                self._look_back()
                self._view = BuilderView(self)
                notebook.listen(self)
            return self._view

    def _look_back(self) -> None:
        """The cell may show this builder in place of another: let undo lead back to that one."""
        before = notebook.replace_shown((self.editor, weakref.ref(self)))
        if not isinstance(before, tuple) or before[0] is self.editor:
            return
        self.editor.remember(t("Run the cell again"), before[0].spec)
        bench = before[1]()
        run = None if bench is None else bench.run
        if run is not None and run.running and not notebook.names_of(bench.is_of):
            run.stop()
            logger.warning(
                "the builder that this cell showed before was still training; it has no name any "
                "more, so its training was stopped"
            )

    def is_of(self, thing: object) -> bool:
        """Whether ``thing`` is the builder that works here."""
        # By the class's name: to ask an object of the user's for attributes might run its code.
        return type(thing).__name__ == "SequentialBuilder" and thing.__dict__.get("_bench") is self

    def describe(self) -> dict[str, Any]:
        """Return all sections of the builder's state."""
        with self.lock:
            self.held.read_back()
            return {**self._describe_edits(), **self._describe_code()}

    def publish(self) -> None:
        """Tell the views what changed: shapes first, the source after them."""
        if self._view is None:
            return
        with self.lock:
            try:
                self.held.read_back()
                self._view.publish(self._describe_edits())
                self._view.publish(self._describe_code())
            except Exception:
                logger.warning("the builder's view could not be brought up to date", exc_info=True)

    def _describe_edits(self) -> dict[str, Any]:
        sections = state.describe(self.editor, self.held.materializer.is_trained)
        run = self.run
        sections["data"] = state.describe_data(self.editor)
        sections["run"] = protocol.RunState(
            status="idle" if run is None else run.status,
            detail=self._detail(sections["advice"]),
            live=None if run is None else run.live_view,
            blocked=self._blocked(),
        )
        return sections

    def _detail(self, advice: list[protocol.Advice]) -> str:
        """What stands beside Train: what would go wrong next, or else what went wrong last."""
        if self._in_training() is None:
            for one in advice:
                if one["level"] == "error":
                    return t("Before you train: %1. %2", one["title"], one["text"])
        return "" if self.run is None else self.run.detail

    def _describe_code(self) -> dict[str, Any]:
        source = self.source()
        return {"code": protocol.Code(source=source.text, notes=list(source.notes))}

    def source(self) -> code.Source:
        """Return the program of the model."""
        with self.lock:
            self.held.read_back()
            key = (self.editor.spec, len(executed_cells()), language.current())
            if self._source is None or not (
                self._source[0][0] is key[0] and self._source[0][1:] == key[1:]
            ):
                self._source = (key, self._write_source())
            return self._source[1]

    def _write_source(self) -> code.Source:
        spec = self.editor.spec
        expressions = [value.name for value in spec.fit.values() if isinstance(value, Variable)]
        names = dict.fromkeys(name for text in expressions for name in names_in(text))
        found, notes = None, self._learned(spec)
        if spec.fit is self._recalled.settings:
            notes += self._recalled.notes
        if names:
            try:
                found = source_of(names, executed_cells())
            except Exception:
                logger.debug("the source of the data was not found", exc_info=True)
        if found and _SECRET.search(found):
            found = None
            notes.append(
                t("The cells that make the data seem to hold a password: they are left out.")
            )
        try:
            source = code.to_code(spec, data=found)
            return dataclasses.replace(source, notes=(*source.notes, *notes))
        except Exception as error:
            logger.warning("the source could not be written", exc_info=True)
            return code.Source(f"# The source could not be written: {error}\n")

    def _write_restoring(self) -> str:
        """The program of a builder like this one, or "" where it cannot be written."""
        try:
            names = [name for name in notebook.names_of(self.is_of) if name.isidentifier()]
            return code.restoring_code(self.editor.spec, *names[:1])
        except Exception:
            logger.debug("the builder's own program could not be written", exc_info=True)
            return ""

    def _learned(self, spec: ModelSpec) -> list[str]:
        """What layers know by ``adapt``, which no argument says."""
        notes = []
        for entry in spec.walk():
            if entry.enabled and is_adapted(self.held.materializer.layer(entry.uid)):
                notes.append(
                    t(
                        "%1 has learned from data by adapt(). The program does not know what: "
                        "call adapt there too, or save the model itself.",
                        entry.title,
                    )
                )
        return notes

    def look_for_data(self) -> None:
        """Look through the user's namespace for what a fit could take."""
        space = namespace()
        self.editor.data = {info.name: info for info in data.scan(space)}
        for value in self.editor.spec.fit.values():
            if not isinstance(value, Variable):
                continue
            name = value.name
            info = data.describe(name, space[name]) if name in self.editor.data else None
            if info is None and name in self._recalled.data and _is_there(name, space):
                # An expression, or something that only fit knows how to take.
                info = self._recalled.data[name]
            if info is not None:
                self.editor.data[name] = info

    # Requests of views. They come in a thread of their own.

    def handle(self, kind: str, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Do what a view asks for; return a message for the user, and a result.

        Raises:
            ValueError: it cannot be done. The text says why.
            KeyError: no such kind of request.
        """
        handler = _HANDLERS[kind]
        # In this thread Keras should be as it is in the user's own.
        keras.config.set_dtype_policy(self._dtype_policy)
        return handler(self, payload)

    def _on_edit(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        with self.lock:
            result = self.editor.apply(payload)  # type: ignore[arg-type]
            if payload.get("target") == protocol.FIT:
                self.look_for_data()
            self.publish()
        return "", result

    def _on_search(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "", {"options": quick_add.search(str(payload.get("text") or ""))}

    def _on_train(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.train()
        return "", {}

    def _on_refresh(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        with self.lock:
            self.look_for_data()
            self.publish()
        return "", {}

    def _on_reset(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.reset_weights()
        return t("The weights are fresh. The next training begins anew."), {}

    def _on_bundle(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "", self.bundle()

    def bundle(self) -> dict[str, Any]:
        """Return what shows the builder without a kernel."""
        with self.lock:
            run = None if self.run is None else self.run.bundle()
            return saved_output.bundle(
                self.editor, self.source().text, self._write_restoring(), run
            )

    def text(self) -> str:
        """Return the builder as a table in plain text."""
        with self.lock:
            self.held.read_back()
            return saved_output.text(self.editor)

    def after_cell(self) -> None:
        """A cell has run: variables and classes may be others."""
        if self._view is None:
            return
        with self.lock:
            self._dtype_policy = keras.config.dtype_policy()
            self._view.refresh_catalog()
            self.editor.forget_analysis()
            self.look_for_data()
            self.publish()


_HANDLERS: dict[str, Callable[[Workbench, dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    protocol.EDIT: Workbench._on_edit,
    protocol.SEARCH: Workbench._on_search,
    protocol.TRAIN: Workbench._on_train,
    protocol.REFRESH: Workbench._on_refresh,
    protocol.RESET: Workbench._on_reset,
    protocol.BUNDLE: Workbench._on_bundle,
}

# An assignment of a text to a name like these.
_SECRET = re.compile(
    r"""(?i)(token|password|passwd|secret|api_?key|credential)\w*["']?\s*[\]:=,]+\s*["']\w"""
)


def _is_there(expression: str, space: Mapping[str, Any]) -> bool:
    return all(name in space or hasattr(builtins, name) for name in names_in(expression))


def _computed(expression: str, space: Mapping[str, Any]) -> Any:
    """The value of what a fit takes: of a variable, or an expression of the user's own.

    Raises:
        EditError: it has none any more.
    """
    if expression in space:
        return space[expression]
    if not _is_there(expression, space):
        raise EditError(
            t(
                "There is no variable %1 any more: run the cell that makes it, or choose other "
                "data.",
                repr(expression),
            )
        )
    try:
        return eval(expression, dict(space))
    except Exception as error:
        raise EditError(t("%1 cannot be computed any more: %2", expression, error)) from error
