"""What became of an export, as plain data: a row for each format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from kwidgets.formats.export.targets import TargetId
from kwidgets.language import Message

# "waiting", "converting", "checking", "measuring": on the way. "done": written, read back by its
# runtime in a new process, and compared. "unproved": written and complete, but it could not be
# compared. "missing": a package is not installed. "failed": nothing was written. "stopped": by the
# user.
Status: TypeAlias = Literal[
    "waiting",
    "converting",
    "checking",
    "measuring",
    "done",
    "unproved",
    "missing",
    "failed",
    "stopped",
]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
ENDED: Final[frozenset[Status]] = frozenset({"done", "unproved", "missing", "failed", "stopped"})


@dataclass(frozen=True)
class Difference:
    """How far the outputs of a file are from those of the model, for the same samples.

    Attributes:
        maximum: the largest absolute difference of all outputs; NaN if one is NaN where the other
            is not, infinity likewise.
        mean: the mean absolute difference.
        scale: the largest absolute output of the model, to judge the differences by.
        same_class: the share of samples for which the same class is the largest, 0 to 1; of the
            output with the lowest share. None where no output has classes.
        num_samples: that were compared.
        output: the name of the output with the largest difference.
    """

    maximum: float
    mean: float
    scale: float
    same_class: float | None
    num_samples: int
    output: str = ""


@dataclass(frozen=True)
class Metric:
    """A metric on the validation data, by the model and by the file.

    Attributes:
        name: as Keras names it, "loss" included.
        model: its value with the predictions of the model.
        export: its value with those of the file.
    """

    name: str
    model: float
    export: float


@dataclass(frozen=True)
class Latency:
    """Time for one sample, with a batch of one.

    Attributes:
        threads: 1, or the number of processors for "all".
        p50_ms, p95_ms: milliseconds.
        runs: how many were timed, after the first ones.
    """

    threads: int
    p50_ms: float
    p95_ms: float
    runs: int


@dataclass(frozen=True)
class ExportRow:
    """What became of one format.

    Attributes:
        target: id of the format.
        title: its name.
        status: how far it is.
        path: the file or folder; None if there is none.
        num_bytes: of the file, or of all files of the folder.
        difference: None if it was not compared.
        metrics: on the validation data; empty without them.
        latency: with one thread first, then with all.
        lost: what the file does not have, such as the optimizer or any batch size.
        notes: what else is to be said, such as other names of inputs.
        problem: why it failed, or was not compared.
        install: the pip line of what is missing, or "".
        code: a program that writes it without kwidgets.
        run_code: a program that reads and runs it without kwidgets and, where possible, Keras.
        seconds: that it took.
    """

    target: TargetId
    title: str
    status: Status = "waiting"
    path: str | None = None
    num_bytes: int | None = None
    difference: Difference | None = None
    metrics: tuple[Metric, ...] = ()
    latency: tuple[Latency, ...] = ()
    lost: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()
    problem: Message | None = None
    install: str = ""
    code: str = ""
    run_code: str = ""
    seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED


@dataclass(frozen=True)
class ExportFacts:
    """All rows of an export, and what they were measured with.

    Attributes:
        model_name: of the model.
        folder: where the files are.
        rows: one a target, in the order in which they are made.
        samples_from: where the compared samples come from.
        num_samples: that are compared.
        validation_from: where the validation data come from; None without any.
        num_validation: validation samples that the metrics are computed on.
        metrics: names and values of the model itself on these.
        notes: what concerns all formats.
        state: of the whole.
        step: what is being done now; None when nothing is.
        seconds: since it was started.
    """

    model_name: str
    folder: str
    rows: tuple[ExportRow, ...]
    samples_from: Message
    num_samples: int = 0
    validation_from: Message | None = None
    num_validation: int = 0
    metrics: tuple[tuple[str, float], ...] = ()
    notes: tuple[Message, ...] = field(default=())
    state: Literal["running", "done", "stopped"] = "running"
    step: Message | None = None
    seconds: float = 0.0
