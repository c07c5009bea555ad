"""Find the names that the layers of a model must be given, and those that a program must write.

A program need not write names that Keras chose, nor those that it would choose in a fresh process.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras.src.utils.naming import to_snake_case

from kwidgets.builder import convert
from kwidgets.builder.spec import AutomaticName, LayerSpec, ModelSpec, ObjectSpec
from kwidgets.dry_run import fresh_names, weightless
from kwidgets.lazy_tensorflow import config_of


def with_needed_names(spec: ModelSpec) -> ModelSpec:
    """Return the spec with only those names that a program must write."""
    return with_unique_names(_without_needless_names(_without_marked_names(spec)))


def model_name(spec: ModelSpec) -> str:
    """Return the model's name; an automatic one counts the blocks, which Keras makes first."""
    if spec.name is not None:
        return spec.name
    blocks = sum(
        entry.enabled and entry.children is not None and "name" not in entry.arguments
        for entry in spec.walk()
    )
    return f"sequential_{blocks}" if blocks else "sequential"


def _without_marked_names(spec: ModelSpec) -> ModelSpec:
    """Remove the names that Keras chose for the user's objects."""
    bare = _map_objects(spec, lambda entry: convert.without_marked_names(entry.object))
    return dataclasses.replace(
        bare,
        name=None if isinstance(spec.name, AutomaticName) else spec.name,
        input=convert.without_marked_names(ObjectSpec("", spec.input)).arguments
        if spec.input
        else spec.input,
    )


def _without_needless_names(spec: ModelSpec) -> ModelSpec:
    """Remove the names that Keras would choose by itself."""
    bare = _map_objects(spec, lambda entry: convert.without_automatic_names(entry.object))
    if convert.looks_automatic(spec.name, keras.Sequential):
        bare = dataclasses.replace(bare, name=None)
    if spec.input and convert.looks_automatic(spec.input.get("name"), keras.layers.InputLayer):
        arguments = {key: value for key, value in spec.input.items() if key != "name"}
        bare = dataclasses.replace(bare, input=arguments)
    if bare == spec:
        return spec
    wanted = _configs_in_fresh_process(spec)
    keep: set[str] = set()
    while True:
        tried = _with_names_of(spec, bare, keep)
        found = _configs_in_fresh_process(tried)
        differing = {uid for uid in wanted if uid not in keep and wanted[uid] != found[uid]}
        if not differing:
            return tried
        keep |= differing


def with_unique_names(spec: ModelSpec) -> ModelSpec:
    """Name the layers for which Keras would choose the name of another layer."""
    named = ["name" in entry.arguments or entry.object.live is not None for entry in spec.walk()]
    if all(named) or not any(named):
        return spec
    configs = _configs_in_fresh_process(spec)

    def name_of(entry: LayerSpec) -> str | None:
        found = configs.get(entry.uid)
        return found.get("name") if isinstance(found, Mapping) else None

    stacks = [spec.layers, *(entry.children or () for entry in spec.walk())]
    for stack in stacks:
        enabled = [entry for entry in stack if entry.enabled]
        counts = collections.Counter(name_of(entry) for entry in enabled)
        for entry in enabled:
            name = name_of(entry)
            if name is None or counts[name] < 2 or "name" in entry.arguments:
                continue
            if entry.object.live is not None:
                continue  # an existing object keeps its name
            new = _free_name(entry, set(counts))
            counts[new] += 1
            spec = spec.update(entry.uid, _set_name(new))
    return spec


def _set_name(name: str) -> Callable[[ObjectSpec], ObjectSpec]:
    return lambda spec: spec.with_argument("name", name)


def _free_name(entry: LayerSpec, taken: set[str | None]) -> str:
    base = to_snake_case(entry.title)
    number = 1
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"


_MODEL, _INPUT = "model", "input"


def _with_names_of(named: ModelSpec, bare: ModelSpec, keep: set[str]) -> ModelSpec:
    """Return ``bare`` with the names that the parts in ``keep`` have in ``named``."""
    by_uid = {entry.uid: entry.object for entry in named.walk()}
    spec = _map_objects(
        bare, lambda entry: by_uid[entry.uid] if entry.uid in keep else entry.object
    )
    return dataclasses.replace(
        spec,
        name=named.name if _MODEL in keep else bare.name,
        input=named.input if _INPUT in keep else bare.input,
    )


def _configs_in_fresh_process(spec: ModelSpec) -> dict[str, Any]:
    """Return the config of each part, made in the order of a program in a fresh process."""
    configs: dict[str, Any] = {}

    def make(entry: LayerSpec) -> None:
        if not entry.enabled:
            configs.update(dict.fromkeys((within.uid for within in entry.walk()), None))
            return
        for child in entry.children or ():
            make(child)
        try:
            if entry.children is not None:
                block = convert.make_layer(dataclasses.replace(entry, children=()))
                configs[entry.uid] = {"name": block.name}
            elif entry.object.live is not None:
                configs[entry.uid] = {"name": entry.object.live.value.name}
            else:
                configs[entry.uid] = config_of(convert.make_object(entry.object))
        except Exception as error:
            configs[entry.uid] = str(error)

    with fresh_names(), weightless(on_meta=False):
        if spec.input is not None:
            try:
                configs[_INPUT] = convert.make_input(spec.input).name
            except Exception as error:
                configs[_INPUT] = str(error)
        for entry in spec.layers:
            make(entry)
        try:
            configs[_MODEL] = keras.Sequential(name=spec.name).name
        except Exception as error:
            configs[_MODEL] = str(error)
    return configs


def _map_objects(spec: ModelSpec, change: Callable[[LayerSpec], ObjectSpec]) -> ModelSpec:
    def visit(entry: LayerSpec) -> LayerSpec:
        entry = dataclasses.replace(entry, object=change(entry))
        if entry.children is None:
            return entry
        return dataclasses.replace(entry, children=tuple(visit(child) for child in entry.children))

    return dataclasses.replace(spec, layers=tuple(visit(entry) for entry in spec.layers))
