"""Rewrite configurations of Keras 0.3 as those of Keras 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files import values
from kwidgets.language import t

VERSION = "0.3"


def as_keras1(config: Any) -> Any:
    """Return the configuration of a Sequential of Keras 0.3 as Keras 1 writes it; others as it is.

    Raises:
        FormatError: it is of the class Graph, which Keras 1 dropped.
    """
    if not isinstance(config, Mapping) or "class_name" in config or "name" not in config:
        return config
    if config["name"] == "Graph" and "nodes" in config:
        raise FormatError(
            t(
                "The model is a Graph of Keras 0.3, which is not supported. Build it in Python, "
                "and load the weights into it."
            )
        )
    if config["name"] != "Sequential":
        return config
    return {
        "class_name": "Sequential",
        "config": [_layer(each) for each in values.items(config.get("layers"), "layers")],
        "keras_version": config.get("keras_version", VERSION),
        "backend": config.get("backend"),
    }


def _layer(config: Any) -> dict[str, Any]:
    settings = values.mapping(config, "layers")
    class_name = values.text(settings.pop("name", None), "name")
    if class_name == "Sequential":
        inner: Any = [_layer(each) for each in values.items(settings.get("layers"), "layers")]
        return {"class_name": class_name, "config": inner}
    if class_name == "Merge":
        settings["layers"] = [_layer(each) for each in settings.get("layers", [])]
    name = settings.pop("custom_name", None)
    if isinstance(name, str) and name != class_name.lower():
        settings["name"] = name
    return {"class_name": class_name, "config": settings}
