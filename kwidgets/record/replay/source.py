"""Write recorded fits as the source of a Keras callback, and of a schedule if there was one."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from kwidgets.record.replay.recorded_fit import Key, RecordedFit

_WIDTH = 88

_CALLBACK = '''\
class Replay(keras.callbacks.Callback):
    """Set the learning rate and stop, as was done in a recorded fit.

    Args:
        learning_rates: the rates by (epoch, batch), counted from 0. Each is set before
            that batch, or at the "begin" or the "end" of the epoch.
        stop: where the fit was stopped, after that batch; None if it was not.
    """

    def __init__(self, learning_rates, stop=None):
        super().__init__()
        self.learning_rates = learning_rates
        self.stop = stop

    def on_train_begin(self, logs=None):
        self.waiting = {*self.learning_rates, self.stop} - {None}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.repeat("begin")

    def on_train_batch_begin(self, batch, logs=None):
        self.repeat(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.repeat("end")

    def on_train_end(self, logs=None):
        if self.waiting:
            warnings.warn(f"not replayed, as the fit was never there: {self.waiting}")

    def repeat(self, place):
        key = self.epoch, place
        if key not in self.waiting:
            return
        self.waiting.remove(key)
        if key in self.learning_rates:
            self.model.optimizer.learning_rate = self.learning_rates[key]
        if key == self.stop:
            self.model.stop_training = True'''

_SCHEDULE = '''\
class HeldLearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that is overridden, as was done in a recorded fit.

    Args:
        schedule: the optimizer's own.
        iterations: the optimizer's iterations at which the rate was changed, ascending.
        rates: the rate from each of them on; 0 stands for the schedule.
    """

    def __init__(self, schedule, iterations, rates):
        self.schedule = schedule
        self.iterations = iterations
        self.rates = rates

    def __call__(self, step):
        passed = keras.ops.greater_equal(step, self.iterations)
        index = keras.ops.sum(keras.ops.cast(passed, "int32"))
        held = keras.ops.take(keras.ops.array([0.0, *self.rates], "float32"), index)
        return keras.ops.where(held > 0, held, self.scheduled(step))

    def scheduled(self, step):
        if isinstance(self.schedule, keras.optimizers.schedules.LearningRateSchedule):
            return self.schedule(step)
        return self.schedule()

    def get_config(self):
        return {
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "iterations": self.iterations,
            "rates": self.rates,
        }

    @classmethod
    def from_config(cls, config):
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(**{**config, "schedule": schedule})'''


@dataclasses.dataclass(frozen=True)
class ReplaySource:
    """The source of a replay, in parts for a program.

    Args:
        imports: the statements that the other parts need.
        comment: says where it comes from and what it needs; lines without "# ".
        definitions: classes, and the functions that override a schedule.
        callback_statements: assign the callbacks.
        callbacks: the variable of each fit's callback; None if it needs none.
        holds: the function that overrides each fit's schedule; None if it needs none.
    """

    imports: tuple[str, ...]
    comment: tuple[str, ...]
    definitions: tuple[str, ...]
    callback_statements: tuple[str, ...]
    callbacks: tuple[str | None, ...]
    holds: tuple[str | None, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be repeated."""
        return not self.definitions


def write_parts(fits: Sequence[RecordedFit]) -> ReplaySource:
    """Return the source that repeats what was done to some fits.

    Args:
        fits: of one model, one after the other.
    """
    groups = _schedule_groups(fits)
    statements: list[str] = []
    definitions: list[str] = []
    if any(_needs_callback(fit) for fit in fits):
        definitions.append(_CALLBACK)
    if groups:
        is_double = any(fit.floatx == "float64" for fit in fits)
        definitions.append(_SCHEDULE.replace("float32", "float64") if is_double else _SCHEDULE)
    callbacks: list[str | None] = []
    for number, fit in enumerate(fits, 1):
        name = _numbered("replay", number, len(fits)) if _needs_callback(fit) else None
        callbacks.append(name)
        if name is not None:
            statements.append(_callback_statement(name, fit))
    holds: list[str | None] = [None] * len(fits)
    for number, (indices, changes) in enumerate(groups, 1):
        name = _numbered("hold", number, len(groups))
        definitions.append(_hold_function(name, changes))
        for index in indices:
            holds[index] = name
    imports = ["import keras"] if definitions else []
    if _CALLBACK in definitions:
        imports.insert(0, "import warnings\n")
    return ReplaySource(
        imports=tuple(imports),
        comment=tuple(_comment(fits)),
        definitions=tuple(definitions),
        callback_statements=tuple(statements),
        callbacks=tuple(callbacks),
        holds=tuple(holds),
    )


def write_replay(fits: Sequence[RecordedFit], optimizer: str = "Adam") -> str:
    """Return a program with all that is needed to repeat what was done to some fits.

    Args:
        fits: of one model, one after the other.
        optimizer: the name of its class, for the comment that shows how to use a schedule.
    """
    parts = write_parts(fits)
    comment = "\n".join(f"# {line}".rstrip() for line in parts.comment)
    if parts.is_empty:
        return f"{comment}\n"
    head = "\n".join([*parts.imports, "", comment])
    tail = "\n".join([*parts.callback_statements, *_usage(parts, optimizer)])
    return "\n\n\n".join([head, *parts.definitions, tail]) + "\n"


def _comment(fits: Sequence[RecordedFit]) -> Iterable[str]:
    for number, fit in enumerate(fits, 1):
        which = f"Fit {number}: " if len(fits) > 1 else ""
        yield from _wrapped(f"{which}{fit.title}")
        for note in fit.notes:
            yield from _wrapped(note)
        if not _needs_callback(fit) and not fit.held:
            yield from _wrapped("Nothing was done to it that changes the training.")
        if fit.stop is not None and fit.interrupted_at is not None:
            yield from _wrapped(
                "It was interrupted (Ctrl-C), which is repeated as a stop: unlike then, the end of "
                "the epoch follows, with validation and callbacks."
            )
        if fit.steps_per_execution != 1:
            yield from _wrapped(
                f"It was compiled with steps_per_execution={fit.steps_per_execution}, which "
                "must be the same."
            )
    yield from _wrapped(
        "Written by kwidgets, not needed to run it. The weights are the same to the last bit if "
        "the model, seed, data, arguments of fit, versions and device are."
    )


def _usage(parts: ReplaySource, optimizer: str) -> Iterable[str]:
    yield "# In your program, in place of these calls:"
    name = optimizer if optimizer.isidentifier() else "Adam"
    for hold in dict.fromkeys(filter(None, parts.holds)):
        yield f"#     model.compile(optimizer=keras.optimizers.{name}({hold}(schedule)), ...)"
    for callback in parts.callbacks:
        if callback is None:
            yield "#     model.fit(...)"
        else:
            yield f"#     model.fit(..., callbacks=[..., {callback}])"
    if any(parts.callbacks):
        yield "# The callback belongs where LivePlot was; without one, at the end of the list."


def _needs_callback(fit: RecordedFit) -> bool:
    return bool(fit.rates) or fit.stop is not None


def _schedule_groups(
    fits: Sequence[RecordedFit],
) -> list[tuple[list[int], dict[int, str]]]:
    """Return the fits that share an optimizer's schedule, with its changes by iteration."""
    groups: list[tuple[list[int], dict[int, str]]] = []
    count = -1
    for index, fit in enumerate(fits):
        begin = fit.iterations or 0
        if not fit.has_schedule or not groups or begin < count:
            groups.append(([], {}))
        indices, changes = groups[-1]
        if not fit.has_schedule:
            count = -1
            continue
        if changes and [*changes.values()][-1] != "0.0":
            # The end of a fit ends what overrides the schedule.
            changes[begin] = "0.0"
        indices.append(index)
        changes.update(fit.held)
        count = max([begin, *changes])
    return [(indices, changes) for indices, changes in groups if changes]


def _callback_statement(name: str, fit: RecordedFit) -> str:
    rates = [f"{_format_key(key)}: {rate}" for key, rate in fit.rates.items()]
    stop = [] if fit.stop is None else [f"stop={_format_key(fit.stop)}"]
    inside = ", ".join(["{" + ", ".join(rates) + "}", *stop])
    line = f"{name} = Replay({inside})"
    if len(line) <= _WIDTH:
        return line
    if not rates or len(inside) + 4 <= _WIDTH:
        return f"{name} = Replay(\n    {inside}\n)"
    return (
        f"{name} = Replay(\n    {{\n"
        + "".join(f"        {rate},\n" for rate in rates)
        + "    }"
        + "".join(f",\n    {each}" for each in stop)
        + (",\n)" if stop else "\n)")
    )


def _hold_function(name: str, changes: Mapping[int, str]) -> str:
    return (
        f"def {name}(schedule):\n"
        '    """Return the optimizer\'s schedule, overridden as in the recorded fit."""\n'
        "    return HeldLearningRate(\n        schedule,\n"
        f"        iterations={_format_list(map(str, changes))},\n"
        f"        rates={_format_list(changes.values())},\n"
        "    )"
    )


def _format_list(items: Iterable[str]) -> str:
    items = list(items)
    line = f"[{', '.join(items)}]"
    if len(line) <= _WIDTH - len("        iterations=,"):
        return line
    return "[\n" + "".join(f"            {item},\n" for item in items) + "        ]"


def _format_key(key: Key) -> str:
    epoch, place = key
    return f"({epoch}, {place})" if isinstance(place, int) else f'({epoch}, "{place}")'


def _numbered(name: str, number: int, of: int) -> str:
    return name if of == 1 else f"{name}_{number}"


def _wrapped(text: str) -> list[str]:
    # A name may have line breaks, which would end the comment, and backticks, which would end the
    # code where Markdown shows it.
    return textwrap.wrap(
        " ".join(text.replace("`", "'").split()), _WIDTH - 2, break_on_hyphens=False
    )
