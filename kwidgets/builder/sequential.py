"""SequentialBuilder: Keras's Sequential, as an object in code and as an editor on the page."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import logging
import operator
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras

from kwidgets.builder import catalog, convert, quick_add
from kwidgets.builder.convert.layer_names import model_name
from kwidgets.builder.editor import layer_of
from kwidgets.builder.fit.background_fit import BuilderRun
from kwidgets.builder.fit.call_site import call_at
from kwidgets.builder.model.model_cache import BuilderError
from kwidgets.builder.spec import LayerSpec, ModelSpec
from kwidgets.builder.workbench import Workbench
from kwidgets.kernel import inbox
from kwidgets.language import t

logger = logging.getLogger("kwidgets")

__all__ = ["BuilderError", "SequentialBuilder"]

# What the spec holds, and a model of it therefore has.
_OF_THE_SPEC = {"trainable", "name"}


class SequentialBuilder:
    """Build a Keras ``Sequential`` by hand, in code, or both at once.

    As the last expression of a cell it is an editor: layers, shapes, advice, compile, training,
    and the code. In Python it behaves as the ``keras.Sequential`` that it builds: ``add``, ``pop``,
    ``compile``, ``fit``, ``evaluate``, ``predict``, ``summary``, ``save`` and all else that a model
    has. ``builder.model`` is that model, a plain one.

    A layer that does not fit is kept, marked and explained; ``builder.model`` then raises a
    :class:`~kwidgets.builder.model.model_cache.BuilderError` that says which one and why.
    Layers keep their weights across edits that do not change them.

    Args:
        layers: what to start from: nothing; a list of layers, which may be Keras layers or texts
            such as ``"dense 128 relu"``; a ``keras.Sequential`` (its weights are kept); a config,
            as ``get_config`` gives it; the path of a ``.keras`` file.
        trainable: as in Keras.
        name: of the model; Keras gives one by itself.
        input_shape: of one sample, without the batch: ``(28, 28)``.

    Raises:
        TypeError: ``layers`` is none of these.
        ValueError: ``input_shape`` is none, or is given where the model has one already.

    Example:
        >>> builder = kwidgets.SequentialBuilder(input_shape=(28, 28))
        >>> builder.add(keras.layers.Flatten())
        >>> builder.add("dense 10 softmax")
        >>> builder
    """

    _bench: Workbench

    def __init__(
        self,
        layers: Any = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        input_shape: Any = None,
    ) -> None:
        object.__setattr__(self, "_bench", Workbench())
        given = self._start(layers)
        spec = self._bench.editor.spec
        if name is not None:
            spec = dataclasses.replace(spec, name=_model_name(name))
        if not trainable:
            spec = dataclasses.replace(spec, trainable=False)
        if input_shape is not None:
            if spec.input is not None:
                raise ValueError(
                    f"input_shape {input_shape!r} was given, but the model takes "
                    f"{spec.input_shape!r} already; leave it out."
                )
            spec = spec.with_input(shape=_shape(input_shape))
        self._bench.editor.begin(spec)
        if given is not None and name is None and trainable:
            self._bench.model_cache.adopt(given)

    # What to start from.

    def _start(self, layers: Any) -> keras.Sequential | None:
        """Take in what to start from; return the model, where it is one."""
        if layers is None:
            return None
        if isinstance(layers, (str, os.PathLike)):
            layers = _load(layers)
        elif isinstance(layers, Mapping):
            layers = keras.Sequential.from_config(dict(layers))
        if isinstance(layers, SequentialBuilder):
            layers = layers.model
        if isinstance(layers, keras.Model) and not isinstance(layers, keras.Sequential):
            convert.spec_of_model(layers)  # says what can be done instead
        if isinstance(layers, keras.Sequential):
            spec, live = convert.spec_of_model(layers)
            seen: set[int] = set()
            for within in live.values():
                if id(within) in seen:
                    raise _twice(within)
                seen.add(id(within))
            entries = tuple(
                self._bench.model_cache.layer_cache.adopt(entry, live[entry.uid], keep_names=True)
                for entry in spec.layers
            )
            spec = dataclasses.replace(spec, layers=entries)
            compiled = _compile_values(layers)
            self._bench.editor.begin(dataclasses.replace(spec, compile=compiled))
            return layers
        if isinstance(layers, Iterable):
            items = list(layers)
            if items and all(isinstance(item, int) or item is None for item in items):
                raise TypeError(
                    f"layers is a list of layers; got {layers!r}. "
                    f"For the shape of the input write input_shape={tuple(items)!r}."
                )
            for item in items:
                self.add(item)
            return None
        raise TypeError(
            "SequentialBuilder takes a list of layers, a keras.Sequential, a config or the path of "
            f"a .keras file; got {layers!r} ({type(layers).__name__})."
        )

    # The real thing.

    @property
    def model(self) -> keras.Sequential:
        """The ``keras.Sequential``: the same object until a layer changes, with weights kept.

        Raises:
            BuilderError: a layer cannot work as it stands.
            MemoryError: its weights would not fit into memory.
            RuntimeError: layers were changed while the model is in training.
        """
        return self._bench.model()

    @property
    def _latest_model(self) -> keras.Sequential | None:
        """The model as it was made last, for who must not make one: the side panel."""
        return self._bench.model_cache.latest

    @property
    def name(self) -> str:
        """The model's name."""
        return model_name(self._spec)

    @property
    def trainable(self) -> bool:
        """Whether the model's weights change in training; set it to freeze all layers."""
        return self._spec.trainable

    @property
    def layers(self) -> list[keras.Layer]:
        """The layers that are switched on, without the input, as in Keras."""
        return self._bench.layers()

    @property
    def run(self) -> BuilderRun | None:
        """The training started last out of the builder, or None; ``builder.run.wait()`` waits."""
        return self._bench.run

    def to_code(self) -> str:
        """Return Python source that makes this model without kwidgets.

        Arguments that have their defaults are left out. Compile, fit and the data are in it when
        they are set.
        """
        source = self._bench.source()
        for note in source.notes:
            logger.warning("to_code: %s", note)
        return source.text

    def train(self, *args: Any, **kwargs: Any) -> BuilderRun:
        """Train in a thread; the kernel stays free.

        Args:
            args, kwargs: those of ``fit``; without any, the Fit tab says what to train on.

        Raises:
            ValueError: something that a fit needs is missing. The text says what.
        """
        return self._bench.train(args, kwargs, call_at(sys._getframe(1)))

    def reset_weights(self) -> None:
        """Forget what was learned: the next training begins with fresh weights.

        What layers have learned by ``adapt`` stays, and so do whole models that are layers.

        Raises:
            ValueError: the model is in training.
        """
        self._bench.reset_weights()

    def undo(self) -> str:
        """Take back the last edit; return what it was.

        Raises:
            ValueError: there is none.
        """
        with self._bench.lock:
            label = self._bench.editor.undo()
            self._bench.publish()
        return label

    def redo(self) -> str:
        """Do again what was taken back last; return what it was.

        Raises:
            ValueError: there is none.
        """
        with self._bench.lock:
            label = self._bench.editor.redo()
            self._bench.publish()
        return label

    # Keras's Sequential.

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Add a layer on top.

        Args:
            layer: a Keras layer, ``keras.Input(...)``, or a text such as ``"dense 128 relu"``.
            rebuild: as in Keras; the model is made when it is needed.

        Raises:
            ValueError: it is no layer, or an input that does not come first.
        """
        self.insert(len(self), layer)

    def pop(self, index: int = -1, rebuild: bool = True) -> keras.Layer | None:
        """Remove the last layer, or another one, and return it.

        One that cannot be made as it stands is removed all the same; then None is returned.

        Raises:
            IndexError: there is none.
        """
        entry = self._entry(index)
        layer: keras.Layer | None = None
        with contextlib.suppress(BuilderError):
            layer = self._bench.layer(entry)
        self._bench.change(t("Delete %1", entry.title), self._spec.remove(entry.uid))
        return layer

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
        """Say how to train; arguments as in Keras. They stay across edits of the layers."""
        arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "auto_scale_loss": auto_scale_loss,
        }
        defaults = inspect.signature(keras.Model.compile).parameters
        given = {
            name: value
            for name, value in arguments.items()
            if name == "optimizer" or value is not defaults[name].default
        }
        # A mistake must raise here, as in Keras, and not when the model is needed.
        keras.Sequential().compile(**_for_a_trial(given))
        if isinstance(loss, str):
            keras.losses.get(loss)
        self._bench.compile_with(given)
        if self._bench.editor.analysis.complete or self._spec.input is None:
            self._try_model()

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Train in this cell; arguments and return value as in Keras.

        The Fit tab and the code show what was given, where it can be told.
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
        """Return the number of weights, without making any.

        Raises:
            ValueError: the shapes are not known yet, as in Keras.
        """
        analysis = self._bench.editor.analysis
        if analysis.complete:
            return analysis.parameters
        return int(self.model.count_params())

    def get_config(self) -> dict[str, Any]:
        """Return the model's config."""
        return self.model.get_config()  # type: ignore[no-any-return]

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> SequentialBuilder:
        """Make a builder of what ``get_config`` gave; arguments as in Keras."""
        return cls(keras.Sequential.from_config(dict(config), custom_objects))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.model(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy holds the model; what was undone or cannot work stays behind.
        return type(self), (self.model,)

    # A list of layers.

    def insert(self, index: int, layer: Any) -> None:
        """Put a layer before the one at ``index``.

        Raises:
            ValueError: it is no layer, or an input that does not come first.
        """
        with self._bench.lock:
            spec = self._spec
            if _is_input(layer):
                self._set_input(layer, index)
                return
            shape = getattr(layer, "_input_shape_arg", None)
            entry = self._describe(layer)
            if shape is not None and not spec.layers and spec.input is None:
                spec = spec.with_input(shape=tuple(shape))
            self._bench.change(
                t("Add %1", entry.title), spec.insert(entry, None, self._place(index))
            )

    def set_input_shape(self, shape: Any) -> None:
        """Say what goes in: the shape of one sample, without the batch, such as ``(28, 28)``.

        Raises:
            ValueError: ``shape`` is none.
        """
        with self._bench.lock:
            rest = {
                name: value
                for name, value in (self._spec.input or {}).items()
                if name not in ("shape", "batch_shape")
            }
            spec = self._spec.with_input(shape=_shape(shape), **rest)
            self._bench.change(t("Change input shape"), spec)

    def move(self, index: int, to: int) -> None:
        """Move a layer; ``to`` counts without it.

        Raises:
            IndexError: there is none at ``index``.
        """
        with self._bench.lock:
            entry = self._entry(index)
            place = self._place(to, without=entry)
            self._bench.change(t("Move %1", entry.title), self._spec.move(entry.uid, None, place))

    def replace(self, index: int, layer: Any) -> None:
        """Put a layer in the place of another one.

        Raises:
            IndexError: there is none at ``index``.
            ValueError: ``layer`` is no layer.
        """
        old = self._entry(index)
        new = self._describe(layer, instead_of=old)
        self._bench.change(t("Replace %1", old.title), self._spec.replace(old.uid, new))

    def __len__(self) -> int:
        """The number of layers that are switched on."""
        return len(self._entries())

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[keras.Layer]:
        return iter(self.layers)

    def __getitem__(self, index: int | slice) -> Any:
        """The Keras layer at ``index``, or a list of them."""
        if isinstance(index, slice):
            return [self._bench.layer(entry) for entry in self._entries()[index]]
        return self._bench.layer(self._entry(index))

    def __setitem__(self, index: int, layer: Any) -> None:
        self.replace(index, layer)

    def __delitem__(self, index: int | slice) -> None:
        with self._bench.lock:
            entries = self._entries()[index] if isinstance(index, slice) else [self._entry(index)]
            spec = self._spec
            for entry in entries:
                spec = spec.remove(entry.uid)
            what = entries[0].title if len(entries) == 1 else f"{len(entries)} layers"
            self._bench.change(t("Delete %1", what), spec)

    # On the page.

    def __repr__(self) -> str:
        return self._bench.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = self._bench.mime_bundle()
        if inbox.running_kernel() is not None:
            bundle = {
                "application/vnd.jupyter.widget-view+json": {
                    "version_major": 2,
                    "version_minor": 0,
                    "model_id": self._bench.view().model_id,
                },
                **bundle,
            }
        return bundle

    # All else that a model has.

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"SequentialBuilder has no attribute {name!r}")
        if not _is_of_a_model(name):
            raise AttributeError(
                f"neither SequentialBuilder nor keras.Sequential has an attribute {name!r}"
            )
        return getattr(self.model, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OF_THE_SPEC:
            with self._bench.lock:
                value = _model_name(value) if name == "name" else bool(value)
                spec = dataclasses.replace(self._spec, **{name: value})
                self._bench.change(t("Change %1", name), spec)
        elif not hasattr(type(self), name) and _is_of_a_model(name):
            setattr(self.model, name, value)
        else:
            # One of the user's own: it stays, whatever becomes of the model.
            object.__setattr__(self, name, value)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *dir(keras.Sequential)})

    # Inside.

    @property
    def _spec(self) -> ModelSpec:
        return self._bench.editor.spec

    def _entries(self) -> list[LayerSpec]:
        return [entry for entry in self._spec.layers if entry.enabled]

    def _entry(self, index: int) -> LayerSpec:
        entries = self._entries()
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError(f"a layer is found by a whole number; got {index!r}") from None
        if not -len(entries) <= index < len(entries):
            raise IndexError(f"there is no layer {index}; the model has {len(entries)}")
        return entries[index]

    def _place(self, index: int, without: LayerSpec | None = None) -> int:
        """Where in the stack, which holds what is switched off too, the list's ``index`` lies.

        Args:
            index: of a layer in the list; past its end for the end of the stack.
            without: a layer that does not count, because it moves.
        """
        stack = [entry for entry in self._spec.layers if entry is not without]
        places = [place for place, entry in enumerate(stack) if entry.enabled]
        index = operator.index(index)
        at = max(0, len(places) + index) if index < 0 else index
        return places[at] if at < len(places) else len(stack)

    def _describe(self, layer: Any, instead_of: LayerSpec | None = None) -> LayerSpec:
        if isinstance(layer, str):
            return layer_of(quick_add.parse(layer))
        if isinstance(layer, SequentialBuilder):
            layer = layer.model
        if not isinstance(layer, keras.Layer):
            raise ValueError(
                "Only instances of keras.Layer, or texts such as 'dense 128 relu', can be added; "
                f"received: {layer!r} (of type {type(layer).__name__})."
            )
        known = self._bench.model_cache.layer_cache.layer
        for entry in self._spec.walk():
            if entry is not instead_of and known(entry.uid) is layer:
                raise _twice(layer)
        return self._bench.model_cache.layer_cache.adopt(convert.spec_of_layer(layer), layer)

    def _set_input(self, given: Any, index: int) -> None:
        history = getattr(given, "_keras_history", None)
        layer = history[0] if history is not None else given
        if self._spec.input is not None or (self._spec.layers and index != 0):
            raise ValueError(
                f"an input comes first and only once; this model takes {self._spec.input_shape!r} "
                f"and has {len(self._spec.layers)} layers. Change it with "
                "builder.set_input_shape((28, 28)), or in the editor."
            )
        arguments = convert.spec_of_input(layer)
        if convert.looks_automatic(arguments["name"], type(layer)):
            del arguments["name"]
        self._bench.change(t("Set input"), self._spec.with_input(**arguments))

    def _try_model(self) -> None:
        try:
            self._bench.model()
        except (BuilderError, MemoryError, RuntimeError):
            logger.debug("the model cannot be made yet", exc_info=True)


