"""A solver.prototxt: the optimizer, its learning rates, and how long to train."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import keras

from kwidgets.formats.caffe.conversion import Decay
from kwidgets.formats.caffe.errors import invalid
from kwidgets.formats.caffe.net import read_text
from kwidgets.formats.caffe.node import Node
from kwidgets.formats.caffe.schedules import InverseDecay, SigmoidDecay
from kwidgets.formats.errors import FormatError
from kwidgets.language import Message, message, t

# Names of SolverParameter.SolverType; the place is the number.
_TYPES = ("SGD", "NESTEROV", "ADAGRAD", "RMSPROP", "ADADELTA", "ADAM")
_POLICIES = "fixed, step, exp, inv, multistep, poly, sigmoid"
_MAX_BOUNDARIES = 10_000
# How many folders above the solver's a path may begin: Caffe's are relative to its checkout.
_MAX_PARENTS = 6


@dataclass(frozen=True)
class Solver:
    """How Caffe would train the net.

    Attributes:
        optimizer: one of Keras, with its learning rates. The model is compiled with another one of
            the same settings if the net has a loss.
        decay: the weight decay: regularizers of the layers.
        max_iter: for how many of Caffe's steps; 0 if the file does not say.
        test_interval: after how many steps Caffe tests the net, or 0.
        loss: of each output of the model; None if the net has none that Keras has.
        notes: what differs from Caffe.
    """

    optimizer: Any
    decay: Decay | None
    max_iter: int
    test_interval: int
    loss: Any = None
    notes: tuple[Message, ...] = ()


def read_solver(fields: Node) -> Solver:
    """Return what a solver says.

    Raises:
        FormatError: a setting is none.
    """
    notes: list[Message] = []
    try:
        optimizer = _optimizer(fields, _schedule(fields, notes), notes)
    except FormatError:
        raise
    except (ArithmeticError, TypeError, ValueError) as error:
        # Keras refuses a setting.
        raise FormatError(t("The solver cannot be converted: %1", str(error)[:200])) from error
    decay = fields.number("weight_decay", 0.0)
    kind = fields.text("regularization_type", "L2").upper()
    if decay < 0 or kind not in ("L1", "L2"):
        raise invalid("weight_decay", f"{kind} {decay}", "L1, L2, ≥ 0")
    return Solver(
        optimizer,
        Decay(decay, kind) if decay else None,
        max(fields.integer("max_iter", 0), 0),
        max(fields.integer("test_interval", 0), 0),
        notes=tuple(notes),
    )


def net_of_solver(fields: Node, folder: Path) -> tuple[Node, Path | None]:
    """Return the prototxt of a solver's net, and its file, None if it is in the solver's.

    Raises:
        FormatError: the file is not found.
    """
    for name in ("test_net_param", "net_param", "train_net_param"):
        if fields.has(name):
            return fields.nodes(name)[0], None
    names = [*fields.texts("net"), *fields.texts("test_net"), *fields.texts("train_net")]
    if not names:
        raise FormatError(t("The solver names no net. Pass the net's prototxt instead."))
    for name in names:
        if (file := _find(name, folder)) is not None:
            return read_text(file), file
    raise FormatError(
        t("The solver's net “%1” is not found. Copy it into the folder “%2”.", names[0], folder)
    )


def _find(name: str, folder: Path) -> Path | None:
    """Return a file beside the solver, or below a folder above it; no other path is followed."""
    path = PurePosixPath(name.replace("\\", "/"))
    if (beside := folder / path.name).is_file():
        return beside
    if path.is_absolute() or ".." in path.parts:
        return None
    for parent in list(folder.resolve().parents)[:_MAX_PARENTS]:
        if (file := parent / path).is_file():
            return file
    return None


def _schedule(fields: Node, notes: list[Message]) -> Any:
    rate = fields.number("base_lr", 0.0)
    policy = fields.text("lr_policy", "fixed")
    gamma, power = fields.number("gamma", 0.0), fields.number("power", 0.0)
    stepsize, max_iter = fields.integer("stepsize", 0), fields.integer("max_iter", 0)
    # Keras's schedules count batches, also where several make one step.
    batches = max(fields.integer("iter_size", 1), 1)
    schedules = keras.optimizers.schedules
    if not rate > 0:
        raise invalid("base_lr", rate, "> 0")
    if (policy in ("step", "sigmoid") and stepsize < 1) or (policy == "poly" and max_iter < 1):
        name, value = ("max_iter", max_iter) if policy == "poly" else ("stepsize", stepsize)
        raise invalid(name, value, "≥ 1")
    match policy:
        case "fixed":
            return rate
        case "step":
            return schedules.ExponentialDecay(rate, stepsize * batches, gamma, staircase=True)
        case "exp":
            return schedules.ExponentialDecay(rate, batches, gamma, staircase=True)
        case "multistep":
            return _multistep(fields, rate, gamma, batches)
        case "poly":
            steps = max_iter * batches
            return schedules.PolynomialDecay(rate, steps, end_learning_rate=0.0, power=power)
        case "inv" | "sigmoid":
            notes.append(
                message(
                    "The learning rate schedule is a class of kwidgets. Before you load the saved "
                    "model, import kwidgets.formats.caffe.schedules, or load it with compile=False."
                )
            )
            if policy == "inv":
                return InverseDecay(rate, gamma / batches, power)
            return SigmoidDecay(rate, gamma / batches, stepsize * batches)
    raise invalid("lr_policy", policy, _POLICIES)


def _multistep(fields: Node, rate: float, gamma: float, batches: int) -> Any:
    steps = fields.integers("stepvalue")
    if len(steps) > _MAX_BOUNDARIES or any(
        a >= b for a, b in zip([0, *steps], steps, strict=False)
    ):
        raise invalid("stepvalue", steps[:8], "0 < a < b < …")
    if not steps:
        return rate
    # Keras keeps a value up to and with its boundary.
    boundaries = [step * batches - 1 for step in steps]
    values = [rate * gamma**index for index in range(len(steps) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)


def _optimizer(fields: Node, rate: Any, notes: list[Message]) -> Any:
    kind = fields.text("type").upper() or fields.choice("solver_type", _TYPES, "SGD")
    momentum, delta = fields.number("momentum", 0.0), fields.number("delta", 1e-8)
    common: dict[str, Any] = {"learning_rate": rate}
    if (clip := fields.number("clip_gradients", -1.0)) > 0:
        common["global_clipnorm"] = clip
    if (steps := fields.integer("iter_size", 1)) > 1:
        common["gradient_accumulation_steps"] = steps
        notes.append(
            message(
                "One step of Caffe takes %1 batches (iter_size); Keras counts batches.", str(steps)
            )
        )
    optimizers = keras.optimizers
    match kind:
        case "SGD" | "NESTEROV":
            return optimizers.SGD(momentum=momentum, nesterov=kind == "NESTEROV", **common)
        case "ADAGRAD":
            notes.append(_epsilon_note())
            return optimizers.Adagrad(initial_accumulator_value=0.0, epsilon=delta, **common)
        case "RMSPROP":
            notes.append(_epsilon_note())
            decay = fields.number("rms_decay", 0.99)
            return optimizers.RMSprop(rho=decay, epsilon=delta, **common)
        case "ADADELTA":
            return optimizers.Adadelta(rho=momentum, epsilon=delta, **common)
        case "ADAM":
            beta_2 = fields.number("momentum2", 0.999)
            return optimizers.Adam(beta_1=momentum, beta_2=beta_2, epsilon=delta, **common)
    raise invalid("type", kind, ", ".join(_TYPES))


def _epsilon_note() -> Message:
    return message(
        "Caffe adds delta after the square root, Keras adds epsilon before it: steps differ for "
        "small gradients."
    )
