"""Define SequentialBuilder: a Keras Sequential in code, with an editor on the page."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import keras
from keras.src.utils.naming import auto_name

from kwidgets.builder.convert.layer_names import model_name
from kwidgets.builder.fit.background_fit import BuilderRun
from kwidgets.builder.fit.call_site import call_at
from kwidgets.builder.model.model_cache import BuilderError
from kwidgets.builder.sequential.argument_checks import (
    check_compile_arguments,
    check_input_shape,
    check_model_name,
)
from kwidgets.builder.sequential.initial_layers import (
    model_or_spec_of_config,
    read_layers,
    spec_of_initial_model,
)
from kwidgets.builder.sequential.layer_list import LayerList
from kwidgets.builder.sequential.model_attributes import (
    is_model_attribute,
    model_attributes,
    serialize_as_sequential,
)
from kwidgets.builder.spec import AutomaticName, ModelSpec
from kwidgets.builder.workbench import Workbench
from kwidgets.kernel import marimo_kernel
from kwidgets.kernel.running_kernel import is_run_by_program, running_kernel
from kwidgets.language import t
from kwidgets.lazy_tensorflow import config_of

logger = logging.getLogger("kwidgets")

__all__ = ["BuilderError", "SequentialBuilder"]


@serialize_as_sequential
class SequentialBuilder:
    """Build a Keras ``Sequential`` in an editor, in code, or both.

    On the last line of a cell, it shows an editor with layers, shapes, advice, compile, training
    and the code. In Python, it behaves like the ``keras.Sequential`` that it builds: ``add``,
    ``pop``, ``compile``, ``fit``, ``evaluate``, ``predict``, ``summary``, ``save`` and all other
    attributes of a model. ``builder.model`` is the plain Keras model.

    A layer that does not fit is kept and marked with an explanation; ``builder.model`` then raises
    :class:`~kwidgets.builder.model.model_cache.BuilderError` that names the layer and the problem.
    Layers keep their weights across edits that do not affect them.

    Args:
        layers: the initial layers: a list of Keras layers or strings such as
            ``"dense 128 relu"``; a ``keras.Sequential`` (its weights are kept); a config, as
            returned by ``get_config``; or the path of a ``.keras`` file. None by default.
        trainable: as in Keras.
        name: the name of the model. Defaults to an automatic one.
        input_shape: the shape of one sample without the batch, such as ``(28, 28)``.

    Raises:
        TypeError: ``layers`` is none of these.
        ValueError: ``input_shape`` is not a shape, or the model already has an input shape.

    Example:
        >>> builder = kwidgets.SequentialBuilder(input_shape=(28, 28))
        >>> builder.add(keras.layers.Flatten())
        >>> builder.add("dense 10 softmax")
        >>> builder
    """

    _bench: Workbench
    _layer_list: LayerList

    def __init__(
        self,
        layers: Any = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        input_shape: Any = None,
    ) -> None:
        bench = Workbench()
        object.__setattr__(self, "_bench", bench)
        object.__setattr__(self, "_layer_list", LayerList(bench))
        initial = read_layers(_model_of(layers))
        if isinstance(initial, keras.Model):
            bench.editor.load(spec_of_initial_model(initial, bench.model_cache.layer_cache))
        elif isinstance(initial, ModelSpec):
            bench.editor.load(initial)
        else:
            # As in Keras, the name comes first, and the model is made once, of all layers.
            automatic = AutomaticName(auto_name("sequential")) if name is None else None
            bench.editor.load(ModelSpec(name=automatic))
            self._layer_list.extend(map(_model_of, initial))
        spec = bench.editor.spec
        if name is not None:
            spec = dataclasses.replace(spec, name=check_model_name(name))
        if not trainable:
            spec = dataclasses.replace(spec, trainable=False)
        if input_shape is not None:
            if spec.input is not None:
                raise ValueError(
                    f"input_shape={input_shape!r} conflicts with the model, which already has "
                    f"input_shape={spec.input_shape!r}. Remove the argument."
                )
            given = AutomaticName(auto_name("input_layer"))
            spec = spec.with_input(shape=check_input_shape(input_shape), name=given)
        bench.editor.load(spec)
        if isinstance(initial, keras.Sequential) and name is None and trainable:
            bench.model_cache.adopt(initial)
        elif isinstance(initial, keras.Model):
            bench.model_cache.continue_optimizer(initial)
        bench.make_model_early()

    # The model.

    @property
    def model(self) -> keras.Sequential:
        """The ``keras.Sequential``: the same object until a layer changes. Weights are kept.

        Raises:
            BuilderError: a layer has a problem.
            MemoryError: the weights do not fit into memory.
            RuntimeError: layers were changed during a training of the model.
        """
        return self._bench.model()

    @property
    def _latest_model(self) -> keras.Sequential | None:
        """The model that was made last, for the side panel, which must not make one."""
        return self._bench.model_cache.latest

    @property
    def name(self) -> str:
        """The model's name."""
        return str(model_name(self._spec))

    @property
    def trainable(self) -> bool:
        """Whether training changes the model's weights; set it to False to freeze all layers."""
        return self._spec.trainable

    @property
    def layers(self) -> list[keras.Layer]:
        """The enabled layers, without the input, as in Keras."""
        return self._bench.layers()

    @property
    def run(self) -> BuilderRun | None:
        """The last training in the background, or None; ``builder.run.wait()`` waits for it."""
        return self._bench.run

    def to_code(self) -> str:
        """Return Python code that creates this model without kwidgets.

        Arguments with default values are omitted. Compile, fit and the data are included if they
        are set.
        """
        source = self._bench.source()
        for note in source.notes:
            logger.warning("to_code: %s", note)
        return source.text

    def train(self, *args: Any, **kwargs: Any) -> BuilderRun:
        """Train in a thread, so that the kernel stays free.

        Args:
            args, kwargs: the arguments of ``fit``; defaults to the settings of the Fit tab.

        Raises:
            ValueError: something that a fit requires is missing. The message says what.
        """
        return self._bench.train(args, kwargs, call_at(sys._getframe(1)))

    def reset_weights(self) -> None:
        """Reset the weights: the next training starts from the beginning.

        The state that layers have from ``adapt`` is kept, and so are whole models used as layers.

        Raises:
            ValueError: the model is being trained.
        """
        self._bench.reset_weights()

    def undo(self) -> str:
        """Undo the last edit; return its label.

        Raises:
            ValueError: there is nothing to undo.
        """
        with self._bench.lock:
            label = self._bench.editor.undo()
            self._bench.publish()
        return label

    def redo(self) -> str:
        """Redo the edit that was undone last; return its label.

        Raises:
            ValueError: there is nothing to redo.
        """
        with self._bench.lock:
            label = self._bench.editor.redo()
            self._bench.publish()
        return label

    # Keras's Sequential.

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Add a layer at the end.

        Args:
            layer: a Keras layer, ``keras.Input(...)``, or a string such as ``"dense 128 relu"``.
            rebuild: as in Keras; the model is created when it is needed.

        Raises:
            ValueError: ``layer`` is not a layer, or is an input that does not come first.
        """
        self.insert(len(self), layer)

    def pop(self, index: int = -1, rebuild: bool = True) -> keras.Layer | None:
        """Remove the last layer, or another one, and return it.

        A layer that cannot be created from its arguments is also removed; None is returned.

        Raises:
            IndexError: there is no layer at ``index``.
        """
        return self._layer_list.pop(index)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Configure the training; arguments as in Keras. Edits of the layers keep them."""
        arguments = {name: value for name, value in locals().items() if name != "self"}
        defaults = inspect.signature(keras.Model.compile).parameters
        given = {
            name: value
            for name, value in arguments.items()
            if name == "optimizer" or value is not defaults[name].default
        }
        # As in Keras, a mistake raises here and not when the model is needed.
        check_compile_arguments(given)
        self._bench.compile_with(given)
        if self._bench.editor.analysis.complete or self._spec.input is None:
            try:
                self._bench.model()
            except (BuilderError, MemoryError, RuntimeError):
                logger.debug("the model cannot be made yet", exc_info=True)

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Train in this cell; arguments and return value as in Keras.

        The Fit tab and the code show the arguments if their source code is available.
        """
        return self._bench.fit(args, kwargs, call_at(sys._getframe(1)))

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Return loss and metrics on data; arguments as in Keras."""
        return self.model.evaluate(*args, **kwargs)

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Return the model's output for data; arguments as in Keras."""
        return self.model.predict(*args, **kwargs)

    def summary(self, *args: Any, **kwargs: Any) -> Any:
        """Print the model's summary; arguments as in Keras."""
        return self.model.summary(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save the model; arguments as in Keras."""
        return self.model.save(*args, **kwargs)

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """Export the model for serving; arguments as in Keras."""
        return self.model.export(*args, **kwargs)

    def count_params(self) -> int:
        """Return the number of parameters, without allocating any.

        Raises:
            ValueError: the shapes are unknown, as in Keras.
        """
        self._bench.model_cache.read_user_changes()
        current = self._bench.model_cache.current
        if current is not None and current.built:
            return int(current.count_params())
        analysis = self._bench.editor.analysis
        if analysis.complete:
            return analysis.parameters
        return int(self.model.count_params())

    def get_config(self) -> dict[str, Any]:
        """Return the model's config."""
        return config_of(self.model)

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> SequentialBuilder:
        """Create a builder from a config returned by ``get_config``; arguments as in Keras."""
        return cls(model_or_spec_of_config(config, custom_objects))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.model(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy contains the model, but no undo steps and no layers that cannot be made.
        return type(self), (self.model,)

    # The list of layers.

    def insert(self, index: int, layer: Any) -> None:
        """Insert a layer before the one at ``index``.

        Raises:
            ValueError: ``layer`` is not a layer, or is an input that does not come first.
        """
        self._layer_list.insert(index, _model_of(layer))

    def set_input_shape(self, shape: Any) -> None:
        """Set the input shape: that of one sample, without the batch, such as ``(28, 28)``.

        Raises:
            ValueError: ``shape`` is not a shape.
        """
        self._layer_list.set_input_shape(shape)

    def move(self, index: int, to: int) -> None:
        """Move a layer; ``to`` is counted without it.

        Raises:
            IndexError: there is no layer at ``index``.
        """
        self._layer_list.move(index, to)

    def replace(self, index: int, layer: Any) -> None:
        """Replace the layer at ``index``.

        Raises:
            IndexError: there is no layer at ``index``.
            ValueError: ``layer`` is not a layer.
        """
        self._layer_list.replace(index, _model_of(layer))

    def __len__(self) -> int:
        """The number of enabled layers."""
        return len(self._layer_list)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[keras.Layer]:
        return iter(self.layers)

    def __getitem__(self, index: int | slice) -> Any:
        """The Keras layer at ``index``, or a list of them."""
        return self._layer_list[index]

    def __setitem__(self, index: int, layer: Any) -> None:
        self.replace(index, layer)

    def __delitem__(self, index: int | slice) -> None:
        del self._layer_list[index]

    # The output of a cell.

    def __repr__(self) -> str:
        return self._bench.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = self._bench.mime_bundle()
        if running_kernel() is not None:
            bundle = self._bench.view_in_cell().with_widget(bundle)
        return bundle

    def _ipython_display_(self) -> None:
        if running_kernel() is None or is_run_by_program():
            # IPython then takes the bundle above.
            raise NotImplementedError
        self._bench.view_in_cell().show(self._bench.mime_bundle())

    def _display_(self) -> Any:
        """Return what marimo shows."""
        if not marimo_kernel.is_running():
            return marimo_kernel.html_element(self._bench.mime_bundle()["text/html"])
        return marimo_kernel.widget_element(self._bench.view().widget)

    # All other attributes of a model.

    def __getattr__(self, name: str) -> Any:
        attribute = inspect.getattr_static(type(self), name, None)
        if isinstance(attribute, property):
            # Its code raised an AttributeError, in whose place Python calls this method.
            return attribute.__get__(self)
        if name.startswith("_"):
            raise AttributeError(f"SequentialBuilder has no attribute {name!r}")
        if not is_model_attribute(name):
            raise AttributeError(
                f"neither SequentialBuilder nor keras.Sequential has an attribute {name!r}"
            )
        return getattr(self.model, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "name":
            spec = dataclasses.replace(self._spec, name=check_model_name(value))
            self._bench.change(t("Change %1", name), spec)
        elif name == "trainable":
            self._bench.assign_trainable(bool(value))
        elif not hasattr(type(self), name) and is_model_attribute(name):
            setattr(self.model, name, value)
        else:
            # An attribute of the user's own stays on the builder when the model changes.
            object.__setattr__(self, name, value)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *model_attributes()})

    @property
    def _spec(self) -> ModelSpec:
        return self._bench.editor.spec


def _model_of(layer: Any) -> Any:
    """Return the model of a builder, and any other value unchanged."""
    return layer.model if isinstance(layer, SequentialBuilder) else layer
