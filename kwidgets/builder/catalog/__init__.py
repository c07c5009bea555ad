"""The classes that a builder offers, and the form of each."""

from kwidgets.builder.catalog.classes import (
    ACCURACY_TEXTS,
    FORMS,
    SECTIONS,
    Catalog,
    add_class,
    catalog,
    class_of,
    identifier_of,
    key_of,
    near_keys,
    public_classes,
    resolve_identifier,
    section_of,
    short_name,
)

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
    "section_of",
    "short_name",
]
