"""Find the names of the classes, without running code of the user's own objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kwidgets.language import Message, message

#: Names of variables that hold the names of classes.
_VARIABLES: Final = ("class_names", "classes", "labels", "names", "categories", "label_names")


@dataclasses.dataclass(frozen=True)
class ClassNames:
    """The names of classes, by number, and where they come from: None for plain numbers."""

    names: tuple[str, ...]
    source: Message | None = None
    #: What to know about them: other names that would fit, or an offset.
    note: Message | None = None


def numbers(count: int) -> ClassNames:
    """Return the numbers as names."""
    return ClassNames(tuple(str(i) for i in range(count)))


def find_class_names(
    count: int,
    chosen: Iterable[str] | None,
    namespace: Mapping[str, Any],
    targets: Any = None,
) -> ClassNames:
    """Return the names of ``count`` classes from the first source that has them.

    Args:
        count: the number of classes.
        chosen: ``class_names`` of the user.
        namespace: the variables in which names are looked for.
        targets: the targets of the fit: a pandas Series may have categories.
    """
    if chosen is not None:
        names = tuple(map(str, chosen))
        if len(names) == count:
            return ClassNames(names, message("from %1", "class_names"))
        note = message(
            "class_names has %1 names, but the output has %2 classes.", str(len(names)), str(count)
        )
        return dataclasses.replace(numbers(count), note=note)
    categories = _categories(targets)
    if categories is not None and len(categories) == count:
        return ClassNames(categories, message("from the categories of the targets"))
    for find in (_of_datasets, _of_encoders, _of_variables):
        found = {
            (names, where)
            for where, names in find(namespace)
            if len(names) == count and len(set(names)) == count
        }
        distinct = {names for names, _ in found}
        if len(distinct) == 1:
            names, where = min(found, key=lambda item: item[1])
            return ClassNames(names, message("from %1", where))
        if distinct:
            listed = ", ".join(sorted(where for _, where in found))
            note = message("Several variables may contain the class names: %1.", listed)
            return dataclasses.replace(numbers(count), note=note)
    return numbers(count)


def _texts(value: Any) -> tuple[str, ...] | None:
    """Return ``value`` if it is a list, a tuple or an array of texts."""
    if type(value) in (list, tuple):
        return tuple(value) if value and all(type(item) is str for item in value) else None
    cls = type(value)
    is_array = cls.__module__.split(".")[0] == "numpy" and cls.__name__ == "ndarray"
    if not is_array or value.ndim != 1 or value.dtype.kind not in "UO" or value.size > 100_000:
        return None
    items = value.tolist()
    return tuple(items) if items and all(type(item) is str for item in items) else None


def _categories(targets: Any) -> tuple[str, ...] | None:
    cls = type(targets)
    if cls.__module__.split(".")[0] != "pandas" or cls.__name__ != "Series":
        return None
    categories = getattr(targets.dtype, "categories", None)
    return None if categories is None else tuple(map(str, categories))


def _attribute(value: Any, name: str) -> Any:
    """Return what an object stores under ``name``; no property of the user's own runs."""
    stored = getattr(value, "__dict__", None)
    return stored.get(name) if isinstance(stored, dict) else None


def _of_datasets(namespace: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield ``class_names`` of datasets, and the labels of ``DatasetInfo``."""
    for name, value in list(namespace.items()):
        module = type(value).__module__.split(".")[0]
        if module in ("tensorflow", "keras", "torchvision"):
            for attribute in ("class_names", "classes"):
                names = _texts(_attribute(value, attribute))
                if names:
                    yield f"{name}.{attribute}", names
        if module == "tensorflow_datasets" and type(value).__name__ == "DatasetInfo":
            features = getattr(value, "features", None)
            label = features["label"] if features is not None and "label" in features else None
            names = _texts(getattr(label, "names", None))
            if names:
                yield f'{name}.features["label"].names', names


def _of_encoders(namespace: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield the classes of scikit-learn's encoders and bunches."""
    for name, value in list(namespace.items()):
        if type(value).__module__.split(".")[0] != "sklearn":
            continue
        names = _texts(_attribute(value, "classes_"))
        if names:
            yield f"{name}.classes_", names
        if isinstance(value, dict):
            names = _texts(value.get("target_names"))
            if names:
                yield f"{name}.target_names", names


def _of_variables(namespace: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield lists of texts with a name such as ``class_names``."""
    for name in _VARIABLES:
        names = _texts(namespace.get(name))
        if names:
            yield name, names
    for name, value in list(namespace.items()):
        if name.lower() in _VARIABLES and name not in _VARIABLES:
            names = _texts(value)
            if names:
                yield name, names
