"""The catalog of classes that a builder offers: Keras's own and the user's, in sections.

The catalog follows the installed Keras: it is built from its modules, from the classes registered
with it and from those given to ``add_class``.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

import keras

from kwidgets.builder import protocol
from kwidgets.builder.catalog import labels, signatures
from kwidgets.builder.catalog.class_forms import keras_entry, sequential_entry
from kwidgets.builder.catalog.compile_fit_forms import FORMS
from kwidgets.builder.catalog.keras_classes import (
    BASES,
    SECTIONS,
    activation_names,
    classes_and_aliases,
    is_cell,
    module_of,
    short_name,
)
from kwidgets.builder.protocol import Entry, Parameter, Template
from kwidgets.builder.spec import SEQUENTIAL

YOUR_OWN: Final = "Your own"

# The order in which the groups of layers are listed; other groups come last.
GROUPS: Final = (
    "Core",
    "Convolution",
    "Pooling",
    "Recurrent",
    "Normalization",
    "Regularization",
    "Activation",
    "Reshaping",
    "Wrappers",
    "Attention",
    "Merging",
    "Image preprocessing",
    "Image augmentation",
    "Text and features",
    "Audio",
    "Other frameworks",
)

# These come first in their groups, because learners need them most.
_LISTED_FIRST: Final = (
    *("Dense", "Embedding", "Activation", "Sequential"),
    *("Conv2D", "Conv1D", "MaxPooling2D", "GlobalAveragePooling2D", "AveragePooling2D"),
    *("LSTM", "GRU", "SimpleRNN", "BatchNormalization", "LayerNormalization", "Dropout"),
    *("ReLU", "LeakyReLU", "Softmax", "Flatten", "Reshape", "Bidirectional", "TimeDistributed"),
    *("Rescaling", "Resizing", "RandomFlip", "RandomRotation", "RandomZoom", "Normalization"),
    *("TextVectorization", "Adam", "SGD", "RMSprop", "AdamW"),
    *("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy"),
    *("MeanSquaredError", "MeanAbsoluteError", "SparseCategoricalAccuracy"),
    *("CategoricalAccuracy", "BinaryAccuracy", "EarlyStopping", "ModelCheckpoint"),
    *("ReduceLROnPlateau", "TensorBoard", "CSVLogger"),
    *("GlorotUniform", "HeNormal", "Zeros", "L2", "L1", "MaxNorm", "CosineDecay"),
)

# Classes given to ``add_class``, by key.
_added: dict[str, type] = {}


@dataclasses.dataclass(frozen=True, eq=False)
class Catalog:
    """The classes that a builder offers at one moment.

    Args:
        keras_version: of the installed Keras.
        entries: every class, by key.
        sections: keys of each section, in the order in which they are listed.
        activations: names of Keras's activation functions.
        classes: every class, by key.
        keys: the key of each class.
        aliases: other public names of classes (``"keras.layers.Convolution2D"``) and their keys.
    """

    keras_version: str
    entries: Mapping[str, Entry]
    sections: Mapping[str, tuple[str, ...]]
    activations: tuple[str, ...]
    classes: Mapping[str, type]
    keys: Mapping[type, str]
    aliases: Mapping[str, str]

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a class by any of its names, or None."""
        return self.entries.get(self.aliases.get(key, key))

    def parameter(self, key: str, name: str) -> Parameter | None:
        """Return one field of a class's form, or None."""
        found = self.entry(key)
        if found is None:
            return None
        return next((one for one in found["parameters"] if one["name"] == name), None)

    def as_wire(self, templates: Iterable[Template] = ()) -> protocol.Catalog:
        """Return the message with which a view receives the catalog."""
        return protocol.Catalog(
            keras_version=self.keras_version,
            entries={key: labels.translated(one) for key, one in self.entries.items()},
            sections={name: list(keys) for name, keys in self.sections.items()},
            activations=list(self.activations),
            templates=list(templates),
            forms={name: labels.with_help(form) for name, form in FORMS.items()},
        )


def catalog() -> Catalog:
    """Return the current catalog, cached until a class is added or registered."""
    return _build_catalog(_fingerprint(), tuple(_custom_classes().items()))


def key_of(cls: type) -> str:
    """Return the key of a class, by which specs name it.

    No forms are made for it: they take a tenth of a second.

    Raises:
        KeyError: the class is not in the catalog; ``add_class`` adds it.
    """
    key = _named_classes().keys.get(cls)
    if key is None:
        raise KeyError(
            f"{cls.__module__}.{cls.__qualname__} is neither a Keras class nor registered. "
            "Decorate it with @keras.saving.register_keras_serializable(), or add it with add_class"
        )
    return key