# What a model has, beyond its class's attributes.
_MODEL_ATTRIBUTES = {
    "optimizer",
    "loss",
    "history",
    "stop_training",
    "built",
    "compiled",
    "steps_per_execution",
}


def _is_of_a_model(name: str) -> bool:
    return not name.startswith("_") and (
        name in _MODEL_ATTRIBUTES or hasattr(keras.Sequential, name)
    )


def _twice(layer: keras.Layer) -> ValueError:
    # Keras would share its weights, which a list of separate layers cannot tell.
    name = type(layer).__name__
    return ValueError(
        f"the layer {layer.name!r} ({name}) can be in a builder only once. Put in another "
        "one like it, with weights of its own: type(layer).from_config(layer.get_config())."
    )


def _is_input(layer: Any) -> bool:
    history = getattr(layer, "_keras_history", None)
    origin = history[0] if history is not None and isinstance(layer, keras.KerasTensor) else layer
    return isinstance(origin, keras.layers.InputLayer)


def _model_name(name: Any) -> str:
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"a model's name is a text without '/', such as 'digits'; got {name!r}.")
    return name


def _shape(shape: Any) -> tuple[int | None, ...]:
    sizes = (shape,) if isinstance(shape, int) else shape
    try:
        sizes = tuple(None if size is None else int(size) for size in sizes)
    except (TypeError, ValueError):
        sizes = None
    if sizes is None or any(size is not None and size < 1 for size in sizes):
        raise ValueError(
            "input_shape is the shape of one sample, without the batch: whole numbers above 0, or "
            f"None where the size is open, such as (28, 28) or (None,); got {shape!r}."
        )
    return sizes


