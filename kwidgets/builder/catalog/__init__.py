"""The classes that a builder offers, and the fields of their forms."""

from kwidgets.builder.catalog.classes import (
    Catalog,
    add_class,
    catalog,
    class_of,
    key_of,
    near_keys,
)
from kwidgets.builder.catalog.compile_fit_forms import FORMS
from kwidgets.builder.catalog.identifiers import (
    ACCURACY_TEXTS,
    identifier_of,
    resolve_identifier,
)
from kwidgets.builder.catalog.keras_classes import SECTIONS, public_classes, short_name

__all__ = [
    "ACCURACY_TEXTS",
    "FORMS",
    "SECTIONS",
    "Catalog",
    "add_class",
    "catalog",
    "class_of",
    "identifier_of",
    "key_of",
    "near_keys",
    "public_classes",
    "resolve_identifier",
    "short_name",
]
