"""Define ``%load_ext kwidgets`` and ``%kwidgets``, without importing Keras or widgets."""

from __future__ import annotations

import difflib
import importlib.util
import pathlib
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from kwidgets.formats.warn_old_files import old_file_warnings
from kwidgets.kernel.lost_interrupts import deliver_lost_interrupts, stop_delivering
from kwidgets.live.auto import auto_view, watch

_MAGIC = "kwidgets"


def load(ipython: Any) -> None:
    """Register the magic, connect the side panel, and show every fit in a live view.

    Keras warns then too when it reads a file of an older release wrongly, and no Ctrl-C gets lost.
    """
    ipython.register_magic_function(_kwidgets, magic_kind="line", magic_name=_MAGIC)
    watch()
    old_file_warnings.start()
    deliver_lost_interrupts()
    _tell_of_running_trainings()


def _tell_of_running_trainings() -> None:
    """Print that trainings with several workers go on, which another kernel has started."""
    from kwidgets.distributed.jobs import running_jobs
    from kwidgets.record.run_file.folder import runs_folder

    for job in running_jobs(runs_folder()):
        print(
            f"The training {job.job_id} with {job.workers} workers is still running. "
            f'To watch it: kwidgets.reconnect("{job.job_id}")'
        )


def unload(ipython: Any) -> None:
    """Undo :func:`load`. A magic that was replaced by another one is kept."""
    from kwidgets.page_connection import disconnect
    from kwidgets.tutorials.session import session

    session.close()
    auto_view.stop()
    old_file_warnings.stop()
    disconnect()
    stop_delivering()
    if ipython.magics_manager.magics["line"].get(_MAGIC) is _kwidgets:
        del ipython.magics_manager.magics["line"][_MAGIC]


def _kwidgets(line: str) -> Any:
    """Train Keras models in a notebook, watch them live, and control them while they run.

    ``%kwidgets``
        Print the details that a bug report needs: versions, the Keras backend and its device,
        whether buttons work while a cell runs, whether the side panel is connected, and the fits.
    ``%kwidgets summary model``
        Show the layers of a model as a tree. The argument can be any expression.
    ``%kwidgets live off``, ``%kwidgets live on``
        Show Keras's progress bar instead of the live view, or the live view again.
    ``%kwidgets task regression``, ``%kwidgets task auto``
        Say what the outputs of your models are for, or let it be recognized again.
    ``%kwidgets classes names``, ``%kwidgets classes auto``
        Say which names the classes have, as any expression, or let them be found again.
    ``%kwidgets record``, ``%kwidgets record off``, ``%kwidgets record on``
        Print where the runs of this notebook are recorded, or record no further run, or again.
    ``%kwidgets record code off``, ``%kwidgets record code on``
        Record runs without the code of their cells, or with it again.
    ``%kwidgets resume 20260131-120000-abcdef``
        Let the next fit resume a recorded run, by its id.
    ``%kwidgets record tensorboard logs``, ``%kwidgets record tensorboard off``
        Write further runs for TensorBoard too, while they run, into a folder; or no longer.
    ``%kwidgets language``, ``%kwidgets language zh_CN``
        Print the language of views and panel, or set it for this kernel. In JupyterLab, they
        always follow the language of JupyterLab.
    ``%kwidgets tutorials``, ``%kwidgets tutorials 03``
        Copy the tutorials that are not in the current folder yet, or a new copy of one of them.
        No file is overwritten.
    ``%kwidgets tutorial 01_first_model``
        Open a tutorial in this kernel, so that its exercises can be checked and skipped cells are
        reported. The first code cell of each tutorial contains this line.
    ``%kwidgets check``, ``%kwidgets check scale``
        List the exercises of the tutorial and your progress, or check one exercise.
    ``%kwidgets check scale hint``
        Print the next hint for an exercise, and its solution after the last hint.
    """
    words = line.split(maxsplit=1)
    name, rest, *_ = [*words, "", ""]
    command = _COMMANDS.get(name)
    if command is None:
        options = list(filter(None, _COMMANDS))
        similar = difflib.get_close_matches(name, options, n=1)
        advice = f"Did you mean “{similar[0]}”?" if similar else f"Use one of {', '.join(options)}."
        raise UsageError(f"Unknown option “{name}”. {advice} See %kwidgets? for help.")
    return command(rest.strip())


def _status(rest: str) -> None:
    from kwidgets.status import describe

    print(describe())


def _summary(rest: str) -> None:
    from kwidgets.models.summary import summary

    if not rest:
        raise UsageError("Specify a model, for example %kwidgets summary model.")
    try:
        model = _shell().ev(rest)
    except NameError as error:
        raise UsageError(f"{error}. Specify a model, as in %kwidgets summary model.") from None
    summary(model)


def _live(rest: str) -> None:
    if rest not in ("on", "off"):
        raise UsageError(f"Use %kwidgets live on or %kwidgets live off; got “{rest}”.")
    watch(rest == "on", **auto_view.options)


