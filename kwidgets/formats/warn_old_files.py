"""Warn when Keras itself has read a file of an older Keras that then computes other numbers.

Keras 3 loads many HDF5 files of Keras 1 and 2 without a message although ``hard_sigmoid`` has
changed, and although Theano turns the kernels of convolutions round. Both of Keras's functions that
read such weights are wrapped while ``%load_ext kwidgets`` is in effect. They are private: where
they are missing, nobody is warned and nothing else happens.
"""

from __future__ import annotations

import functools
import importlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import wrapt

from kwidgets.language import t

logger = logging.getLogger("kwidgets")

_MODULE = "keras.src.legacy.saving.legacy_h5_format"
_FUNCTIONS = ("load_weights_from_hdf5_group", "load_weights_from_hdf5_group_by_name")
_MAX_NAMES = 5


class OldFileWarnings:
    """Warns once for each file, while it is on. One per kernel."""

    def __init__(self) -> None:
        self.on = False
        self._is_hooked = False
        self._originals: dict[str, Callable[..., Any]] = {}
        self._wrappers: dict[str, Callable[..., Any]] = {}
        self._warned: set[str] = set()

    def start(self) -> None:
        """Warn from now on, also if Keras is imported later."""
        self.on = True
        if not self._is_hooked:
            self._is_hooked = True
            wrapt.register_post_import_hook(self._patch, "keras")
        if "keras" in sys.modules:
            self._patch(sys.modules["keras"])

    def stop(self) -> None:
        """Restore Keras's functions, unless somebody else has replaced them since."""
        self.on = False
        module = sys.modules.get(_MODULE)
        for name, original in self._originals.items():
            if getattr(module, name, None) is self._wrappers[name]:
                setattr(module, name, original)
        self._originals.clear()
        self._warned.clear()

    def _patch(self, package: Any) -> None:
        if not self.on or self._originals:
            return
        try:
            module = importlib.import_module(_MODULE)
            for name in _FUNCTIONS:
                original = getattr(module, name)
                self._originals[name] = original
                self._wrappers[name] = self._wrapped(original)
                setattr(module, name, self._wrappers[name])
        except Exception:
            logger.warning("files of older releases of Keras load without a warning", exc_info=True)

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def load(group: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(group, model, *args, **kwargs)
            try:
                self._look_at(group, model)
            except Exception:
                logger.warning("this file was loaded, but not checked", exc_info=True)
            return result

        return load

    def _look_at(self, group: Any, model: Any) -> None:
        path = str(group.file.filename)
        if not self.on or path in self._warned:
            return
        text = _warning(group, model, path)
        if text:
            self._warned.add(path)
            warnings.warn(text, stacklevel=3)


old_file_warnings = OldFileWarnings()


def _warning(group: Any, model: Any, path: str) -> str | None:
    """Return what is wrong with the model now, or None."""
    version = _attribute(group, "keras_version")
    numbers = re.match(r"\d+", version or "")
    # A file without a version is of Keras 1.
    if numbers is not None and int(numbers[0]) >= 3:
        return None
    advice = t("To read it right: model, report = kw.import_model(%1)", repr(os.fspath(path)))
    if _attribute(group, "backend") == "theano" and (names := list(_convolutions(model))):
        return t(
            "“%1” was written by Keras %2 on Theano, which turns the kernels of convolutions "
            "round: the outputs of %3 are wrong. %4",
            os.path.basename(path),
            version or "1",
            _listed(names),
            advice,
        )
    if names := list(_hard_sigmoids(model)):
        return t(
            "“%1” was written by Keras %2, whose hard_sigmoid is another function than that of "
            "Keras 3: the outputs of %3 are wrong. %4",
            os.path.basename(path),
            version or "1",
            _listed(names),
            advice,
        )
    return None


def _attribute(group: Any, name: str) -> str | None:
    """Return an attribute of the group or of its file, as text."""
    for holder in (group, group.file):
        value = holder.attrs.get(name)
        if value is not None:
            return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return None


def _hard_sigmoids(model: Any) -> Iterator[str]:
    import keras

    changed = keras.activations.hard_sigmoid
    for layer in _layers(model):
        activations = (
            getattr(layer, name, None) for name in ("activation", "recurrent_activation")
        )
        if any(each is changed for each in activations):
            yield layer.name


def _convolutions(model: Any) -> Iterator[str]:
    for layer in _layers(model):
        if "Conv" in type(layer).__name__ and layer.weights:
            yield layer.name


def _layers(model: Any) -> Iterator[Any]:
    for layer in model._flatten_layers(include_self=False, recursive=True):
        # A cell's layer has the same activations, and the name that users know.
        if not type(layer).__name__.endswith("Cell"):
            yield layer


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMES])
    if len(names) > _MAX_NAMES:
        return shown + t(" and %1 more", len(names) - _MAX_NAMES)
    return shown
