"""Define the steps of 07_nothing_is_lost: recorded runs, checkpoints, resuming, NaN guard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import kwidgets
from kwidgets.tutorials.check_values import short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed, passed

_LABEL = "early"
_EPOCHS_BEFORE = 3


def _is_run(value: Any) -> bool:
    return type(value).__name__ == "Run"


def _name(user_ns: UserNamespace) -> Iterator[CheckResult]:
    run = user_ns.baseline
    if not _is_run(run):
        yield failed(f"`baseline` is {short_repr(run)}. It should be a run of `kw.runs`.")
        return
    yield expect(
        run.name == "baseline",
        "The run is called “baseline”.",
        f"Its name is {run.name!r}. Set it to 'baseline'.",
    )
    yield expect(
        "digits" in run.tags,
        "It has the tag “digits”.",
        f"Its tags are {list(run.tags)}. Add 'digits' to them.",
    )


def _compare(user_ns: UserNamespace) -> Iterator[CheckResult]:
    difference = user_ns.difference
    changed = [
        name
        for name, differs in (
            ("layers", difference.layers),
            ("compile", difference.compile),
            ("fit", difference.fit),
        )
        if differs
    ]
    if not changed:
        yield failed(
            "Both models and trainings have the same settings. Pass `units` or `learning_rate` to "
            "`make_model`."
        )
    else:
        yield expect(
            len(changed) == 1,
            f"The runs differ in one thing: {changed[0]}.",
            f"The runs differ in {', '.join(changed)}. Change only one, to know what it did.",
        )


def _checkpoint(user_ns: UserNamespace) -> Iterator[CheckResult]:
    found = user_ns.marked.checkpoints
    labelled = [each for each in found if each.label == _LABEL]
    if not labelled:
        labels = ", ".join(repr(each.label or each.reason) for each in found) or "none"
        yield failed(f"The run has no checkpoint “{_LABEL}”. Its checkpoints: {labels}.")
        return
    checkpoint = labelled[-1]
    yield passed(f"The checkpoint “{_LABEL}” takes {checkpoint.bytes:,} bytes.")
    yield expect(
        (checkpoint.epoch, checkpoint.batch) == (_EPOCHS_BEFORE, 0),
        f"It was written after {_EPOCHS_BEFORE} epochs, at step {checkpoint.step}.",
        f"It was written after {checkpoint.epoch} epochs and {checkpoint.batch} batches. Write it "
        f"after {_EPOCHS_BEFORE} epochs.",
    )


def _model_back(user_ns: UserNamespace) -> Iterator[CheckResult]:
    model, run = user_ns.early, user_ns.marked
    if model is None:
        yield failed("`early` is still None. Set it to the model of the checkpoint.")
        return
    checkpoints = [each for each in run.checkpoints if each.label == _LABEL]
    if not checkpoints:
        yield failed(f"The run `marked` has no checkpoint “{_LABEL}”. Do the exercise above first.")
        return
    step, iterations = checkpoints[-1].step, int(model.optimizer.iterations)
    yield expect(
        iterations == step,
        f"Its optimizer has made {iterations} steps, as at the checkpoint.",
        f"Its optimizer has made {iterations} steps, not {step}. Pass the label to `model`.",
    )
    pairs = zip(model.get_weights(), user_ns.longer.get_weights(), strict=True)
    yield expect(
        any(not np.array_equal(one, other) for one, other in pairs),
        "Its weights are those of the checkpoint, not those at the end.",
        "Its weights are those at the end of the training.",
    )


def _stop(user_ns: UserNamespace) -> Iterator[CheckResult]:
    run = user_ns.stopped
    yield expect(
        run.state == "stopped",
        "The training was stopped.",
        f"The training was not stopped: its state is {run.state!r}.",
    )
    if run.state != "stopped":
        return
    found = run.checkpoints
    yield expect(
        bool(found) and found[-1].batch > 0,
        f"Its checkpoint is in the middle of an epoch: {found[-1].epoch} epochs and "
        f"{found[-1].batch} batches are finished."
        if found
        else "",
        "It has no checkpoint in the middle of an epoch. Stop it before a batch of the epoch.",
    )


def _resume(user_ns: UserNamespace) -> Iterator[CheckResult]:
    run, stopped = user_ns.resumed_run, user_ns.stopped
    parent = run.parent
    if parent is None or parent["how"] != "resume":
        yield failed("The training began from its first step. Pass `resume` to `LivePlot`.")
        return
    yield expect(
        parent["run"] == stopped.id,
        f"It resumed the stopped run, from step {parent['step']}.",
        f"It resumed the run {parent['run']}. Resume `stopped`.",
    )
    one, other = user_ns.digest(user_ns.model), user_ns.digest(user_ns.resumed)
    yield expect(
        one == other,
        f"The weights are equal to the last bit to those of the first model: {other}.",
        f"The weights are {other}; those of the first model are {one}. Train both for `EPOCHS` "
        "epochs, with models of the same settings.",
    )


def _crash(user_ns: UserNamespace) -> Iterator[CheckResult]:
    run = user_ns.restarted
    if not _is_run(run) or run.parent is None or run.parent["how"] != "resume":
        yield failed("The program has not resumed a run yet. Call `run_program` with an argument.")
        return
    died = kwidgets.runs[run.parent["run"]]
    yield expect(
        died.state == "died",
        f"The killed process had trained {died.step} steps.",
        f"It resumed a run whose state is {died.state!r}, not one that died.",
    )
    yield expect(
        run.state == "finished",
        f"The next one continued from step {run.parent['step']} and finished.",
        f"The resumed run did not finish: its state is {run.state!r}.",
    )


def _guard(user_ns: UserNamespace) -> Iterator[CheckResult]:
    run = user_ns.guarded_run
    restored = [act for act in run.acts if act.do == "restore"]
    if not restored:
        yield failed("No state was restored. Turn the guard on: pass `nan_guard` to `LivePlot`.")
        return
    yield passed(
        f"The guard restored a state in epoch {restored[0].epoch + 1} and set the learning rate to "
        f"{restored[0].value:.4g}."
    )
    yield expect(
        run.state == "finished" and not run.diverged,
        f"The training finished, with a loss of {run.last['loss']:.3f}.",
        f"The training did not recover: its state is {run.state!r}, its last loss "
        f"{run.last.get('loss')}.",
    )


def _clean(user_ns: UserNamespace) -> Iterator[CheckResult]:
    would_free = user_ns.would_free
    if would_free is None:
        yield failed("`would_free` is still None. Set it to what `kw.runs.clean` returns.")
        return
    yield expect(
        would_free.dry_run,
        f"Nothing was deleted: {would_free}.",
        f"You have deleted something: {would_free}. An argument of `clean` prevents that.",
    )


STEPS = [
    Step(
        "name",
        "name a run",
        "name-exercise",
        _name,
        (
            "Assign to attributes of the run: `baseline.name = …`.",
            'A tag is in a list: `baseline.tags = ["digits"]`.',
        ),
        'baseline.name = "baseline"\nbaseline.tags = ["digits"]',
    ),
    Step(
        "compare",
        "compare two runs",
        "compare-exercise",
        _compare,
        ("Twice as many units, for example: `make_model(units=128)`.",),
        "other = make_model(units=128)\n"
        "other.fit(x_train, y_train, epochs=EPOCHS, **settings)\n"
        "difference = kw.runs.compare(baseline, kw.runs[-1])\n"
        "print(difference)",
    ),
    Step(
        "checkpoint",
        "add a checkpoint",
        "checkpoint-exercise",
        _checkpoint,
        (
            "The view `live` has a method for it.",
            f'Replace `pass` by `live.checkpoint("{_LABEL}")`.',
        ),
        "live = kw.LivePlot()\n"
        "class AfterThreeEpochs(keras.callbacks.Callback):\n"
        "    def on_epoch_begin(self, epoch, logs=None):\n"
        f"        if epoch == {_EPOCHS_BEFORE}:\n"
        f'            live.checkpoint("{_LABEL}")\n'
        "longer = make_model()\n"
        "longer.fit(\n"
        "    x_train, y_train, epochs=EPOCHS, callbacks=[live, AfterThreeEpochs()], **settings\n"
        ")\n"
        "marked = kw.runs[-1]",
    ),
    Step(
        "model-back",
        "get a model back",
        "model-back-exercise",
        _model_back,
        ("Without an argument, `marked.model()` is the model of the last checkpoint.",),
        f'early = marked.model("{_LABEL}")',
    ),
    Step(
        "stop",
        "stop in the middle of an epoch",
        "stop-exercise",
        _stop,
        ("Replace `pass` by `live_stop.stop()`.",),
        "live_stop = kw.LivePlot()\n"
        "class StopInTheMiddle(keras.callbacks.Callback):\n"
        "    def on_train_batch_begin(self, batch, logs=None):\n"
        '        finished_epochs = len(live_stop.history.get("loss", []))\n'
        "        if finished_epochs == 4 and batch == 5:\n"
        "            live_stop.stop()\n"
        "half = make_model()\n"
        "half.fit(\n"
        "    x_train, y_train, epochs=EPOCHS, callbacks=[live_stop, StopInTheMiddle()], "
        "**settings\n"
        ")\n"
        "stopped = kw.runs[-1]",
    ),
    Step(
        "resume",
        "resume to the last bit",
        "resume-exercise",
        _resume,
        ("Tell `LivePlot` in the first line which run to resume.",),
        "live_resume = kw.LivePlot(resume=stopped)\n"
        "resumed = make_model()\n"
        "resumed.fit(x_train, y_train, epochs=EPOCHS, callbacks=[live_resume], **settings)\n"
        "resumed_run = kw.runs[-1]",
    ),
    Step(
        "crash",
        "resume after a crash",
        "crash-exercise",
        _crash,
        (
            "The program passes `resume=True` if one of its arguments says so.",
            'Call `run_program("--resume")`.',
        ),
        'run_program("--resume")\nrestarted = kw.runs[-1]\nprint(restarted)',
    ),
    Step(
        "guard",
        "survive a NaN",
        "guard-exercise",
        _guard,
        ("`kw.LivePlot` has an argument for it. See `help(kw.LivePlot)`.",),
        "live_guard = kw.LivePlot(nan_guard=True)\n"
        "guarded = make_model()\n"
        "guarded.fit(\n"
        "    x_train, y_train, epochs=EPOCHS, callbacks=[live_guard, Accident()], **settings\n"
        ")\n"
        "guarded_run = kw.runs[-1]",
    ),
    Step(
        "clean",
        "see what can be freed",
        "clean-exercise",
        _clean,
        ("The argument is `dry_run`.",),
        "would_free = kw.runs.clean(dry_run=True)\nprint(would_free)",
    ),
]