def _task(rest: str) -> None:
    if not rest:
        raise UsageError("Specify a task, for example %kwidgets task regression.")
    _watch_with(task=None if rest == "auto" else rest)


def _classes(rest: str) -> None:
    if not rest:
        raise UsageError('Specify names, for example %kwidgets classes ["cat", "dog"].')
    try:
        names = None if rest == "auto" else _shell().ev(rest)
    except (NameError, SyntaxError) as error:
        raise UsageError(
            f'{error}. Specify names, as in %kwidgets classes ["cat", "dog"].'
        ) from None
    _watch_with(class_names=names)


def _watch_with(**change: Any) -> None:
    """Change what is known of the outputs of models, whether fits are watched or not."""
    try:
        watch(auto_view.on, **{**auto_view.options, **change})
    except (TypeError, ValueError) as error:
        raise UsageError(_sentence(error)) from None


def _record(rest: str) -> None:
    from kwidgets.record.recording import recording
    from kwidgets.record.run_file.folder import runs_folder

    words = rest.split()
    if words in (["on"], ["off"]):
        recording.on = rest == "on"
    elif words in (["code", "on"], ["code", "off"]):
        recording.with_code = words[1] == "on"
    elif words[:1] == ["tensorboard"] and len(words) > 1:
        recording.tensorboard = _tensorboard_folder(rest.split(maxsplit=1)[1])
    elif words:
        raise UsageError(
            "Use %kwidgets record on, %kwidgets record off, %kwidgets record code on, "
            "%kwidgets record code off, %kwidgets record tensorboard logs or %kwidgets record "
            f"tensorboard off; got “{rest}”."
        )
    code = "with" if recording.with_code else "without"
    print(
        f"Runs are recorded in {runs_folder()}, {code} the code of their cells."
        if recording.on
        else "Runs are not recorded."
    )
    if recording.on and recording.tensorboard is not None:
        print(f"They are written for TensorBoard in {recording.tensorboard} too.")


def _tensorboard_folder(text: str) -> pathlib.Path | None:
    """Return the folder that the user has named, or None for "off"."""
    if text == "off":
        return None
    if importlib.util.find_spec("tensorboard") is None:
        raise UsageError("TensorBoard is not installed. Run: pip install tensorboard")
    return pathlib.Path(text.strip("\"'")).expanduser().absolute()


def _resume(rest: str) -> None:
    from kwidgets.record.recording import recording
    from kwidgets.record.runs import runs

    if not rest:
        raise UsageError("Specify the id of a run, as kwidgets.runs() shows it.")
    try:
        run = runs[rest]
    except LookupError as error:
        raise UsageError(str(error.args[0])) from None
    recording.resume_next = run.id
    print(f"The next fit resumes {run.id}.")


def _language(rest: str) -> None:
    from kwidgets import language
    from kwidgets.language import t

    try:
        if rest:
            language.set_language(rest)
    except ValueError as error:
        raise UsageError(str(error)) from None
    print(f"Language: {language.current()} (available: {', '.join(language.languages())})")
    if rest and language.page_language() is not None:
        print(
            t(
                "JupyterLab chooses the language of this page: Settings > Language. "
                "%kwidgets language applies in other front ends."
            )
        )


def _tutorials(rest: str) -> None:
    from kwidgets.tutorials.copies import copy_tutorials

    try:
        copies = copy_tutorials(pathlib.Path(), rest)
    except ValueError as error:
        raise UsageError(_sentence(error)) from None
    except OSError as error:
        raise UsageError(
            f"Cannot copy the tutorials into {pathlib.Path.cwd()}: {error.strerror}. "
            "Change to a writable folder with %cd, then try again."
        ) from None
    if copies:
        print("Copied into the current folder; open them in the file browser:")
        for copy in copies:
            print(f"  {copy}")
    else:
        print(
            "All tutorials are already in the current folder. For a new copy of one, run for "
            "example %kwidgets tutorials 01."
        )


def _tutorial(rest: str) -> None:
    from kwidgets.tutorials.session import session

    try:
        print(session.open(_shell(), rest))
    except ValueError as error:
        raise UsageError(_sentence(error)) from None


def _check(rest: str) -> Any:
    from kwidgets.tutorials.session import session

    words = rest.split()
    try:
        if not words:
            print(session.overview())
            return None
        if len(words) == 1:
            return session.check(words[0])
        if len(words) == 2 and words[1] == "hint":
            print(session.hint(words[0]))
            return None
    except ValueError as error:
        raise UsageError(_sentence(error)) from None
    raise UsageError("Use %kwidgets check, %kwidgets check <name> or %kwidgets check <name> hint.")


_COMMANDS: dict[str, Callable[[str], Any]] = {
    "": _status,
    "summary": _summary,
    "live": _live,
    "task": _task,
    "classes": _classes,
    "record": _record,
    "resume": _resume,
    "language": _language,
    "tutorials": _tutorials,
    "tutorial": _tutorial,
    "check": _check,
}


def _sentence(error: Exception) -> str:
    text = str(error).removesuffix(".")
    return f"{text[:1].upper()}{text[1:]}."


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