def class_of(key: str) -> type:
    """Return the class with this key.

    Raises:
        KeyError: no class has this key. The message names similar keys.
    """
    module, _, name = key.rpartition(".")
    if module.startswith("keras."):
        # The common case, looked up for every layer at every edit.
        section = module.removeprefix("keras.")
        public = getattr(module_of(section), name, None) if section in SECTIONS else None
        if isinstance(public, type):
            return public
    known = catalog()
    found = known.classes.get(known.aliases.get(key, key))
    if found is None:
        near = near_keys(key)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Define and register it first."
        raise KeyError(f"No class {key!r}. {hint}")
    return found


def near_keys(key: str, section: str | None = None) -> list[str]:
    """Return up to three keys similar to this one, the most similar first."""
    known = catalog()
    keys = known.classes if section is None else known.sections[section]
    names = {short_name(one).lower(): one for one in keys}
    close = difflib.get_close_matches(short_name(key).lower(), names, n=3, cutoff=0.6)
    return [names[name] for name in close]


def add_class(cls: type) -> str:
    """Add a class of the user's without registering it with Keras; return its key.

    A class that is defined again, as happens in a notebook, replaces the older one.
    """
    known = _named_classes().keys.get(cls)
    if known is not None:
        return known
    key = f"{cls.__module__}.{cls.__qualname__}"
    _added[key] = cls
    return key


@dataclasses.dataclass(frozen=True, eq=False)
class _NamedClasses:
    """What the names of the classes say, without their forms.

    Args:
        sections: Keras's classes by key, by section.
        classes: every class, by key.
        keys: the key of each class.
        aliases: other public names of classes and their keys.
    """

    sections: Mapping[str, Mapping[str, type]]
    classes: Mapping[str, type]
    keys: Mapping[type, str]
    aliases: Mapping[str, str]


def _named_classes() -> _NamedClasses:
    return _name_classes(_fingerprint(), tuple(_custom_classes().items()))


@functools.lru_cache(maxsize=8)
def _name_classes(
    fingerprint: tuple[Any, ...], custom: tuple[tuple[str, type], ...]
) -> _NamedClasses:
    sections: dict[str, dict[str, type]] = {}
    classes: dict[str, type] = {}
    aliases: dict[str, str] = {}
    for section in SECTIONS:
        sections[section], other_names = classes_and_aliases(section)
        classes.update(sections[section])
        aliases.update(other_names)
    classes[SEQUENTIAL] = keras.Sequential
    classes.update(custom)
    # Of several keys of a class the first counts: a public name before a registered one.
    keys = {cls: key for key, cls in reversed(classes.items())}
    return _NamedClasses(sections, classes, keys, aliases)


@functools.lru_cache(maxsize=8)
def _build_catalog(fingerprint: tuple[Any, ...], custom: tuple[tuple[str, type], ...]) -> Catalog:
    named = _name_classes(fingerprint, custom)
    entries: dict[str, Entry] = {}
    members: dict[str, list[str]] = {section: [] for section in (*SECTIONS, "cells")}
    for section, found in named.sections.items():
        for key, cls in found.items():
            entries[key] = keras_entry(key, cls, section)
            members[section].append(key)
    entries[SEQUENTIAL] = sequential_entry()
    members["layers"].append(SEQUENTIAL)
    for key, cls in custom:
        section_name = next(name for name, base in BASES.items() if issubclass(cls, base))
        entries[key] = {**signatures.entry(cls, key, YOUR_OWN), "name": short_name(key)}
        members[section_name].append(key)
    members["cells"] = [key for key in members["layers"] if is_cell(named.classes[key])]
    return Catalog(
        keras_version=str(keras.__version__),
        entries=entries,
        sections={
            section: tuple(sorted(keys, key=lambda key: _sort_key(entries[key])))
            for section, keys in members.items()
        },
        activations=activation_names(),
        classes=named.classes,
        keys=named.keys,
        aliases=named.aliases,
    )


def _fingerprint() -> tuple[Any, ...]:
    """Return what changes when someone adds a class to Keras's modules or replaces one."""
    return tuple(hash(tuple(map(id, vars(module_of(section)).values()))) for section in SECTIONS)


def _custom_classes() -> dict[str, type]:
    """Return the user's classes that belong to a section, by key."""
    registered = {
        key: value
        for key, value in keras.saving.get_custom_objects().items()
        if inspect.isclass(value)
    }
    known = set(registered.values())
    extra = {key: value for key, value in _added.items() if value not in known}
    bases = tuple(BASES.values())
    return {key: cls for key, cls in {**registered, **extra}.items() if issubclass(cls, bases)}


def _sort_key(entry: Entry) -> tuple[bool, int, bool, int, str]:
    group = entry["group"]
    return (
        group == YOUR_OWN,
        GROUPS.index(group) if group in GROUPS else len(GROUPS),
        bool(entry["unusable"]),
        _LISTED_FIRST.index(entry["name"])
        if entry["name"] in _LISTED_FIRST
        else len(_LISTED_FIRST),
        entry["name"],
    )
