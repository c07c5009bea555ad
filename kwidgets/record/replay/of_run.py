"""Read from run files what the replay of a run needs, with the fits that it goes on from."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any

from kwidgets.live.numbers.acts import Act
from kwidgets.record.ended import wait_for_ended
from kwidgets.record.replay.recorded_fit import RecordedFit, ReplayError, check_replayable
from kwidgets.record.replay.source import write_replay
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import UnreadableRunError
from kwidgets.record.run_file.reader import read_acts, read_checkpoints, read_info, read_values
from kwidgets.record.run_file.run_info import Parent, RunInfo

_KEYS = ("compile_config", "environment", "fit_arguments", "iterations", "schedule", "seeds")
# More fits of one model, one after the other, are not looked for.
_MOST_FITS = 100


def replay_run(path: Path) -> str:
    """Return the source of a Keras callback that repeats what was done to a run.

    Args:
        path: of its file. The runs that it goes on from are looked for beside it.

    Raises:
        ReplayError: a callback cannot repeat it.
        UnreadableRunError: the file cannot be read.
    """
    wait_for_ended()
    info = read_info(path)
    fits = [_recorded_fit(info)]
    parent = info.parent
    while parent is not None and len(fits) < _MOST_FITS:
        try:
            before = read_info(path.with_name(parent["run"] + schema.SUFFIX))
        except UnreadableRunError:
            fits[0] = _with_note(
                fits[0], f"It goes on from run {parent['run']}, which is not in the folder."
            )
            break
        if parent["how"] == "rewind":
            raise _rewound(info.id, before.id)
        if parent["how"] == "weights":
            fits[0] = _with_note(
                fits[0], f"It begins with weights of run {before.id}, step {parent['step']}."
            )
            break
        fit = _recorded_fit(before)
        if parent["how"] == "resume":
            fits[0] = _joined(fit, _acts_until(before, fit.acts, parent), fits[0])
        else:
            fits.insert(0, fit)
        parent = before.parent
    return write_replay(fits, info.optimizer)


def _recorded_fit(info: RunInfo) -> RecordedFit:
    if info.kind == "loop":
        raise ReplayError(
            f"Run {info.id} is a training loop of your own, and a callback works in fit only. "
            "Set the learning rate in the loop; the run's acts say when: "
            f'kwidgets.runs["{info.id}"].acts.'
        )
    acts = tuple(read_acts(info.path))
    check_replayable(acts, info.id)
    values = read_values(info.path, _KEYS)
    interrupted_at = None
    if info.state == "interrupted":
        interrupted_at = (info.progress["epoch"], info.progress["batch"])
    environment = values["environment"] or {}
    return RecordedFit(
        title=_title(info),
        acts=acts,
        has_schedule=values["schedule"] is not None,
        iterations=values["iterations"],
        interrupted_at=interrupted_at,
        initial_epoch=info.initial_epoch,
        steps_per_execution=_steps_per_execution(values["compile_config"]),
        floatx=str(environment.get("floatx", "float32")),
        backend=info.backend,
        notes=tuple(_notes(info, values)),
    )


def _title(info: RunInfo) -> str:
    began = datetime.datetime.fromtimestamp(info.created, datetime.UTC)
    name = f"“{info.name}”, " if info.name else ""
    return f"Run {info.id}, {name}model {info.model_name}, of {began:%Y-%m-%d %H:%M} UTC."


def _notes(info: RunInfo, values: dict[str, Any]) -> list[str]:
    notes = []
    seed = (values["seeds"] or {}).get("keras")
    if seed is not None:
        notes.append(f"Seed: keras.utils.set_random_seed({seed}).")
    arguments = values["fit_arguments"] or {}
    known = [
        f"{name}={arguments[name]!r}"
        for name in ("batch_size", "epochs", "initial_epoch", "steps_per_epoch", "shuffle")
        if isinstance(arguments.get(name), int)
    ]
    if known:
        notes.append(f"Arguments of fit: {', '.join(known)}.")
    if info.state in ("running", "died", "failed"):
        ended = {"running": "still ran when this was written", "failed": "ended with an error"}
        notes.append(
            f"It {ended.get(info.state, 'ended with its process')}, in epoch "
            f"{info.progress['epoch']}, batch {info.progress['batch']} (counted from 0), which is "
            "not repeated."
        )
    return notes


def _steps_per_execution(compile_config: Any) -> int:
    steps = compile_config.get("steps_per_execution") if isinstance(compile_config, dict) else None
    return steps if isinstance(steps, int) else 1


def _with_note(fit: RecordedFit, note: str) -> RecordedFit:
    return dataclasses.replace(fit, notes=(note, *fit.notes))


def _joined(first: RecordedFit, acts: tuple[Act, ...], second: RecordedFit) -> RecordedFit:
    """Return the fit that would have been, had it not ended and been resumed."""
    return dataclasses.replace(
        second,
        acts=(*acts, *second.acts),
        iterations=first.iterations,
        initial_epoch=first.initial_epoch,
        notes=(f"It was resumed; before: {first.title}", *second.notes),
    )


def _acts_until(info: RunInfo, acts: tuple[Act, ...], parent: Parent) -> tuple[Act, ...]:
    """Return what was done before the checkpoint at which a run was resumed."""
    found = [each for each in read_checkpoints(info.path) if each.step == parent["step"]]
    if not found:
        raise ReplayError(
            f"Run {info.id} was resumed at step {parent['step']}, but its checkpoint is no longer "
            "on disk, so it is not known what had been done until then. The acts are in "
            f'kwidgets.runs["{info.id}"].acts.'
        )
    checkpoint = found[-1]
    place = (checkpoint.epoch, checkpoint.batch)
    return tuple(
        act
        for act in acts
        if act.do != "stop"
        and (
            (act.epoch, act.batch) < place
            # These checkpoints are made before what is then done.
            or ((act.epoch, act.batch) == place and checkpoint.reason not in ("before", "start"))
        )
    )


def _rewound(run_id: str, parent_id: str) -> ReplayError:
    return ReplayError(
        f"Run {run_id} went back to a checkpoint of run {parent_id} during the training, which a "
        "callback cannot repeat without that checkpoint. Load the checkpoint's model and train it "
        f'again: kwidgets.runs["{parent_id}"].model().'
    )
