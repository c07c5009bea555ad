"""Join a builder's editor, model, training, program and views behind one lock."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import logging
import threading
from typing import TYPE_CHECKING, Any

import keras

from kwidgets.builder import code, protocol
from kwidgets.builder.code.notebook_program import ProgramWriter
from kwidgets.builder.convert.frozen_layers import assign_trainable
from kwidgets.builder.data import notebook, shown_in_cells
from kwidgets.builder.editor import Editor
from kwidgets.builder.fit.background_fit import BuilderRun
from kwidgets.builder.fit.blocked_reason import blocked_reason
from kwidgets.builder.fit.fit_call import FitCall, describe_fit_call
from kwidgets.builder.fit.resolve_arguments import find_data, fit_arguments
from kwidgets.builder.model.memory import machine_bytes
from kwidgets.builder.model.model_cache import BuilderError, ModelCache
from kwidgets.builder.page import saved_output, state
from kwidgets.builder.page.large_values import program_for_page
from kwidgets.builder.spec import EditError, LayerSpec, ModelSpec
from kwidgets.language import t

if TYPE_CHECKING:
    from kwidgets.builder.page.widget import BuilderView

logger = logging.getLogger("kwidgets")


class Workbench:
    """Do the work of a SequentialBuilder. Safe to call from any thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.editor = Editor()
        self.editor.memory_bytes = machine_bytes()
        self.run: BuilderRun | None = None
        self.model_cache = ModelCache(self.editor, self._model_in_training)
        # Keras keeps the policy by thread; this is that of the user's.
        self.dtype_policy = keras.config.dtype_policy()
        self._programs = ProgramWriter(self.editor, self.model_cache.layer_cache.is_adapted)
        self._view: BuilderView | None = None
        # The last call of fit, which the Fit tab shows until its settings change.
        self._fit_call = FitCall({}, {})
        # What the training of ``run`` began with.
        self._spec_of_run: ModelSpec | None = None
        notebook.watch_cells()

    # The model.

    def model(self) -> keras.Sequential:
        """Return the model of the current spec. See :meth:`ModelCache.get`."""
        with self.lock:
            return self.model_cache.get()

    def make_model_early(self) -> None:
        """Make the model where the user puts its layers together, as Keras does.

        Its variables then belong to the scopes of that place. A model is made later if it is large,
        if it cannot be made yet, or if it has layers that are only described.

        Raises:
            Exception: any error of Keras that the analysis did not foresee.
        """
        with self.lock:
            if self._model_in_training() is None and self.model_cache.can_be_made_early():
                self.model_cache.get()

    def layers(self) -> list[keras.Layer]:
        """Return the enabled layers, even where some layers have problems."""
        with self.lock:
            return self.model_cache.layers()

    def layer(self, entry: LayerSpec) -> keras.Layer:
        """Return one layer. See :meth:`ModelCache.layer`."""
        with self.lock:
            return self.model_cache.layer(entry)

    def reset_weights(self) -> None:
        """Make the next model with fresh weights.

        Raises:
            EditError: the model is in training.
        """
        with self.lock:
            if self._model_in_training() is not None:
                raise EditError(t("The model is being trained. Stop the training first."))
            self.model_cache.reset()
            self.publish()

    def change(self, label: str, spec: ModelSpec) -> None:
        """Replace the spec and update the views."""
        with self.lock:
            self.editor.change(label, spec)
            self.publish()

    def assign_trainable(self, trainable: bool) -> None:
        """Freeze or unfreeze all layers that the model has now, as an assignment in Keras does."""
        with self.lock:
            self.model_cache.read_user_changes()
            spec = assign_trainable(self.editor.spec, trainable)
            if self._model_in_training() is None:
                self.model_cache.layer_cache.assign_trainable(spec, trainable)
            self.change(t("Change %1", "trainable"), spec)

    def compile_with(self, arguments: dict[str, Any]) -> None:
        """Set the compile settings from the arguments of a call."""
        with self.lock:
            self.model_cache.compile_with(arguments)
            self.publish()

    def _model_in_training(self) -> keras.Sequential | None:
        return self.run.model if self.run is not None and self.run.running else None

    # Training.

    def fit(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], call: ast.Call | None = None
    ) -> keras.callbacks.History:
        """Train in this thread, and show the arguments in the Fit tab.

        Args:
            args, kwargs: the arguments of ``fit``.
            call: the call in the user's source, if it was found.

        Raises:
            RuntimeError: the model is in training already.
        """
        with self.lock:
            if self._model_in_training() is not None:
                raise RuntimeError(
                    "the model is already being trained. Wait with builder.run.wait(), "
                    "or stop it with builder.run.stop()"
                )
            model = self.model_cache.get()
            self._show_fit_call(model, args, kwargs, call)
            self.model_cache.before_fit(model)
        error: BaseException | None = None
        try:
            return model.fit(*args, **kwargs)
        except BaseException as problem:
            error = problem
            raise
        finally:
            with self.lock:
                self.model_cache.after_fit(model, error)
                self.publish()

    def train(
        self,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        call: ast.Call | None = None,
    ) -> BuilderRun:
        """Train in a thread, with the arguments of ``fit`` or, without any, those of the Fit tab.

        Args: those of :meth:`fit`.

        Raises:
            EditError: something that a fit needs is missing.
        """
        with self.lock:
            has_arguments = bool(args or kwargs)
            blocked = self._blocked_reason(has_arguments)
            if blocked:
                raise EditError(blocked)
            try:
                model = self.model_cache.get()
            except (BuilderError, MemoryError, RuntimeError) as error:
                raise EditError(str(error)) from error
            if has_arguments:
                self._show_fit_call(model, args, kwargs or {}, call)
                bound = inspect.signature(model.fit).bind(*args, **(kwargs or {}))
                arguments = dict(bound.arguments)
            else:
                arguments = fit_arguments(self.editor.spec.fit)
            self.run = BuilderRun(model, arguments, self.publish, self.model_cache.after_fit)
            self._spec_of_run = self.editor.spec
            self.model_cache.before_fit(model)
            self.run.start()
        self.publish()
        return self.run

    def _show_fit_call(
        self, model: keras.Sequential, args: Any, kwargs: Any, call: ast.Call | None
    ) -> None:
        """Show a call of fit in the Fit tab and the program. No error stops the fit."""
        try:
            self._fit_call = describe_fit_call(model, args, kwargs, call)
            settings = self._fit_call.settings
            self.editor.set_without_undo(dataclasses.replace(self.editor.spec, fit=settings))
            self.refresh_data()
            self.publish()
        except Exception:
            logger.warning("the call of fit is not shown in the builder", exc_info=True)

    def _blocked_reason(self, has_arguments: bool = False) -> str:
        in_training = self._model_in_training() is not None
        return blocked_reason(self.editor.situation, in_training, has_arguments)

    def refresh_data(self) -> None:
        """Find the data that the user's namespace offers to fit."""
        self.editor.data = find_data(self.editor.spec.fit, self._fit_call.data)

    # Views.

    def view(self) -> BuilderView:
        """Return the views of this builder, made on the first call."""
        with self.lock:
            self.dtype_policy = keras.config.dtype_policy()
            if self._view is None or self._view.is_closed:
                # Imported here: a plain script needs no widgets.
                from kwidgets.builder.page.widget import BuilderView

                self.refresh_data()
                self._continue_from_last_builder()
                self._view = BuilderView(self)
                notebook.listen(self)
            return self._view

    def view_in_cell(self) -> BuilderView:
        """Return the views, for the output of the running cell: there they work while in sight."""
        view = self.view()
        shown_in_cells.show_in_cell(self, self.is_workbench_of)
        return view

    def _continue_from_last_builder(self) -> None:
        """If the cell showed another builder before, let undo return to that one."""
        before = shown_in_cells.shown_before()
        if not isinstance(before, Workbench) or before is self:
            return
        self.editor.prepend_undo(t("Rerun cell"), before.editor.spec)
        run = before.run
        if run is None or not run.running:
            return
        names = notebook.names_of(before.is_workbench_of)
        if names.complete and not names.found:
            run.stop()
            logger.warning(
                "the builder that this cell showed before was still training; it has no name any "
                "more, so its training was stopped"
            )

    def _names(self) -> list[str]:
        """Return where the user keeps the builder of this workbench."""
        return notebook.names_of(self.is_workbench_of).found

    def is_workbench_of(self, value: object) -> bool:
        """Return whether ``value`` is the SequentialBuilder that uses this workbench."""
        # Without asking a metaclass or the object: that might run the user's code.
        if type.__dict__["__name__"].__get__(type(value)) != "SequentialBuilder":
            return False
        own: dict[str, object] = object.__getattribute__(value, "__dict__")
        return own.get("_bench") is self

    def describe(self) -> dict[str, Any]:
        """Return all sections of a State."""
        with self.lock:
            self.model_cache.read_user_changes()
            return {**self._describe_edits(), **self._describe_code()}

    def publish(self) -> None:
        """Send the sections that changed to the views: the shapes first, then the code."""
        if self._view is None:
            return
        with self.lock:
            try:
                self.model_cache.read_user_changes()
                self._view.publish(self._describe_edits())
                self._view.publish(self._describe_code())
            except Exception:
                logger.warning("the builder's view could not be brought up to date", exc_info=True)

    def _describe_edits(self) -> dict[str, Any]:
        sections = state.editor_state(self.editor, self.model_cache.layer_cache.is_trained)
        run = self.run
        sections["data"] = state.data_state(self.editor)
        sections["run"] = protocol.RunState(
            status="idle" if run is None else run.status,
            detail=self._run_detail(sections["advice"]),
            live=None if run is None else run.live_view,
            blocked=self._blocked_reason(),
        )
        return sections

    def _run_detail(self, advice: list[protocol.Advice]) -> str:
        """Return the text beside Train: what would fail next, or why the last training failed."""
        if self._model_in_training() is None:
            for each in advice:
                if each["level"] == "error":
                    return t("Before you train: %1. %2", each["title"], each["text"])
        return "" if self.run is None else self.run.detail

    def _describe_code(self) -> dict[str, Any]:
        source = self.source()
        text = program_for_page(source.text)
        return {"code": protocol.Code(source=text, notes=list(source.notes))}

    def after_cell(self) -> None:
        """Update the views after a cell has run, as variables and classes may have changed."""
        if self._view is None:
            return
        with self.lock:
            self.dtype_policy = keras.config.dtype_policy()
            self._view.refresh_catalog()
            self.editor.invalidate_analysis()
            self.refresh_data()
            self.publish()

    # Text.

    def source(self) -> code.Source:
        """Return the program of the model."""
        with self.lock:
            self.model_cache.read_user_changes()
            # What was done to a fit is of no use for another model.
            is_shown = self.run is not None and self.editor.spec is self._spec_of_run
            fit = self.run.recorded_fit() if self.run is not None and is_shown else None
            return self._programs.model_program(self._fit_call, fit)

    def mime_bundle(self) -> dict[str, Any]:
        """Return a mime bundle that shows the builder without a kernel."""
        with self.lock:
            run = None if self.run is None else self.run.bundle()
            return saved_output.mime_bundle(
                self.editor,
                program_for_page(self.source().text),
                program_for_page(
                    self._programs.builder_program(
                        lambda: notebook.names_of(self.is_workbench_of).found
                    )
                ),
                run,
            )

    def text(self) -> str:
        """Return the builder as a table in plain text."""
        with self.lock:
            self.model_cache.read_user_changes()
            return saved_output.text_table(self.editor)
