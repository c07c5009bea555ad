"""What a model card says, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

#: Name and value of a setting, as text.
Setting = tuple[str, str]


@dataclass(frozen=True)
class CardFacts:
    """What is known of a model; empty where nothing is.

    Attributes:
        name: of the model.
        class_name: such as "Sequential".
        parameters: and those that training changes; None if unknown.
        inputs, outputs: name, shape and type.
        layers: name, class, output shape and parameters of each.
        data: names and descriptions.
        training: settings and facts, from its record.
        run: id of the recorded run, "" without.
        run_is_guessed: whether the run was found by the same architecture.
        metrics: name, last values in training and validation, best value and where, value of an
            evaluation; "" where there is none.
        confusion: rows true class, columns predicted class; None if unknown.
        class_names: of these.
        confusion_from: the data of the confusion matrix.
        exports: rows of the table of formats.
        file: what the code loads.
        run_code: a program that reads and runs the file, if it is not a Keras file.
    """

    name: str
    class_name: str
    parameters: tuple[int, int] | None = None
    inputs: tuple[tuple[str, str, str], ...] = ()
    outputs: tuple[tuple[str, str, str], ...] = ()
    layers: tuple[tuple[str, str, str, str], ...] = ()
    data: tuple[Setting, ...] = ()
    training: tuple[Setting, ...] = ()
    run: str = ""
    run_is_guessed: bool = False
    metrics: tuple[tuple[str, str, str, str, str], ...] = ()
    confusion: Sequence[Sequence[int]] | None = None
    class_names: tuple[str, ...] = ()
    confusion_from: str = ""
    exports: tuple[tuple[str, ...], ...] = field(default=())
    file: str = "model.keras"
    run_code: str = ""