def _load(path: str | os.PathLike[str]) -> keras.Sequential:
    text = os.fspath(path)
    if not os.path.exists(text):
        raise FileNotFoundError(
            f"there is no file {text!r}; to start from layers, write a list: [{text!r}]"
        )
    return keras.saving.load_model(text)


# Settings that a config holds as they were given.
_PLAIN_SETTINGS = (
    "loss_weights",
    "weighted_metrics",
    "run_eagerly",
    "steps_per_execution",
    "jit_compile",
    "auto_scale_loss",
)


def _compile_values(model: keras.Sequential) -> dict[str, Any] | None:
    """compile's arguments, of a model that is compiled."""
    if not model.compiled:
        return None
    config = model.get_compile_config() or {}
    values = {
        "optimizer": convert.value_of(model.optimizer),
        "loss": convert.value_of(model.loss),
        "metrics": convert.value_of(_user_metrics(model)),
        **{name: convert.value_of(config.get(name)) for name in _PLAIN_SETTINGS},
    }
    defaults = {p["name"]: p["default"] for p in catalog.FORMS["compile"]}
    return {
        name: value
        for name, value in values.items()
        if value not in (None, [], ()) and value != defaults.get(name)
    }


def _user_metrics(model: keras.Sequential) -> Any:
    compiled = getattr(model, "_compile_metrics", None)
    return getattr(compiled, "_user_metrics", None)


def _for_a_trial(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Optimizers stay unused: a trial must leave no mark on them."""
    return {
        name: "rmsprop" if name == "optimizer" and not isinstance(value, (str, dict)) else value
        for name, value in arguments.items()
        if name not in ("metrics", "weighted_metrics")
    }
