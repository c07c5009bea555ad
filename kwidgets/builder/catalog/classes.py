"""Which classes a builder offers, and the form of each: Keras's own and the user's.

What is offered follows the installed Keras. ``data/`` holds what the forms of a known Keras
look like; ``signatures.py`` works out the rest.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import inspect
import json
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, Final

import keras

from kwidgets.builder import protocol
from kwidgets.builder.catalog import labels, signatures
from kwidgets.builder.catalog.compile_fit_forms import FORMS as FORMS
from kwidgets.builder.protocol import Entry, Parameter, Template
from kwidgets.builder.spec import INPUT_LAYER, SEQUENTIAL

YOUR_OWN: Final = "Your own"

# The sections that come from a module of Keras each. "cells" is taken out of the layers.
SECTIONS: Final = (
    "layers",
    "optimizers",
    "losses",
    "metrics",
    "callbacks",
    "initializers",
    "regularizers",
    "constraints",
    "schedules",
)

# Layers are offered in this order of groups; groups not named here come last.
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

# What learners need most comes first in its group.
_FIRST: Final = (
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

# Of no use in a form: base classes, and what fit makes by itself.
_LEFT_OUT: Final = {
    *("Layer", "Wrapper", "InputSpec", "Optimizer", "OptimizerMap", "Loss", "Metric"),
    *("MultiOptimizer", "Callback", "CallbackList", "History", "ProgbarLogger"),
    *("RemoteMonitor", "Initializer", "Regularizer", "Constraint", "LearningRateSchedule"),
}

_BASES: Final[dict[str, type]] = {
    "layers": keras.layers.Layer,
    "optimizers": keras.optimizers.Optimizer,
    "losses": keras.losses.Loss,
    "metrics": keras.metrics.Metric,
    "callbacks": keras.callbacks.Callback,
    "initializers": keras.initializers.Initializer,
    "regularizers": keras.regularizers.Regularizer,
    "constraints": keras.constraints.Constraint,
    "schedules": keras.optimizers.schedules.LearningRateSchedule,
}

# Texts that compile understands without a class of their own: which class is meant follows from
# the shape of the targets.
ACCURACY_TEXTS: Final = ("accuracy", "acc")

_extra: dict[str, type] = {}


@dataclasses.dataclass(frozen=True, eq=False)
class Catalog:
    """All that is offered at one moment.

    Args:
        keras_version: of the installed Keras.
        entries: every class, by key.
        sections: keys of each section, in the order in which they are offered.
        activations: names of Keras's activation functions.
        classes: what the keys stand for.
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
        """Return what is known about a class, or None."""
        return self.entries.get(self.aliases.get(key, key))

    def parameter(self, key: str, name: str) -> Parameter | None:
        """Return one field of a class's form, or None."""
        found = self.entry(key)
        if found is None:
            return None
        return next((one for one in found["parameters"] if one["name"] == name), None)

    def as_wire(self, templates: Iterable[Template] = ()) -> protocol.Catalog:
        """Return the message that tells a view all this."""
        return protocol.Catalog(
            keras_version=self.keras_version,
            entries={key: labels.translated(one) for key, one in self.entries.items()},
            sections={name: list(keys) for name, keys in self.sections.items()},
            activations=list(self.activations),
            templates=list(templates),
            forms={name: labels.with_help(form) for name, form in FORMS.items()},
        )


def catalog() -> Catalog:
    """Return what is offered now: cached until a class is added or registered."""
    return _catalog(_fingerprint(), tuple(_own_classes().items()))


def key_of(cls: type) -> str:
    """Return the name by which specs call a class.

    Raises:
        KeyError: the class is unknown; ``add_class`` makes it known.
    """
    key = catalog().keys.get(cls)
    if key is None:
        raise KeyError(
            f"{cls.__module__}.{cls.__qualname__} is neither a class of Keras nor registered; "
            "decorate it with @keras.saving.register_keras_serializable(), or add it with add_class"
        )
    return key


def class_of(key: str) -> type:
    """Return the class that a key stands for.

    Raises:
        KeyError: nothing has this key. The message names what is near.
    """
    module, _, name = key.rpartition(".")
    if module.startswith("keras."):
        # The common case, asked for with every layer at every edit.
        section = module.removeprefix("keras.")
        public = getattr(_module(section), name, None) if section in SECTIONS else None
        if isinstance(public, type):
            return public
    known = catalog()
    found = known.classes.get(known.aliases.get(key, key))
    if found is None:
        near = near_keys(key)
        hint = f"did you mean {' or '.join(near)}?" if near else "is it defined and registered?"
        raise KeyError(f"no class {key!r} is known; {hint}")
    return found


def near_keys(key: str, section: str | None = None) -> list[str]:
    """Return up to three known keys that look like this one, the likeliest first."""
    known = catalog()
    keys = known.classes if section is None else known.sections[section]
    names = {short_name(one).lower(): one for one in keys}
    close = difflib.get_close_matches(short_name(key).lower(), names, n=3, cutoff=0.6)
    return [names[name] for name in close]


