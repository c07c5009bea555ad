"""Write what was done to a fit in its live view as statements of the builder's program."""

from __future__ import annotations

from collections.abc import Mapping

from kwidgets.builder.code.expression_writer import ExpressionWriter
from kwidgets.builder.code.formatting import Call, format_expression
from kwidgets.builder.spec import ModelSpec, ObjectSpec, Value, Variable
from kwidgets.language import t
from kwidgets.record.replay.recorded_fit import RecordedFit
from kwidgets.record.replay.source import write_parts

_NAMES = {"HeldLearningRate", "Replay", "hold", "replay"}


def replay_statements(
    writer: ExpressionWriter, spec: ModelSpec, variable: str, fit: RecordedFit
) -> tuple[list[str], Mapping[str, Value]]:
    """Return the statements before the call of fit, and its arguments.

    Args:
        writer: gets the definitions and imports that the statements need.
        spec: the model, with the arguments of compile and fit.
        variable: the name of the model in the program.
        fit: what was done.
    """
    parts = write_parts([fit])
    if parts.is_empty:
        return [], spec.fit
    if _NAMES & (writer.data_names | set(writer.sources.definitions)):
        writer.sources.notes.append(
            t("What was done to the last fit is omitted: your code uses the names that it needs.")
        )
        return [], spec.fit
    (callback,), (hold,) = parts.callbacks, parts.holds
    schedule = _schedule(spec)
    if hold is not None and schedule is None:
        return [], spec.fit
    for text in parts.definitions:
        writer.sources.definitions[text.split("(")[0].split()[-1]] = f"{text}\n"
    writer.imports.update(line.strip() for line in parts.imports)
    comment = "".join(f"# {line}\n" for line in parts.comment)
    statements = [*parts.callback_statements]
    if hold is not None and schedule is not None:
        call = Call(f"{hold}(", (("", writer.object(schedule)),), ")")
        target = f"{variable}.optimizer.learning_rate = "
        statements.append(target + format_expression(call, 0, len(target)))
    arguments = dict(spec.fit)
    if callback is not None:
        # Where the builder's live view is.
        arguments["callbacks"] = (*_callbacks(spec), Variable(callback))
    return [comment + "\n".join(statements)], arguments


def _callbacks(spec: ModelSpec) -> tuple[Value, ...]:
    callbacks = spec.fit.get("callbacks") or ()
    return tuple(callbacks) if isinstance(callbacks, tuple | list) else ()


def _schedule(spec: ModelSpec) -> ObjectSpec | None:
    """Return the schedule of the optimizer, or None if it is none that can be written."""
    optimizer = (spec.compile or {}).get("optimizer")
    while isinstance(optimizer, ObjectSpec) and "inner_optimizer" in optimizer.arguments:
        optimizer = optimizer.arguments["inner_optimizer"]
    rate = optimizer.arguments.get("learning_rate") if isinstance(optimizer, ObjectSpec) else None
    return rate if isinstance(rate, ObjectSpec) else None
