"""Build models from the configurations of Sequential and functional models of any Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import ImportedLayer
from kwidgets.formats.keras_files import call_tensors, masks, nodes, values
from kwidgets.formats.keras_files.builder_helpers import (
    call_arguments,
    different,
    failure,
    joined_slot,
)
from kwidgets.formats.keras_files.inputs import first_input, input_of_layer
from kwidgets.formats.keras_files.makers import make_part
from kwidgets.formats.keras_files.origin import Origin
from kwidgets.formats.keras_files.parts import MODELS, CutError, OldLayer, Part
from kwidgets.formats.keras_files.rebuilt import Rebuilt, Slot
from kwidgets.formats.keras_files.shared_layers import second_place, shared_id
from kwidgets.language import Message, message, t, translated

# Deeper than any real model; a hostile file could nest models until Python's stack ends.
_MOST_NESTED = 16
_MOST_LAYERS = 100_000


class Builder:
    """Builds one model; models inside have builders of their own.

    Args:
        origin: which Keras wrote the file.
        shapes: of the arrays of each layer in the file, by the layer's name.
        depth: in how many models this one stands.
        shared: layers made so far that stand in several models, by "shared_object_id", class and
            name; the models around fill it too.
    """

    def __init__(
        self,
        origin: Origin,
        shapes: Mapping[str, tuple[tuple[int, ...], ...]] | None,
        depth: int = 0,
        shared: set[tuple[str, str, str]] | None = None,
    ) -> None:
        self._origin = origin
        self._shapes = shapes
        self._depth = depth
        self._names: dict[str, str] = {}
        self._parts: dict[str, Part] = {}
        self._reports: dict[str, ImportedLayer] = {}
        self._cut: set[str] = set()
        self._notes: list[Message] = []
        self._shared = set() if shared is None else shared
        #: Whether a merge joined masks otherwise than Keras 3 does.
        self.joined_masks = False
        if depth > _MOST_NESTED:
            raise FormatError(
                t("The model's configuration nests more than %1 models.", _MOST_NESTED)
            )

    def build(self, model_config: Any, input_shapes: Any = None) -> Rebuilt:
        """Return the model of ``{"class_name": ..., "config": ...}``.

        Args:
            model_config: the configuration.
            input_shapes: KerasTensors like the first inputs, for a model that does not say them.

        Raises:
            FormatError: it is damaged, or nothing of it can be converted.
        """
        outer = values.mapping(model_config, "model_config")
        class_name = values.text(outer.get("class_name"), "class_name")
        config = outer.get("config")
        name = config.get("name") if isinstance(config, Mapping) else None
        name = name if isinstance(name, str) and name else None
        if isinstance(config, Mapping) and "layers" in config:
            layers = values.items(config["layers"], "layers")
        else:
            layers = values.items(config, "layers")
        if len(layers) > _MOST_LAYERS:
            raise FormatError(t("The model's configuration has %1 layers.", len(layers)))
        if class_name.rpartition(">")[2] == "Sequential":
            shape = config.get("build_input_shape") if isinstance(config, Mapping) else None
            return self._sequential(layers, name, shape, input_shapes)
        if isinstance(config, Mapping) and "input_layers" in config:
            return self._functional(layers, config, name)
        raise FormatError(
            t(
                "The file's model is of the class “%1”, whose layers the file does not connect. "
                "Build it in Python, and load the weights into it.",
                class_name,
            )
        )

    def _old_layer(self, entry: Any) -> OldLayer:
        layer = values.mapping(entry, "layers")
        class_name = values.text(layer.get("class_name"), "class_name")
        config = layer.get("config")
        if class_name not in MODELS:
            config = values.mapping(config, "config")
        settings = config if isinstance(config, Mapping) else {}
        name = layer.get("name") or settings.get("name")
        if not isinstance(name, str) or not name:
            name = self._free_name(class_name.lower())
        shapes = None if self._shapes is None else self._shapes.get(name)
        return OldLayer(
            name,
            self._keras_name(name),
            class_name,
            config if isinstance(config, Mapping) else {"layers": config},
            self._origin,
            shapes,
            shared_id=shared_id(layer, settings),
        )

    def _free_name(self, stem: str) -> str:
        count = 1
        while f"{stem}_{count}" in self._names:
            count += 1
        return f"{stem}_{count}"

    def _keras_name(self, name: str) -> str:
        """Return a name without the characters that Keras refuses, and note it."""
        if name in self._names:
            return self._names[name]
        taken = set(self._names.values())
        found = stem = name.replace("/", "_")
        count = 1
        while found in taken:
            found, count = f"{stem}_{count}", count + 1
        self._names[name] = found
        return found

    # Sequential

    def _sequential(
        self, entries: list[Any], name: str | None, build_shape: Any, input_shapes: Any
    ) -> Rebuilt:
        if not entries:
            raise FormatError(t("The file's model has no layers."))
        olds = [self._old_layer(each) for each in entries]
        first = olds[0]
        if first.class_name == "Merge":
            return self._sequential_of_branches(olds, name)
        if first.class_name == "InputLayer":
            tensor = input_of_layer(first)
            self._report(first, "converted", (tensor.name,), ())
            olds = olds[1:]
        elif first.class_name in MODELS and input_shapes is None:
            # The first model inside tells the input.
            part = self._model_part(first, None)
            model = part.layers[0]
            tensor = keras.Input(
                batch_shape=model.inputs[0].shape,
                dtype=model.inputs[0].dtype,
                name=f"{first.keras_name}_input",
            )
            self._parts[first.name] = part
        else:
            tensor = first_input(first, build_shape, input_shapes, self._notes)
        return self._chain(olds, [tensor], tensor, name)

    def _chain(
        self, olds: list[OldLayer], inputs: list[Any], tensor: Any, name: str | None
    ) -> Rebuilt:
        chain: list[Any] | None = []
        is_cut = False
        for old in olds:
            if is_cut:
                self._report(old, "cut", (), (message("It follows a layer that was cut."),))
                self._cut.add(old.name)
                continue
            try:
                part = self._part(old, tensor)
                result = self._call(part, old, tensor, {})
            except CutError as error:
                self._report(old, "cut", (), (error.note,))
                self._cut.add(old.name)
                is_cut = True
                continue
            tensor = result
            self._report(old, part.outcome, part.names, tuple(part.notes))
            chain = [*chain, *part.layers] if chain is not None and part.is_chain else None
        if not self._parts:
            raise FormatError(self._nothing_left())
        if chain and len(inputs) == 1 and len(set(map(id, chain))) == len(chain):
            model = keras.Sequential([inputs[0], *chain], name=name)
        else:
            model = _model(inputs, [tensor], name)
        return self._rebuilt(model)

    def _sequential_of_branches(self, olds: list[OldLayer], name: str | None) -> Rebuilt:
        """Return a Sequential of Keras 1 that begins with a Merge of other models."""
        first = olds[0]
        branches = values.items(first.config.get("layers"), "layers")
        inputs, outputs = [], []
        inner_slots: dict[str, Slot] = {}
        notes: list[Message] = []
        for branch in branches:
            builder = Builder(self._origin, self._shapes, self._depth + 1, self._shared)
            settings = values.mapping(branch, "layers")
            if settings.get("class_name") not in MODELS:
                settings = {"class_name": "Sequential", "config": [settings]}
            rebuilt = builder.build(settings)
            if rebuilt.cut:
                raise FormatError(
                    t(
                        "The model merges branches, and one has a layer that cannot be "
                        "converted: %1.",
                        ", ".join(sorted(rebuilt.cut)),
                    )
                )
            inputs += rebuilt.model.inputs
            outputs += rebuilt.model.outputs
            inner_slots.update(rebuilt.slots)
            for layer in rebuilt.layers:
                self._reports.setdefault(layer.name, layer)
            notes += rebuilt.notes
        self._notes += notes
        part = make_part(first, outputs, self._model_part)
        merged = part(outputs, {})
        masks.join_as_before(first, outputs, merged)
        part.inner_slots = inner_slots
        self._parts[first.name] = part
        self._report(first, part.outcome, part.names, tuple(part.notes))
        return self._chain(olds[1:], inputs, merged, name)

    # Functional

    def _functional(
        self, entries: list[Any], config: Mapping[str, Any], name: str | None
    ) -> Rebuilt:
        olds = {}
        for entry in entries:
            old = self._old_layer(entry)
            if old.name in olds:
                raise FormatError(t("The file's model has two layers called “%1”.", old.name))
            olds[old.name] = old
        known = frozenset(olds)
        waiting = [
            call
            for entry, old in zip(entries, olds.values(), strict=True)
            for call in nodes.calls(old.name, entry.get("inbound_nodes", []), known)
        ]
        tensors: dict[tuple[str, int], Any] = {}
        inputs: dict[str, Any] = {}
        for old in olds.values():
            if old.class_name == "InputLayer":
                tensor = input_of_layer(old)
                inputs[old.name] = tensors[old.name, 0] = tensor
                self._report(old, "converted", (old.keras_name,), ())
        offsets = call_tensors.call_offsets(waiting, config, olds)
        frontier = self._run(waiting, olds, tensors, offsets)
        named = [
            each for each in nodes.outputs_of(config.get("input_layers")) if each.layer in inputs
        ]
        model_inputs = [inputs[each.layer] for each in named]
        outputs, lost = [], []
        for reference in nodes.outputs_of(config.get("output_layers")):
            found = call_tensors.find_tensor(reference, tensors, offsets)
            if found is None:
                lost.append(reference.layer)
            else:
                outputs.append(found)
        if lost:
            known_outputs = [*outputs, *model_inputs]
            outputs += [each for each in frontier if not any(each is one for one in known_outputs)]
        if not outputs or not model_inputs or (lost and not self._parts):
            raise FormatError(self._nothing_left())
        for key, what in (("input_layers", "inputs"), ("output_layers", "outputs")):
            given = config.get(key)
            if isinstance(given, Mapping):
                self._notes.append(
                    message(
                        "Its %1 were a dictionary with the keys %2; they became a list in this "
                        "order.",
                        what,
                        ", ".join(map(str, given)),
                    )
                )
        model = _model(model_inputs, outputs, name)
        # In the order of the file.
        self._reports = {each: self._reports[each] for each in olds if each in self._reports}
        return self._rebuilt(model)

    def _run(
        self,
        waiting: list[nodes.Call],
        olds: Mapping[str, OldLayer],
        tensors: dict[tuple[str, int], Any],
        offsets: Mapping[str, int],
    ) -> list[Any]:
        """Make all calls whose inputs are known; return what the layers that were cut would take.

        The file's order is nearly always one in which each call's inputs come first.
        """
        frontier: list[Any] = []
        while waiting:
            later = []
            for call in waiting:
                needed = [*nodes.references(call.inputs), *nodes.references(call.kwargs)]
                for reference in needed:
                    if reference.layer not in olds:
                        raise FormatError(
                            t(
                                "The model's configuration is damaged: “%1” takes the output of "
                                "“%2”, which is not there.",
                                call.layer,
                                reference.layer,
                            )
                        )
                old = olds[call.layer]
                if any(each.layer in self._cut for each in needed):
                    if old.name not in self._cut:
                        note = message("It follows a layer that was cut.")
                        self._report(old, "cut", (), (note,))
                        self._cut.add(old.name)
                    frontier += call_tensors.known_tensors(needed, tensors, offsets)
                    continue
                if any(call_tensors.find_tensor(each, tensors, offsets) is None for each in needed):
                    later.append(call)
                    continue
                if old.name in self._cut:
                    continue
                inputs = call_tensors.filled(call.inputs, tensors, offsets)
                try:
                    part = self._part(old, inputs)
                    kwargs = call_tensors.filled(call.kwargs, tensors, offsets)
                    tensors[old.name, call.index] = self._call(part, old, inputs, kwargs)
                except CutError as error:
                    self._report(old, "cut", (), (error.note,))
                    self._cut.add(old.name)
                    frontier += call_tensors.known_tensors(needed, tensors, offsets)
                    continue
                self._report(old, part.outcome, part.names, tuple(part.notes))
            if len(later) == len(waiting):
                raise FormatError(
                    t(
                        "The model's configuration is damaged: “%1” waits for an output that no "
                        "layer gives.",
                        later[0].layer,
                    )
                )
            waiting = later
        return frontier

    # Both

    def _part(self, old: OldLayer, inputs: Any) -> Part:
        part = self._parts.get(old.name)
        shared = (old.shared_id, old.class_name, old.name)
        if part is None:
            try:
                part = make_part(old, inputs, self._model_part)
            except FormatError:
                raise
            except Exception as error:
                raise CutError(failure(old, error)) from error
            self._parts[old.name] = part
            # Keras 3 cannot load a file in which a layer stands in two models: each gets its own.
            if old.shared_id and shared in self._shared:
                part.notes.append(second_place())
                part.outcome = "guessed"
            elif old.shared_id:
                self._shared.add(shared)
        return part

    def _call(self, part: Part, old: OldLayer, inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        try:
            outputs = part(inputs, call_arguments(kwargs))
            masks.join_as_before(old, inputs, outputs)
        except Exception as error:
            self._parts.pop(old.name, None)
            raise CutError(failure(old, error)) from error
        self.joined_masks |= masks.masks_differ(inputs) and masks.joins(old)
        note = masks.difference(old, inputs)
        if note is not None and note not in part.notes:
            part.notes.append(note)
            part.outcome = "guessed"
        return outputs

    def _model_part(self, old: OldLayer, inputs: Any) -> Part:
        """Return the part of a model inside this one."""
        config: Any = old.config
        if set(config) == {"layers"}:
            config = config["layers"]
        shapes = None
        builder = Builder(self._origin, shapes, self._depth + 1, self._shared)
        rebuilt = builder.build({"class_name": old.class_name, "config": config}, inputs)
        if rebuilt.cut:
            inner = next(each for each in rebuilt.layers if each.name in rebuilt.cut)
            raise CutError(
                message(
                    "The model “%1” has a layer that cannot be converted, “%2”: %3",
                    old.name,
                    inner.name,
                    inner.notes[0] if inner.notes else "",
                )
            )
        model = rebuilt.model
        model.name = old.keras_name
        notes = [
            message("%1: %2", each.name, note) for each in rebuilt.layers for note in each.notes
        ]
        is_guess = any(each.outcome == "guessed" for each in rebuilt.layers)
        if builder.joined_masks and masks.any_mask(model.outputs):
            notes.append(masks.lost_behind(old.name))
            is_guess = True
        return Part(
            [model],
            notes=notes,
            outcome="guessed" if is_guess else "repaired" if notes else "converted",
            slot_of=joined_slot(list(rebuilt.slots.values())),
            inner_slots=rebuilt.slots,
        )

    def _report(
        self, old: OldLayer, outcome: Any, names: tuple[str, ...], notes: tuple[Message, ...]
    ) -> None:
        found = ImportedLayer(old.name, old.class_name, outcome, names, different(notes))
        before = self._reports.get(old.name)
        # A later call may add a note.
        if before is None or outcome == "cut" or len(found.notes) > len(before.notes):
            self._reports[old.name] = found

    def _nothing_left(self) -> str:
        cut = [each for each in self._reports.values() if each.outcome == "cut" and each.notes]
        why = cut[0].notes[0] if cut else message("it has no layers")
        return t("Nothing of the model can be converted: %1", translated(why))

    def _rebuilt(self, model: Any) -> Rebuilt:
        slots: dict[str, Slot] = {}
        for name, part in self._parts.items():
            if name in self._cut:
                continue
            slots.update(part.inner_slots if not part.slot_of else {})
            slots[name] = part.slot()
        order = [name for name in self._reports if name in slots]
        ordered = {name: slots[name] for name in order}
        ordered.update(slots)
        return Rebuilt(
            model,
            self._origin,
            tuple(self._reports.values()),
            ordered,
            tuple(self._notes),
            frozenset(self._cut),
        )


def _model(inputs: list[Any], outputs: list[Any], name: str | None) -> Any:
    masks.make_names_unique(outputs)
    try:
        return keras.Model(
            inputs[0] if len(inputs) == 1 else inputs,
            outputs[0] if len(outputs) == 1 else outputs,
            name=name,
        )
    except Exception as error:
        raise FormatError(
            t("The model's layers are not connected: %1", str(error).strip()[:300])
        ) from error
