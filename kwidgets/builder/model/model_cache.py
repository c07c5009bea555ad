"""Make and compile the keras.Sequential of a spec, and reuse it until its layers change."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import weakref
from collections.abc import Callable
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.convert.layer_names import with_unique_names
from kwidgets.builder.editor import Editor
from kwidgets.builder.model.creation_scope import CreationScope
from kwidgets.builder.model.failed_fit_weights import SavedValues, restore_values, save_values
from kwidgets.builder.model.layer_cache import LayerCache
from kwidgets.builder.model.memory import EARLY_BYTES, check_memory
from kwidgets.builder.spec import LayerSpec, ModelSpec, freeze, structure
from kwidgets.language import t
from kwidgets.lazy_tensorflow import config_of

logger = logging.getLogger("kwidgets")


class BuilderError(ValueError):
    """The layers cannot be made into a model. The text names the layer and the problem."""


class ModelCache:
    """Make the model of an editor's spec and keep it, compiled, until its layers change.

    Args:
        editor: holds the spec.
        in_training: returns the model that a background training is using, or None.
    """

    def __init__(self, editor: Editor, in_training: Callable[[], keras.Sequential | None]) -> None:
        self.layer_cache = LayerCache()
        self._editor = editor
        self._scope = CreationScope()
        # Weak, because an editor is kept for longer than the layers.
        layer_cache = weakref.ref(self.layer_cache)

        def adapted(entry: LayerSpec) -> keras.Layer | None:
            cache = layer_cache()
            return None if cache is None else cache.adapted_layer(entry)

        editor.inference.adapted = adapted
        self._in_training = in_training
        self._model: keras.Sequential | None = None
        self._structure: Any = None
        # The compile settings in force on the model.
        self._compiled_settings: Any = None
        # The settings of the last call of compile, with the objects passed to it.
        self._compile_call: tuple[Any, dict[str, Any]] | None = None
        # Whether the model was made here; the graph of a user's own model must not be changed.
        self._is_made_here = False
        # The last optimizer that has made a step, with the compile settings of its model.
        self._stepped: tuple[Any, keras.optimizers.Optimizer] | None = None
        # The optimizer settings that the model's optimizer was made from.
        self._optimizer_settings: Any = None
        self._saved_values: SavedValues = []
        # The user's InputLayer with what the spec says of it, or the one that Keras added, with
        # None, when a model without an Input was first called.
        self._input_layer: tuple[Any, keras.layers.InputLayer] | None = None

    @property
    def latest(self) -> keras.Sequential | None:
        """The model that was made last, or None. It may be out of date."""
        return self._model

    @property
    def current(self) -> keras.Sequential | None:
        """The model of the current spec, if it has been made."""
        return self._model if self._structure == structure(self._editor.spec) else None

    def get(self) -> keras.Sequential:
        """Return the model of the current spec; make a new one only if its layers changed.

        Raises:
            BuilderError: a layer has a problem.
            MemoryError: the weights are larger than the machine's memory.
            RuntimeError: the spec was changed during a training of the model.
        """
        with self._scope.enter():
            return self._get()

    def _get(self) -> keras.Sequential:
        self.read_user_changes()
        self._record_built_state()
        spec = self._editor.spec
        wanted = structure(spec)
        settings = None if spec.compile is None else freeze(spec.compile)
        same = self._model is not None and wanted == self._structure
        if self._in_training() is not None and not (same and settings == self._compiled_settings):
            raise RuntimeError(
                "the builder was changed during training. Wait for the training with "
                "builder.run.wait(), or stop it with builder.run.stop()"
            )
        if not same:
            self._raise_problems()
            before = self._model
            optimizer = getattr(before, "optimizer", None)
            self.layer_cache.mark_changed(optimizer is not None and _steps(optimizer) > 0)
            if before is not None and self._is_made_here:
                _detach_layers(before)
            self._model = self._make(spec)
            self._structure, self._compiled_settings, self._is_made_here = wanted, None, True
            # Keep a learning rate that was set by hand, unless the optimizer's settings changed.
            kept = optimizer if _optimizer_settings_of(spec) == self._optimizer_settings else None
            self._compile(settings, kept)
        else:
            self._compile(settings, None)
        assert self._model is not None
        return self._model

    def _make(self, spec: ModelSpec) -> keras.Sequential:
        named = with_unique_names(spec)
        described, given = self._input_layer or (None, None)
        if spec.input != described:
            given = None
        return self.layer_cache.model(named, self._editor.analysis, given)

    def can_be_made_early(self) -> bool:
        """Return whether the model has only layers that the user made, and no problem."""
        spec, analysis = self._editor.spec, self._editor.analysis
        facts = [analysis.layers[entry.uid] for entry in spec.walk() if entry.enabled]
        return (
            bool(facts)
            and analysis.input_shape is not None
            and analysis.input_problem is None
            and all(fact.status in ("ok", "unknown") for fact in facts)
            and analysis.weight_bytes <= EARLY_BYTES
            and self.layer_cache.has_layers_of(spec.layers)
        )

    def layers(self) -> list[keras.Layer]:
        """Return the enabled layers, even where some layers have problems."""
        if self._in_training() is None:
            try:
                return list(self.get().layers)
            except (BuilderError, MemoryError):
                pass
        return [self.layer(entry) for entry in self._editor.spec.layers if entry.enabled]

    def layer(self, entry: LayerSpec) -> keras.Layer:
        """Return the layer of an entry, even where other layers have problems.

        Raises:
            BuilderError: the layer cannot be made from its arguments.
        """
        spec, analysis = self._editor.spec, self._editor.analysis
        if self._in_training() is None:
            with contextlib.suppress(BuilderError, MemoryError):
                self.get()
        known = self.layer_cache.layer(entry.uid)
        if known is not None and self._in_training() is not None:
            # A change would affect the model in training.
            return known
        try:
            return self.layer_cache.make_layer(spec, entry, analysis)
        except Exception as error:
            found = analysis.layers[entry.uid].problem
            number = 1 + [one.uid for one in spec.walk()].index(entry.uid)
            text = found.text if found is not None else str(error)
            raise BuilderError(f"layer {number} ({entry.title}): {text}") from error

    def reset(self) -> None:
        """Drop the model with its weights and optimizer, so that the next one is fresh."""
        self.layer_cache.forget_weights()
        self._model = self._structure = self._compiled_settings = self._stepped = None

    def adopt(self, model: keras.Sequential) -> None:
        """Use ``model`` itself until the spec changes."""
        self._model, self._is_made_here = model, False
        first = model._layers[0] if model._layers else None
        if isinstance(first, keras.layers.InputLayer):
            self.adopt_input(first)
        self._structure = structure(self._editor.spec)
        self._compiled_settings = (
            freeze(self._editor.spec.compile or {}) if model.compiled else None
        )

    def adopt_input(self, layer: keras.layers.InputLayer) -> None:
        """Use ``layer`` itself as long as the spec has the input that it has now."""
        self._input_layer = (self._editor.spec.input, layer)

    def continue_optimizer(self, model: keras.Model) -> None:
        """Use the optimizer of ``model``, with its state, for a model of the same layers."""
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None and _steps(optimizer):
            self._stepped = (freeze(self._editor.spec.compile or {}), optimizer)

    def compile_with(self, arguments: dict[str, Any]) -> None:
        """Set the compile settings from the arguments of a call; its objects are used once.

        Raises:
            RuntimeError: the model is in training.
        """
        if self._in_training() is not None:
            raise RuntimeError(
                "the model is being trained and cannot be compiled now. Wait for the training with "
                "builder.run.wait(), or stop it with builder.run.stop()"
            )
        values = {name: convert.value_of(value) for name, value in arguments.items()}
        self._compile_call = (freeze(values), arguments)
        # As in Keras, a call of compile resets the optimizer.
        self._compiled_settings = self._stepped = None
        self._editor.change(t("Compile"), dataclasses.replace(self._editor.spec, compile=values))

    def read_user_changes(self) -> None:
        """Copy into the spec what the user has changed on a layer itself."""
        if self._in_training() is not None:
            return
        spec = self._editor.spec
        updated = self.layer_cache.with_user_changes(spec)
        if updated is not spec:
            is_current = self._model is not None and self._structure == structure(spec)
            self._editor.set_without_undo(updated)
            if is_current:
                self._structure = structure(updated)

    def before_fit(self, model: keras.Sequential) -> None:
        """Save the values of the variables, which a fit that fails may lose."""
        self._saved_values = save_values(model)

    def after_fit(self, model: keras.Sequential, error: BaseException | None = None) -> None:
        """Mark the layers of ``model`` as trained; restore weights that a failed fit has lost.

        Args:
            model: the model that was trained.
            error: the exception that ended the training, or None.
        """
        saved, self._saved_values = self._saved_values, []
        if error is not None and not restore_values(model, saved):
            logger.warning("the weights were lost with the fit that failed; the next are fresh")
            self.reset()
            return
        self._record_built_state()
        if isinstance(error, Exception) and model is self._model:
            # Compile again: the step that the backend traced before the failure may be unusable.
            self._compiled_settings = None
        if model is self._model and _has_stepped(model):
            self.layer_cache.mark_trained(self._editor.spec.layers)

    def _record_built_state(self) -> None:
        """Record the input shape that the model was built for, and an optimizer that stepped.

        As in Keras, a model without an Input keeps the input shape of its first call.
        """
        model = self._model
        if model is None:
            return
        if self._editor.spec.input is None and model.built:
            first = model._layers[0] if model._layers else None
            if isinstance(first, keras.layers.InputLayer):
                self._input_layer = (None, first)
                self._editor.observed_input = tuple(first.batch_shape)
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None and self._compiled_settings is not None and _steps(optimizer):
            self._stepped = (self._compiled_settings, optimizer)

    def _compile(self, settings: Any, old_optimizer: Any) -> None:
        wanted = self._editor.spec.compile
        if wanted is None or self._model is None or settings == self._compiled_settings:
            return
        if self._compile_call is not None and self._compile_call[0] == settings:
            arguments = dict(self._compile_call[1])
        else:
            arguments = {name: convert.make_value(value) for name, value in wanted.items()}
        optimizer: Any = arguments.get("optimizer")
        before, stepped = self._stepped or (None, None)
        if stepped is not None and before == settings and _tracks_weights_of(stepped, self._model):
            # The same layers again, for example after an undo: continue with its state.
            arguments["optimizer"] = stepped
        elif _tracks_other_weights(optimizer, self._model) or _is_built_without_step(optimizer):
            # Its state is that of other weights, or was built by a step that failed.
            arguments["optimizer"] = optimizer.from_config(config_of(optimizer))
        self._model.compile(**arguments)
        self._compiled_settings = settings
        self._optimizer_settings = _optimizer_settings_of(self._editor.spec)
        _keep_learning_rate(old_optimizer, self._model.optimizer)

    def _raise_problems(self) -> None:
        spec, analysis = self._editor.spec, self._editor.analysis
        if analysis.input_problem is not None:
            problem = analysis.input_problem
            raise BuilderError(f"the input: {problem.text} (Keras: {problem.detail})")
        for number, entry in enumerate(spec.walk(), 1):
            found = analysis.layers[entry.uid].problem
            # A block repeats the problem of one of its layers, whose own text is clearer.
            if found is not None and not entry.children:
                error = BuilderError(
                    f"layer {number} ({entry.title}): {found.text} (Keras: {found.detail})"
                )
                if found.traceback:
                    error.add_note(f"Raised in your code:\n{found.traceback}")
                raise error
        check_memory(analysis.weight_bytes)


def _has_stepped(model: keras.Sequential) -> bool:
    """Return whether the optimizer has made a step: a fit may fail before its first one."""
    try:
        return _steps(model.optimizer) > 0
    except Exception:
        return True


def _steps(optimizer: keras.optimizers.Optimizer) -> int:
    # Not the property ``iterations``: with gradient_accumulation_steps that counts updates only.
    counter = optimizer._iterations
    # On JAX the counter has no value where the first step failed.
    known = optimizer.built and counter._value is not None
    # Not convert_to_numpy, which fails within the scope of a distribution strategy.
    return int(counter.numpy()) if known else 0


def _tracks_weights_of(optimizer: keras.optimizers.Optimizer, model: keras.Sequential) -> bool:
    """Return whether the optimizer's state belongs to the model's weights."""
    if not (optimizer.built and model.built):
        return False
    known = getattr(optimizer, "_trainable_variables", None)
    return known is not None and [*map(id, known)] == [*map(id, model.trainable_variables)]


def _is_built_without_step(optimizer: Any) -> bool:
    """Return whether an optimizer has state but has never made a step."""
    is_optimizer = isinstance(optimizer, keras.optimizers.Optimizer)
    return is_optimizer and optimizer.built and not _steps(optimizer)


def _tracks_other_weights(optimizer: Any, model: keras.Sequential) -> bool:
    """Return whether the optimizer's state belongs to weights of another model."""
    is_optimizer = isinstance(optimizer, keras.optimizers.Optimizer)
    return is_optimizer and optimizer.built and not _tracks_weights_of(optimizer, model)


