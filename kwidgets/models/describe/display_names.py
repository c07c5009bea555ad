"""What a layer, a loss, a metric, an activation, a dtype is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.language import t
from kwidgets.models.describe.attributes import read


def in_words(value: Any) -> str:
    """Return a loss or a metric as its user would call it; "" for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {in_words(item) or 'none'}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(in_words(item) or "none" for item in value)
    function = read(value, "fn")
    if type(value).__name__ in ("LossFunctionWrapper", "MeanMetricWrapper") and function:
        return function_name(function)
    return function_name(value)


def function_name(value: Any) -> str:
    """Return the name of a function, or the class of another thing."""
    if isinstance(value, type):
        return value.__name__
    inner = read(value, "func")
    if inner is not None and type(value).__name__ == "partial":
        return function_name(inner)
    name = getattr(value, "__name__", None) if callable(value) else None
    if not isinstance(name, str):
        return type(value).__name__
    return "lambda" if name == "<lambda>" else name


def activation_of(layer: Any) -> str | None:
    """Return the name of the activation of ``layer``; None when it has none that does something."""
    value = read(layer, "activation")
    if value is None or not (callable(value) or isinstance(value, str)):
        return None
    name = in_words(value)
    return None if name == "linear" else name


def name_of(layer: Any) -> str:
    """Return the name Keras gave ``layer``; its class where a class of the user's hides it."""
    name = read(layer, "name")
    return name if isinstance(name, str) else type(layer).__name__


def policy_name(layer: Any) -> str:
    """Return the name of the dtype policy of ``layer``, "" for what has none."""
    policy = read(layer, "_dtype_policy")
    path = read(layer, "_path")
    if isinstance(policy, keras.dtype_policies.DTypePolicyMap):
        policy = policy[path] if path else policy.default_policy
    return str(policy.name) if policy is not None else ""


def quoted(names: list[str], shown: int = 3) -> str:
    """Return ``names`` as they stand in a sentence, the first few of many."""
    first = [f"'{name}'" for name in names[:shown]]
    if len(names) > shown:
        return t("%1 and %2 more", ", ".join(first), f"{len(names) - shown:,}")
    return t("%1 and %2", ", ".join(first[:-1]), first[-1]) if len(first) > 1 else first[0]
