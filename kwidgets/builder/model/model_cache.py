"""The real model of a builder: made when it is asked for, compiled, and kept while it fits."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import weakref
from collections.abc import Callable
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.convert.layer_names import named
from kwidgets.builder.editor import Editor
from kwidgets.builder.model.layer_cache import Materializer
from kwidgets.builder.model.restore_weights import Held, give_back, hold
from kwidgets.builder.spec import LayerSpec, ModelSpec, freeze, structure
from kwidgets.language import t

logger = logging.getLogger("kwidgets")


class BuilderError(ValueError):
    """The stack cannot be made into a model. The text says which layer is why."""


class HeldModel:
    """The model of an editor's spec.

    Args:
        editor: holds the spec.
        in_training: gives the model that a background training uses just now, or None.
    """

    def __init__(self, editor: Editor, in_training: Callable[[], keras.Sequential | None]) -> None:
        self.materializer = Materializer()
        self._editor = editor
        materializer = weakref.ref(self.materializer)

        def adapted(entry: LayerSpec) -> keras.Layer | None:
            known = materializer()
            return None if known is None else known.adapted(entry)

        # Weakly: what was edited is kept for longer than the layers.
        editor.inference.adapted = adapted
        self._in_training = in_training
        self._model: keras.Sequential | None = None
        self._structure: Any = None
        # The compile settings that the model has, and those that a call gave with their objects.
        self._compiled: Any = None
        self._given: tuple[Any, dict[str, Any]] | None = None
        # Whether the model was made here: a model of the user's is left as it is.
        self._is_ours = False
        # The last optimizer that has stepped, and the settings that it was made by.
        self._stepped: tuple[Any, keras.optimizers.Optimizer] | None = None
        # The settings that the model's optimizer was made by.
        self._optimizer_of_model: Any = None
        self._before_fit: Held = []

    @property
    def made(self) -> keras.Sequential | None:
        """The model as it was made last, or None; it may be out of date."""
        return self._model

    def get(self) -> keras.Sequential:
        """Return the model of the spec as it is now, made anew only when its layers changed.

        Raises:
            BuilderError: a layer has a problem.
            MemoryError: the weights are larger than the machine's memory.
            RuntimeError: the spec was changed while the model is in training.
        """
        self.read_back()
        self._note_what_was_built()
        spec = self._editor.spec
        wanted = structure(spec)
        settings = None if spec.compile is None else freeze(spec.compile)
        same = self._model is not None and wanted == self._structure
        if self._in_training() is not None and not (same and settings == self._compiled):
            raise RuntimeError(
                "the builder was changed while its model is in training; the new model can be made "
                "when that has ended: builder.run.wait(), or builder.run.stop()"
            )
        if not same:
            self._check()
            before = self._model
            optimizer = getattr(before, "optimizer", None)
            self.materializer.note_changes(optimizer is not None and _steps(optimizer) > 0)
            if before is not None and self._is_ours:
                _take_apart(before)
            self._model = self.materializer.model(named(spec), self._editor.analysis)
            if spec.input is None and self._editor.observed_input is not None:
                self._model.build(self._editor.observed_input)
            self._structure, self._compiled, self._is_ours = wanted, None, True
            # A rate that was set by hand stays; one that the settings now say anew does not.
            kept = optimizer if _optimizer_of(spec) == self._optimizer_of_model else None
            self._compile(settings, kept)
        else:
            self._compile(settings, None)
        assert self._model is not None
        return self._model

    def layers(self) -> list[keras.Layer]:
        """Return the layers that are switched on, of a stack with problems too."""
        if self._in_training() is None:
            try:
                return list(self.get().layers)
            except (BuilderError, MemoryError):
                pass
        return [self.layer(entry) for entry in self._editor.spec.layers if entry.enabled]

    def layer(self, entry: LayerSpec) -> keras.Layer:
        """Return the layer that an entry of the stack stands for, whatever is wrong with others.

        Raises:
            BuilderError: it cannot be made as it stands.
        """
        spec, analysis = self._editor.spec, self._editor.analysis
        if self._in_training() is None:
            with contextlib.suppress(BuilderError, MemoryError):
                self.get()
        known = self.materializer.layer(entry.uid)
        if known is not None and self._in_training() is not None:
            # To change it would change what is being trained.
            return known
        try:
            return self.materializer.alone(spec, entry, analysis)
        except Exception as error:
            found = analysis.layers[entry.uid].problem
            number = 1 + [one.uid for one in spec.walk()].index(entry.uid)
            text = found.text if found is not None else str(error)
            raise BuilderError(f"layer {number} ({entry.title}): {text}") from error

    def reset(self) -> None:
        """Forget the model with its weights and optimizer: the next one begins anew."""
        self.materializer.forget()
        self._model = self._structure = self._compiled = self._stepped = None

    def adopt(self, model: keras.Sequential) -> None:
        """Hold ``model`` itself, as long as nothing is changed."""
        self._model, self._is_ours = model, False
        self._structure = structure(self._editor.spec)
        self._compiled = freeze(self._editor.spec.compile or {}) if model.compiled else None

    def compile_with(self, arguments: dict[str, Any]) -> None:
        """Take compile's arguments out of a call; the objects themselves are used once.

        Raises:
            RuntimeError: the model is in training.
        """
        if self._in_training() is not None:
            raise RuntimeError(
                "the model is in training and cannot be compiled now; wait for the end with "
                "builder.run.wait(), or stop it with builder.run.stop()"
            )
        values = {name: convert.value_of(value) for name, value in arguments.items()}
        self._given = (freeze(values), arguments)
        # As in Keras, a call of compile begins anew.
        self._compiled = self._stepped = None
        self._editor.change(t("Compile"), dataclasses.replace(self._editor.spec, compile=values))

    def read_back(self) -> None:
        """Take into the spec what was set on the layers themselves: ``trainable``."""
        if self._in_training() is not None:
            return
        spec = self._editor.spec
        frozen = self.materializer.frozen_by_hand(spec)
        if frozen is not spec:
            held = self._model is not None and self._structure == structure(spec)
            self._editor.set_without_undo(frozen)
            if held:
                self._structure = structure(frozen)

    def about_to_train(self, model: keras.Sequential) -> None:
        """Hold on to what a fit that fails may lose."""
        self._before_fit = hold(model)

    def trained(self, model: keras.Sequential, error: BaseException | None = None) -> None:
        """Note that ``model`` has just been trained: its weights are worth keeping.

        Args:
            model: that was trained.
            error: what the training failed with.
        """
        held, self._before_fit = self._before_fit, []
        if error is not None and not give_back(model, held):
            logger.warning("the weights were lost with the fit that failed; the next are fresh")
            self.reset()
            return
        self._note_what_was_built()
        if isinstance(error, Exception) and model is self._model:
            # What the backend had traced until then may be of no use any more.
            self._compiled = None
        if model is self._model and _has_stepped(model):
            self.materializer.mark_trained(self._editor.spec.layers)

    def _note_what_was_built(self) -> None:
        """What a model without an Input was built for holds for the next one too, as in Keras."""
        model = self._model
        if model is None:
            return
        if self._editor.spec.input is None and model.built:
            shape = getattr(model, "input_shape", None)
            if isinstance(shape, tuple):
                self._editor.observed_input = tuple(shape)
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None and self._compiled is not None and _steps(optimizer):
            self._stepped = (self._compiled, optimizer)

    def _compile(self, settings: Any, old_optimizer: Any) -> None:
        wanted = self._editor.spec.compile
        if wanted is None or self._model is None or settings == self._compiled:
            return
        if self._given is not None and self._given[0] == settings:
            arguments = dict(self._given[1])
        else:
            arguments = {name: convert.make_value(value) for name, value in wanted.items()}
        optimizer: Any = arguments.get("optimizer")
        before, stepped = self._stepped or (None, None)
        if stepped is not None and before == settings and _is_of(stepped, self._model):
            # The same layers again, after an undo, say: the training goes on.
            arguments["optimizer"] = stepped
        elif _is_of_others(optimizer, self._model) or _has_failed(optimizer):
            # It has the state of other weights than these, or was made in a step that failed.
            arguments["optimizer"] = optimizer.from_config(optimizer.get_config())
        self._model.compile(**arguments)
        self._compiled = settings
        self._optimizer_of_model = _optimizer_of(self._editor.spec)
        _keep_learning_rate(old_optimizer, self._model.optimizer)

    def _check(self) -> None:
        spec, analysis = self._editor.spec, self._editor.analysis
        if analysis.input_problem is not None:
            problem = analysis.input_problem
            raise BuilderError(f"the input: {problem.text} (Keras: {problem.detail})")
        for number, entry in enumerate(spec.walk(), 1):
            found = analysis.layers[entry.uid].problem
            # A block's problem is that of a layer in it, which says more.
            if found is not None and not entry.children:
                raise BuilderError(
                    f"layer {number} ({entry.title}): {found.text} (Keras: {found.detail})"
                )
        memory = machine_bytes()
        if memory and analysis.weight_bytes > memory:
            raise MemoryError(
                t(
                    "the weights of this model are %1 GB; this machine has %2 GB of "
                    "memory. The model stays as it is in the builder.",
                    f"{analysis.weight_bytes / 1e9:,.0f}",
                    f"{memory / 1e9:,.0f}",
                )
            )


def _has_stepped(model: keras.Sequential) -> bool:
    """Whether the optimizer has changed any weight: a fit may fail before its first step."""
    try:
        return _steps(model.optimizer) > 0
    except Exception:
        return True


def _steps(optimizer: keras.optimizers.Optimizer) -> int:
    # Of an optimizer whose first step failed, JAX has left no value.
    known = optimizer.built and optimizer.iterations._value is not None
    return int(optimizer.iterations) if known else 0


def _is_of(optimizer: keras.optimizers.Optimizer, model: keras.Sequential) -> bool:
    """Whether the optimizer's state is that of the model's weights."""
    if not (optimizer.built and model.built):
        return False
    known = getattr(optimizer, "_trainable_variables", None)
    return known is not None and [*map(id, known)] == [*map(id, model.trainable_variables)]


def _has_failed(optimizer: Any) -> bool:
    """Whether an optimizer has state, but never made a step."""
    is_one = isinstance(optimizer, keras.optimizers.Optimizer)
    return is_one and optimizer.built and not _steps(optimizer)


def _is_of_others(optimizer: Any, model: keras.Sequential) -> bool:
    is_one = isinstance(optimizer, keras.optimizers.Optimizer)
    return is_one and optimizer.built and not _is_of(optimizer, model)


def _take_apart(model: keras.Sequential) -> None:
    """Let the layers of a model that is not used any more forget its graph.

    Or ``layer.output`` would be that of the old graph, and of no use with the new one's inputs.
    """
    functional = getattr(model, "_functional", None)
    if functional is None:
        return
    nodes = {id(node) for depth in functional._nodes_by_depth.values() for node in depth}
    for layer in model._layers:
        for known in (layer._inbound_nodes, layer._outbound_nodes):
            known[:] = [node for node in known if id(node) not in nodes]


def _optimizer_of(spec: ModelSpec) -> Any:
    return freeze({"optimizer": (spec.compile or {}).get("optimizer")})


def _keep_learning_rate(old: Any, new: Any) -> None:
    """A rate that was set on the old model's optimizer holds for the new one too."""
    try:
        if type(old) is type(new) and float(old.learning_rate) != float(new.learning_rate):
            new.learning_rate = float(old.learning_rate)
    except Exception:
        # A schedule: the settings say all of it.
        logger.debug("the learning rate was not taken over", exc_info=True)


def machine_bytes() -> int | None:
    """This machine's memory, or None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