def short_name(key: str) -> str:
    """Return the class's own name: ``"Dense"`` of ``"keras.layers.Dense"``."""
    return key.rpartition(".")[2].rpartition(">")[2]


def add_class(cls: type) -> str:
    """Make a class of the user's known without registering it with Keras; return its key.

    A class that is defined again, as happens in a notebook, takes the place of the older one.
    """
    known = catalog().keys.get(cls)
    if known is not None:
        return known
    key = f"{cls.__module__}.{cls.__qualname__}"
    _extra[key] = cls
    return key


def section_of(key: str) -> str | None:
    """Return the section that offers a class; ``"layers"`` for a cell."""
    known = catalog()
    key = known.aliases.get(key, key)
    return next((name for name, keys in known.sections.items() if key in keys), None)


def identifier_of(key: str, section: str) -> str | None:
    """Return the text that Keras takes for an object of this class with default arguments.

    Of a metric it is the text under which the logs show the same name. None: there is no such text.

    Args:
        key: of the class: ``"keras.initializers.HeNormal"`` gives ``"he_normal"``.
        section: where the text is to be used.
    """
    usual: str | None = _table()["usual_identifiers"].get(section, {}).get(key)
    known = usual is not None and key in catalog().entries and _understood(usual, section)
    return usual if known else None


def resolve_identifier(text: str, section: str) -> str | None:
    """Return the key of the class that a text means, or None.

    Args:
        text: as users write it: ``"he_normal"``, ``"HeNormal"``, ``"SGD"``, ``"mse"``; a key too.
            ``"accuracy"`` means no class: compile chooses one by the shape of the targets.
        section: where it is written.
    """
    if section == "metrics" and text in ACCURACY_TEXTS:
        return None
    known = catalog()
    key = known.aliases.get(text, text)
    keys = known.sections.get(section, ())
    if key in keys:
        return key
    found = _identifiers(section).get(text) or _identifiers(section).get(_normal(text))
    if found in keys:
        return found
    wanted = _normal(short_name(text))
    names = {_normal(short_name(one)): one for one in keys}
    names.update(
        {_normal(short_name(alias)): one for alias, one in known.aliases.items() if one in keys}
    )
    return names.get(wanted)


def public_classes(section: str) -> dict[str, type]:
    """Return the classes that Keras offers in a section, by key; each class once."""
    return _public(section)[0]


@functools.lru_cache(maxsize=8)
def _catalog(fingerprint: tuple[Any, ...], own: tuple[tuple[str, type], ...]) -> Catalog:
    classes: dict[str, type] = {}
    entries: dict[str, Entry] = {}
    aliases: dict[str, str] = {}
    members: dict[str, list[str]] = {section: [] for section in (*SECTIONS, "cells")}
    for section in SECTIONS:
        found, other_names = _public(section)
        aliases.update(other_names)
        for key, cls in found.items():
            classes[key] = cls
            entries[key] = _entry(key, cls, section)
            members[section].append(key)
    classes[SEQUENTIAL] = keras.Sequential
    entries[SEQUENTIAL] = _sequential()
    members["layers"].append(SEQUENTIAL)
    for key, cls in own:
        classes[key] = cls
        section_name = next(name for name, base in _BASES.items() if issubclass(cls, base))
        entries[key] = {**signatures.entry(cls, key, YOUR_OWN), "name": short_name(key)}
        members[section_name].append(key)
    members["cells"] = [key for key in members["layers"] if _is_cell(classes[key])]
    return Catalog(
        keras_version=str(keras.__version__),
        entries=entries,
        sections={
            section: tuple(sorted(keys, key=lambda key: _rank(entries[key])))
            for section, keys in members.items()
        },
        activations=_activations(),
        classes=classes,
        # The first key of a class wins: a public name before a registered one.
        keys={cls: key for key, cls in reversed(classes.items())},
        aliases=aliases,
    )


def _fingerprint() -> tuple[Any, ...]:
    # Keras's modules count too: someone may add a class to them, or replace one.
    return tuple(
        hash(tuple(id(value) for value in vars(_module(section)).values())) for section in SECTIONS
    )


def _own_classes() -> dict[str, type]:
    """Return the user's classes that belong to a section, by key."""
    registered = {
        key: value
        for key, value in keras.saving.get_custom_objects().items()
        if inspect.isclass(value)
    }
    known = set(registered.values())
    extra = {key: value for key, value in _extra.items() if value not in known}
    bases = tuple(_BASES.values())
    return {key: cls for key, cls in {**registered, **extra}.items() if issubclass(cls, bases)}


def _module(section: str) -> Any:
    return keras.optimizers.schedules if section == "schedules" else getattr(keras, section)


