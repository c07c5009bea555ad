"""Returns the displayed names of layers, losses, metrics, activations and dtype policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.language import t
from kwidgets.models.describe.attributes import is_a, read_attribute
from kwidgets.models.namespace.object_inspector import class_name


def loss_or_metric_name(value: Any) -> str:
    """Return the name of a loss or a metric, or of a list or dict of them; "" for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key}: {loss_or_metric_name(item) or 'none'}" for key, item in value.items()
        )
    if isinstance(value, (list, tuple)):
        return ", ".join(loss_or_metric_name(item) or "none" for item in value)
    function = read_attribute(value, "fn")
    if type(value).__name__ in ("LossFunctionWrapper", "MeanMetricWrapper") and function:
        return function_name(function)
    return function_name(value)


def function_name(value: Any) -> str:
    """Return the name of a function, or the class name of another object."""
    if isinstance(value, type):
        return value.__name__
    inner = read_attribute(value, "func")
    if inner is not None and type(value).__name__ == "partial":
        return function_name(inner)
    name = getattr(value, "__name__", None) if callable(value) else None
    if not isinstance(name, str):
        return type(value).__name__
    return "lambda" if name == "<lambda>" else name


def activation_name(layer: Any) -> str | None:
    """Return the name of the activation of ``layer``; None when it has none or a linear one."""
    value = read_attribute(layer, "activation")
    if value is None or not (callable(value) or isinstance(value, str)):
        return None
    name = loss_or_metric_name(value)
    return None if name == "linear" else name


def layer_name(layer: Any) -> str:
    """Return the name of ``layer``; its class name where the user's class overrides ``name``."""
    name = read_attribute(layer, "name")
    return name if isinstance(name, str) else class_name(type(layer))


def policy_name(layer: Any) -> str:
    """Return the name of the dtype policy of ``layer``; "" where there is none."""
    policy = read_attribute(layer, "_dtype_policy")
    path = read_attribute(layer, "_path")
    if is_a(policy, keras.dtype_policies.DTypePolicyMap):
        policy = policy[path] if path else policy.default_policy
    return str(policy.name) if policy is not None else ""


def quoted_list(names: list[str], shown: int = 3) -> str:
    """Return ``names`` quoted, as a list in a sentence, shortened when there are many."""
    first = [f"'{name}'" for name in names[:shown]]
    if len(names) > shown:
        return t("%1 and %2 more", ", ".join(first), f"{len(names) - shown:,}")
    return t("%1 and %2", ", ".join(first[:-1]), first[-1]) if len(first) > 1 else first[0]
