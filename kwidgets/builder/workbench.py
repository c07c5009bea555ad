"""One builder at work: its editor, the real model behind it, its training and its views."""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from kwidgets.builder import code, convert, data, data_source, protocol, quick, saved, state
from kwidgets.builder.analysis import LayerFacts
from kwidgets.builder.editor import EditError, Editor, structure
from kwidgets.builder.infer import freeze
from kwidgets.builder.materialize import Materializer
from kwidgets.builder.names import named
from kwidgets.builder.spec import LayerSpec, ModelSpec, Value, Variable
from kwidgets.builder.training import BuilderRun

logger = logging.getLogger("kwidgets")

Handler = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]


class BuilderError(ValueError):
    """The stack cannot be made into a model. The text says which layer is why."""


class Workbench:
    """What SequentialBuilder does its work with. Safe to call from any thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.editor = Editor()
        self.editor.memory_bytes = _machine_bytes()
        self.materializer = Materializer()
        self.run: BuilderRun | None = None
        self._model: keras.Sequential | None = None
        self._model_structure: Any = None
        self._compiled: Any = None
        # compile's arguments as the user gave them, for the model that they were given for.
        self._compile_given: tuple[Any, dict[str, Any]] | None = None
        self._view: Any = None
        self._source: tuple[Any, code.Source] | None = None
        # Keras keeps it by thread; what a view asks for comes in other threads than the user's.
        self._dtype_policy = keras.config.dtype_policy()

    # The model.

    def model(self) -> keras.Sequential:
        """Return the model of the spec as it is now, made anew only when its layers changed.

        Raises:
            BuilderError: a layer has a problem.
            MemoryError: the weights are larger than the machine's memory.
            RuntimeError: the layers were changed while the model is in training.
        """
        with self.lock:
            spec = self.editor.spec
            wanted = structure(spec)
            if self._model is not None and wanted == self._model_structure:
                self._compile()
                return self._model
            if self.run is not None and self.run.running:
                raise RuntimeError(
                    "the layers were changed while the model is in training; the new model can be "
                    "made when that has ended: builder.run.wait(), or builder.run.stop()"
                )
            self._check()
            self._model = self.materializer.model(named(spec), self.editor.analysis)
            self._model_structure = wanted
            self._compiled = None
            self._compile()
            return self._model

    def layers(self) -> list[keras.Layer]:
        """Return the layers that are switched on, of a stack with problems too."""
        with self.lock:
            try:
                return list(self.model().layers)
            except (BuilderError, MemoryError, RuntimeError):
                return self.materializer.layers(self.editor.spec, self.editor.analysis)

    def adopt(self, model: keras.Sequential) -> None:
        """Let the builder hold ``model`` itself, as long as nothing is changed."""
        with self.lock:
            self._model = model
            self._model_structure = structure(self.editor.spec)
            self._compiled = freeze(self.editor.spec.compile or {}) if model.compiled else None

    def compile_with(self, arguments: dict[str, Any]) -> None:
        """Take compile's arguments out of a call; the objects themselves are used once."""
        with self.lock:
            values = {
                name: convert.value_of(value)
                for name, value in arguments.items()
                if not (value is None and name in ("loss", "metrics", "weighted_metrics"))
            }
            spec = self.editor.spec
            self._compile_given = (freeze(values), arguments)
            self._compiled = None
            self.change("Compile", dataclasses.replace(spec, compile=values))

    def _compile(self) -> None:
        wanted = self.editor.spec.compile
        if wanted is None or self._model is None:
            return
        frozen = freeze(wanted)
        if frozen == self._compiled:
            return
        if self._compile_given is not None and self._compile_given[0] == frozen:
            arguments = self._compile_given[1]
            self._compile_given = None
        else:
            arguments = {name: convert.make_value(value) for name, value in wanted.items()}
        self._model.compile(**arguments)
        self._compiled = frozen

    def _check(self) -> None:
        spec, analysis = self.editor.spec, self.editor.analysis
        if analysis.input_problem is not None:
            problem = analysis.input_problem
            raise BuilderError(f"the input: {problem.text} (Keras: {problem.detail})")
        for number, entry in enumerate(spec.walk(), 1):
            facts = analysis.layers[entry.uid]
            if facts.problem is not None and entry.children is None:
                raise BuilderError(
                    f"layer {number} ({entry.title}): {facts.problem.text} "
                    f"(Keras: {facts.problem.detail})"
                )
            if facts.problem is not None and not entry.children:
                raise BuilderError(f"layer {number} ({entry.title}): {facts.problem.text}")
        memory = _machine_bytes()
        if memory and analysis.weight_bytes > memory:
            raise MemoryError(
                f"the weights of this model are {analysis.weight_bytes / 1e9:,.0f} GB; "
                f"this machine has {memory / 1e9:,.0f} GB of memory. "
                "The model stays as it is in the builder."
            )

    # Edits.

    def change(self, label: str, spec: ModelSpec) -> None:
        """Make ``spec`` what holds and tell the views."""
        with self.lock:
            self.editor.change(label, spec)
            self.publish()

    def trained_with(self, model: keras.Sequential) -> None:
        """Note that ``model`` has just been trained: its weights are worth keeping."""
        with self.lock:
            if self.editor.spec.input is None and model.built:
                shape = getattr(model, "input_shape", None)
                self.editor.observed_input = tuple(shape) if isinstance(shape, tuple) else None
            if model is self._model:
                self.materializer.mark_trained(self.editor.spec.layers)
            self.publish()

    # Training.

    def train(self) -> BuilderRun:
        """Train as the Fit tab says, in a thread.

        Raises:
            EditError: something that a fit needs is missing.
        """
        with self.lock:
            blocked = self._blocked()
            if blocked:
                raise EditError(blocked)
            arguments = self._fit_arguments()
            try:
                model = self.model()
            except (BuilderError, MemoryError, RuntimeError) as error:
                raise EditError(str(error)) from error
            self.run = BuilderRun(model, arguments, self._run_shown, self._run_ended)
            self.run.start()
        self.publish()
        return self.run

    def _run_shown(self, model_id: str) -> None:
        self.publish()

    def _run_ended(self, run: BuilderRun) -> None:
        self.trained_with(run.model)

    def _blocked(self) -> str:
        """Why a training cannot start, or ""."""
        spec, analysis = self.editor.spec, self.editor.analysis
        if self.run is not None and self.run.running:
            return "The model is in training."
        if not any(entry.enabled for entry in spec.layers):
            return "The stack is empty: add a layer first."
        for entry in spec.walk():
            problem = analysis.layers[entry.uid].problem
            if problem is not None:
                return f"{entry.title} has a problem: {problem.text}"
        if analysis.input_problem is not None:
            return f"The input has a problem: {analysis.input_problem.text}"
        if not (spec.compile or {}).get("loss"):
            return "Choose a loss in the Compile tab: without one there is nothing to train for."
        if spec.fit.get("x") is None:
            return "Choose the data to train on: x."
        return ""

    def _fit_arguments(self) -> dict[str, Any]:
        """fit's arguments, with the user's variables as they are now."""
        space = namespace()

        def value(item: Value) -> Any:
            if isinstance(item, Variable):
                if item.name not in space:
                    raise EditError(
                        f"There is no variable {item.name!r} any more: run the cell that makes it, "
                        "or choose other data."
                    )
                return space[item.name]
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

    def view(self) -> Any:
        """Return what this builder shows on the page, made when first needed."""
        with self.lock:
            self._dtype_policy = keras.config.dtype_policy()
            if self._view is None or self._view.widget.comm is None:
                from kwidgets.builder.widget import BuilderView

                self.look_for_data()
                self._view = BuilderView(
                    self.describe,
                    {
                        kind: self._as_user(handler)
                        for kind, handler in {
                            protocol.EDIT: self._on_edit,
                            protocol.SEARCH: self._on_search,
                            protocol.TRAIN: self._on_train,
                            protocol.REFRESH: self._on_refresh,
                            protocol.BUNDLE: self._on_bundle,
                        }.items()
                    },
                )
                _after_each_cell(self)
            return self._view

    def describe(self) -> dict[str, Any]:
        """Return all sections of the builder's state."""
        with self.lock:
            return {**self._describe_edits(), **self._describe_code()}

    def publish(self) -> None:
        """Tell the views what changed: shapes first, the source after them."""
        if self._view is None:
            return
        with self.lock:
            try:
                self._view.publish(self._describe_edits())
                self._view.publish(self._describe_code())
            except Exception:
                logger.warning("the builder's view could not be brought up to date", exc_info=True)

    def _describe_edits(self) -> dict[str, Any]:
        sections = state.describe(self.editor, self._trained)
        run = self.run
        sections["data"] = state.describe_data(self.editor)
        sections["run"] = protocol.RunState(
            status="idle" if run is None else run.status,
            detail="" if run is None else run.detail,
            live=None if run is None else run.live_view,
            blocked=self._blocked(),
        )
        return sections

    def _describe_code(self) -> dict[str, Any]:
        source = self.source()
        return {"code": protocol.Code(source=source.text, notes=list(source.notes))}

    def _trained(self, entry: LayerSpec, facts: LayerFacts) -> bool:
        return self.materializer.is_trained(entry, facts)

    def source(self) -> code.Source:
        """Return the program of the model."""
        with self.lock:
            key = (self.editor.spec, self._cells())
            if self._source is None or not (
                self._source[0][0] is key[0] and self._source[0][1] == key[1]
            ):
                self._source = (key, self._write_source())
            return self._source[1]

    def _write_source(self) -> code.Source:
        spec = self.editor.spec
        names = [value.name for value in spec.fit.values() if isinstance(value, Variable)]
        found = None
        if names:
            try:
                found = data_source.source_of(names, executed_cells())
            except Exception:
                logger.debug("the source of the data was not found", exc_info=True)
        try:
            source = code.to_code(spec, data=found)
            return dataclasses.replace(source, notes=(*source.notes, *self._learned(spec)))
        except Exception as error:
            logger.warning("the source could not be written", exc_info=True)
            return code.Source(f"# The source could not be written: {error}\n")

    def _learned(self, spec: ModelSpec) -> list[str]:
        """What layers know by ``adapt``, which no argument says."""
        notes = []
        for entry in spec.walk():
            layer = self.materializer.layer(entry.uid) if entry.enabled else None
            if getattr(layer, "adapt", None) is not None and _adapted(layer):
                notes.append(
                    f"{entry.title} has learned from data by adapt(). The program does not know "
                    "what: call adapt there too, or save the model itself."
                )
        return notes

    def _cells(self) -> int:
        return len(executed_cells())

    def look_for_data(self) -> None:
        """Look through the user's namespace for what a fit could take."""
        self.editor.data = {info.name: info for info in data.scan(namespace(), statistics=False)}
        for value in self.editor.spec.fit.values():
            if isinstance(value, Variable) and value.name in self.editor.data:
                info = data.describe(value.name, namespace()[value.name])
                if info is not None:
                    self.editor.data[value.name] = info

    # Requests of views. They come in a thread of their own.

    def _as_user(self, handler: Handler) -> Handler:
        """Let ``handler`` see Keras as the user's own thread does."""

        def handle(payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            keras.config.set_dtype_policy(self._dtype_policy)
            return handler(payload)

        return handle

    def _on_edit(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        with self.lock:
            result = self.editor.apply(payload)  # type: ignore[arg-type]
            if payload.get("target") == protocol.FIT:
                self.look_for_data()
            self.publish()
        return "", result

    def _on_search(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "", {"options": quick.search(str(payload.get("text") or ""))}

    def _on_train(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self.train()
        return "", {}

    def _on_refresh(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        with self.lock:
            self.look_for_data()
            self.publish()
        return "", {}

    def _on_bundle(self, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "", self.bundle()

    def bundle(self) -> dict[str, Any]:
        """Return what shows the builder without a kernel."""
        with self.lock:
            return saved.bundle(self.editor, self.source().text)

    def after_cell(self) -> None:
        """A cell has run: variables and classes may be others."""
        if self._view is None:
            return
        from kwidgets.builder.widget import CatalogModel

        with self.lock:
            self._dtype_policy = keras.config.dtype_policy()
            CatalogModel.shared().refresh()
            self.editor.forget_analysis()
            self.look_for_data()
            self.publish()


def namespace() -> Mapping[str, Any]:
    """The user's variables, or none outside IPython."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns


def executed_cells() -> list[str]:
    """The source of the cells that ran so far."""
    return [str(cell) for cell in namespace().get("In", []) if cell]


def _after_each_cell(workbench: Workbench) -> None:
    """Tell a workbench of each cell's end, without keeping it alive."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    reference = weakref.ref(workbench)

    def after_cell(result: object) -> None:
        living = reference()
        if living is None:
            shell.events.unregister("post_run_cell", after_cell)
            return
        try:
            living.after_cell()
        except Exception:
            logger.warning("the builder could not look at what the cell did", exc_info=True)

    shell.events.register("post_run_cell", after_cell)


def _adapted(layer: Any) -> bool:
    config = layer.get_config()
    if hasattr(layer, "get_vocabulary"):
        given = config.get("vocabulary")
        return given is None and len(layer.get_vocabulary()) > 2
    if isinstance(layer, keras.layers.Discretization):
        return config.get("bin_boundaries") is None and bool(layer.bin_boundaries)
    mean = getattr(layer, "adapt_mean", None)
    return mean is not None and config.get("mean") is None and bool(np.any(np.asarray(mean)))


def _machine_bytes() -> int | None:
    """This machine's memory, or None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