def _public(section: str) -> tuple[dict[str, type], dict[str, str]]:
    """Return the classes of one of Keras's modules by key, and their other names."""
    module = _module(section)
    prefix = "keras.optimizers.schedules" if section == "schedules" else f"keras.{section}"
    names: dict[type, list[str]] = {}
    for name in dir(module):
        value = getattr(module, name)
        if inspect.isclass(value) and not name.startswith("_"):
            names.setdefault(value, []).append(name)
    classes: dict[str, type] = {}
    aliases: dict[str, str] = {}
    for cls, given in names.items():
        name = cls.__name__ if cls.__name__ in given else given[0]
        if name in _LEFT_OUT:
            continue
        key = f"{prefix}.{name}"
        classes[key] = cls
        aliases.update({f"{prefix}.{other}": key for other in given if other != name})
    return classes, aliases


@functools.cache
def _entry(key: str, cls: type, section: str) -> Entry:
    """Return the guess for a class of Keras, with what the table knows better."""
    found = signatures.entry(cls, key, f"Other {section}")
    row = _table()["entries"].get(key)
    found["name"] = short_name(key)
    if key == INPUT_LAYER:
        _document_input(found)
    if row is None:
        return found
    found["group"] = row["group"]
    found["unusable"] = row["unusable"]
    for parameter in found["parameters"]:
        known = row["parameters"].get(parameter["name"])
        if known is None:
            # New in a Keras that is newer than the table.
            continue
        parameter["field"] = known["field"]
        parameter["nullable"] = known.get("nullable", False)
        parameter["basic"] = known.get("basic", False)
        for optional in ("choices", "section", "minimum"):
            parameter.pop(optional, None)  # type: ignore[misc]
            if optional in known:
                parameter[optional] = known[optional]
        if known["field"] == "dtype" and "choices" not in known:
            parameter["choices"] = list(signatures.DTYPES)
    return found


def _document_input(entry: Entry) -> None:
    """Take from ``keras.Input`` what InputLayer's own docstring leaves out."""
    entry["summary"] = "What goes into the model: the shape and the type of one sample."
    told = signatures.documentation_of(keras.Input)
    for parameter in entry["parameters"]:
        parameter["help"] = parameter["help"] or signatures.shorten(
            told.get(parameter["name"], ""), signatures.HELP_LENGTH
        )


def _sequential() -> Entry:
    """A block of layers; the layers themselves are no argument of a spec."""
    return Entry(
        key=SEQUENTIAL,
        name="Sequential",
        group="Core",
        summary="A block: layers that belong together, used as one layer.",
        parameters=[
            signatures.parameter("name", None, "", required=False),
            signatures.parameter("trainable", True, "", required=False),
        ],
        unusable="",
    )


def _is_cell(cls: type) -> bool:
    return cls.__name__.endswith("Cell") or (
        hasattr(cls, "state_size") and not issubclass(cls, keras.layers.RNN)
    )


def _rank(entry: Entry) -> tuple[bool, int, bool, int, str]:
    group = entry["group"]
    return (
        group == YOUR_OWN,
        GROUPS.index(group) if group in GROUPS else len(GROUPS),
        bool(entry["unusable"]),
        _FIRST.index(entry["name"]) if entry["name"] in _FIRST else len(_FIRST),
        entry["name"],
    )


def _activations() -> tuple[str, ...]:
    module = keras.activations
    return tuple(
        name
        for name in sorted(dir(module))
        if name.islower()
        and not name.startswith("_")
        and name not in {"get", "serialize", "deserialize"}
        and callable(getattr(module, name))
    )


@functools.cache
def _table() -> dict[str, Any]:
    """Read the table of the newest Keras that is not newer than the installed one."""
    folder = resources.files(__package__).joinpath("data")
    tables: dict[tuple[int, ...], Any] = {}
    if folder.is_dir():
        for file in folder.iterdir():
            match = re.fullmatch(r"keras-([\d.]+)\.json", file.name)
            if match:
                tables[_version(match[1])] = file
    if not tables:
        return {"keras_version": "", "entries": {}, "identifiers": {}, "usual_identifiers": {}}
    installed = _version(str(keras.__version__))[:2]
    fitting = [version for version in tables if version <= installed] or list(tables)
    content: dict[str, Any] = json.loads(tables[max(fitting)].read_text(encoding="utf-8"))
    return content


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


@functools.cache
def _identifiers(section: str) -> dict[str, str]:
    """Return the texts that Keras knows, as they are and simplified, and what they mean."""
    texts: dict[str, str] = _table()["identifiers"].get(section, {})
    return {**{_normal(text): key for text, key in texts.items()}, **texts}


@functools.cache
def _understood(text: str, section: str) -> bool:
    """Whether the installed Keras takes a text that the Keras of the table takes."""
    if _table()["keras_version"] == keras.__version__:
        return True
    try:
        return getattr(keras, section).get(text) is not None
    except (KeyError, TypeError, ValueError):
        return False


def _normal(text: str) -> str:
    return text.lower().replace("_", "")