def _detach_layers(model: keras.Sequential) -> None:
    """Remove the graph of a replaced model from its layers.

    Otherwise ``layer.output`` would belong to the old graph and not match the new inputs.
    """
    functional = getattr(model, "_functional", None)
    if functional is None:
        return
    nodes = {id(node) for depth in functional._nodes_by_depth.values() for node in depth}
    for layer in model._layers:
        layer._outbound_nodes[:] = [each for each in layer._outbound_nodes if id(each) not in nodes]
        # An input's own node holds its tensor, and the next model may have the same input.
        if not isinstance(layer, keras.layers.InputLayer):
            layer._inbound_nodes[:] = [
                each for each in layer._inbound_nodes if id(each) not in nodes
            ]


def _optimizer_settings_of(spec: ModelSpec) -> Any:
    return freeze({"optimizer": (spec.compile or {}).get("optimizer")})


def _keep_learning_rate(old: Any, new: Any) -> None:
    """Copy a learning rate that was set on the old model's optimizer to the new one."""
    if type(old) is not type(new):
        return
    before, now = _learning_rate(old), _learning_rate(new)
    if before is not None and now is not None and before != now:
        new.learning_rate = before


def _learning_rate(optimizer: Any) -> float | None:
    """Return the learning rate, or None for a schedule, which the settings already define."""
    rate = getattr(getattr(optimizer, "inner_optimizer", optimizer), "_learning_rate", None)
    # On JAX it has no value after a fit that failed.
    if not isinstance(rate, keras.Variable) or rate._value is None:
        return None
    return float(rate.numpy())
