"""Writes a spec as a Python program that makes the same model without kwidgets."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence

from kwidgets.builder import catalog
from kwidgets.builder.code.expression_writer import ExpressionWriter
from kwidgets.builder.code.fit_replay import replay_statements
from kwidgets.builder.code.formatting import format_expression
from kwidgets.builder.code.imports import assigned_names, sorted_imports, split_imports
from kwidgets.builder.convert import frozen_layers
from kwidgets.builder.convert.layer_names import with_needed_names
from kwidgets.builder.spec import ModelSpec, ObjectSpec, Value, Variable
from kwidgets.record.replay.recorded_fit import RecordedFit

# Arguments of compile that are usually written as lists.
_LIST_ARGUMENTS = ("metrics", "weighted_metrics")

# Arguments of compile that are usually written as identifiers if they have only defaults: "adam".
_IDENTIFIER_SECTIONS = {"optimizer": "optimizers", "loss": "losses"}


@dataclasses.dataclass(frozen=True)
class Source:
    """A program.

    Args:
        text: the program.
        notes: what the program lacks, each a sentence.
    """

    text: str
    notes: tuple[str, ...] = ()


def to_code(
    spec: ModelSpec,
    data: str | None = None,
    variable: str = "model",
    fit: RecordedFit | None = None,
) -> Source:
    """Return the source of a model, with compile and fit if they are set.

    Args:
        spec: the model; layers that are switched off are omitted.
        data: source of the variables that fit takes; None if unknown.
        variable: the name of the model in the program.
        fit: a fit whose learning rates and stop the program repeats; None for none.
    """
    imports, data = split_imports(data or _data_comment(spec.fit))
    writer = ExpressionWriter(data_names=assigned_names(data))
    parts = _model_statements(writer, spec, variable, "keras.Sequential")
    if spec.fit.get("x") is None:
        return _assemble(writer, parts)
    arguments = spec.fit
    if fit is not None:
        steps, arguments = replay_statements(writer, spec, variable, fit)
        parts += steps
    parts.append(format_expression(writer.fit(variable, arguments), 0, 0))
    writer.imports |= imports
    return _assemble(writer, parts, data)


def restoring_code(spec: ModelSpec, variable: str = "builder") -> str:
    """Return the source that creates and shows a builder with the same model, compiled alike."""
    writer = ExpressionWriter()
    writer.imports.add("import kwidgets as kw")
    parts = _model_statements(writer, spec, variable, "kw.SequentialBuilder")
    return _assemble(writer, [*parts, variable]).text.rstrip()


def _model_statements(
    writer: ExpressionWriter, spec: ModelSpec, variable: str, constructor: str
) -> list[str]:
    spec = with_needed_names(spec)
    # One line after the model freezes all layers.
    by_assignment = not spec.trainable and all(map(frozen_layers.is_frozen, spec.layers))
    if by_assignment:
        spec = frozen_layers.assign_trainable(spec, True)
    model = format_expression(writer.sequential(spec, constructor), 0, len(variable) + 3)
    parts = [f"{variable} = {model}"]
    if by_assignment:
        parts[0] += f"\n{variable}.trainable = False"
    if spec.compile is not None:
        arguments = {name: usual_form(name, value) for name, value in spec.compile.items()}
        compile_call = writer.call(f"{variable}.compile", (), arguments)
        parts.append(format_expression(compile_call, 0, 0))
    return parts


def usual_form(name: str, value: Value) -> Value:
    """Return an argument of compile as it is usually written."""
    if name in _LIST_ARGUMENTS and isinstance(value, tuple):
        return list(value)
    if not isinstance(value, ObjectSpec) or name not in _IDENTIFIER_SECTIONS:
        return value
    if value.arguments or value.live is not None or value.from_config:
        return value
    return catalog.identifier_of(value.class_name, _IDENTIFIER_SECTIONS[name]) or value


def _assemble(writer: ExpressionWriter, parts: Sequence[str], data: str = "") -> Source:
    """Return the program: imports, definitions and data before the statements that need them."""
    sources = writer.sources
    definitions = [*_group_assignments(text for text in sources.definitions.values() if text)]
    constants, rest = writer.constants, "\n\n".join(parts)
    blocks = ["\n".join(sorted_imports(sources.imports | writer.imports))]
    if writer.data_names & set(sources.definitions):
        # The data's cells assign names that the model's functions use, so the functions come last.
        blocks += [data, *definitions, *constants, rest]
    else:
        blocks += [*definitions, *constants, f"{data}\n\n{rest}" if data else rest]
    text = blocks[0]
    for before, block in itertools.pairwise(blocks):
        # PEP 8: two empty lines around functions and classes.
        apart = "\n\n\n" if _is_definition(before) or _is_definition(block) else "\n\n"
        text += apart + block
    return Source(text + "\n", tuple(dict.fromkeys(sources.notes)))


def _group_assignments(definitions: Iterable[str]) -> list[str]:
    """Join consecutive assignments into one paragraph."""
    groups: list[str] = []
    for text in definitions:
        if groups and not _is_definition(text) and not _is_definition(groups[-1]):
            groups[-1] += "\n" + text
        else:
            groups.append(text)
    return groups


def _is_definition(text: str) -> bool:
    return text.startswith(("def ", "class ", "async def ", "@"))


def _data_comment(arguments: Mapping[str, Value]) -> str:
    names = [value.name for value in arguments.values() if isinstance(value, Variable)]
    return f"# {', '.join(dict.fromkeys(names))}: your data, loaded before."
