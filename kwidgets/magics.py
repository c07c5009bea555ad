"""The magics ``%load_ext kwidgets`` and ``%kwidgets``. Imports neither Keras nor widgets."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from kwidgets.live.auto import auto_view, watch

_MAGIC = "kwidgets"


def load(ipython: Any) -> None:
    """Register the magic, connect the side panel, and show each fit live."""
    ipython.register_magic_function(_kwidgets, magic_kind="line", magic_name=_MAGIC)
    watch()


def unload(ipython: Any) -> None:
    """Undo :func:`load`; a magic that is no longer ours stays."""
    from kwidgets.page_connection import disconnect
    from kwidgets.tutorials.session import session

    session.close()
    auto_view.stop()
    disconnect()
    if ipython.magics_manager.magics["line"].get(_MAGIC) is _kwidgets:
        del ipython.magics_manager.magics["line"][_MAGIC]


def _kwidgets(line: str) -> Any:
    """Train Keras models in a notebook: watch them live, steer them while they run.

    ``%kwidgets``
        what a bug report needs: versions, the Keras backend and its device, whether buttons work
        while a cell runs and by which way, whether the side panel is connected, the fits so far.
    ``%kwidgets summary model``
        the layers of a model as a tree below the cell; any expression that gives a model will do.
    ``%kwidgets live off``, ``%kwidgets live on``
        leave fits as Keras has them, or give each a live view again (as after ``%load_ext``).
    ``%kwidgets language``, ``%kwidgets language zh_CN``
        which language views and panel speak in this kernel; let them speak another. JupyterLab's
        own setting needs neither.
    ``%kwidgets tutorials``, ``%kwidgets tutorials 03``
        copy fresh tutorial notebooks, or one of them, into the current folder; no file of yours is
        overwritten.
    ``%kwidgets tutorial 01_first_model``
        the first cell of a tutorial has it: its steps can be checked, and skipped cells are named.
    ``%kwidgets check``, ``%kwidgets check scale``
        how far you are in the tutorial; what is right and what is missing in one step.
    ``%kwidgets check scale hint``
        the next hint for a step; after the last one, a solution.
    """
    words = line.split(maxsplit=1)
    name, rest, *_ = [*words, "", ""]
    command = _COMMANDS.get(name)
    if command is None:
        raise UsageError(
            f"%kwidgets knows no {name!r}; it takes nothing, or one of "
            f"{', '.join(filter(None, _COMMANDS))}. %kwidgets? tells what each does."
        )
    return command(rest.strip())


def _status(rest: str) -> None:
    from kwidgets.status import describe

    print(describe())


def _summary(rest: str) -> None:
    from kwidgets.models.summary import summary

    if not rest:
        raise UsageError("Which model? Try %kwidgets summary model.")
    try:
        model = _shell().ev(rest)
    except NameError as error:
        raise UsageError(f"{error}. Give the name of a model: %kwidgets summary model.") from None
    summary(model)


def _live(rest: str) -> None:
    if rest not in ("on", "off"):
        raise UsageError(f"%kwidgets live takes on or off; got {rest!r}.")
    watch(rest == "on")


def _language(rest: str) -> None:
    from kwidgets import language

    try:
        if rest:
            language.set_language(rest)
    except ValueError as error:
        raise UsageError(str(error)) from None
    print(f"Language: {language.current()} (of {', '.join(language.languages())})")


def _tutorials(rest: str) -> None:
    from kwidgets.tutorials.copies import copy_tutorials

    try:
        copies = copy_tutorials(pathlib.Path(), rest)
    except ValueError as error:
        raise UsageError(f"{error}.") from None
    except OSError as error:
        raise UsageError(
            f"The tutorials could not be copied into {pathlib.Path.cwd()}: {error.strerror}. "
            "Change to a folder of yours with %cd, and try again."
        ) from None
    print("Copied here; open the first from the file browser:")
    for copy in copies:
        print(f"  {copy}")


def _tutorial(rest: str) -> None:
    from kwidgets.tutorials.session import session

    try:
        print(session.open(_shell(), rest))
    except ValueError as error:
        raise UsageError(f"{error}.") from None


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
        raise UsageError(f"{error}.") from None
    raise UsageError("Try %kwidgets check, %kwidgets check <step> or %kwidgets check <step> hint.")


_COMMANDS: dict[str, Callable[[str], Any]] = {
    "": _status,
    "summary": _summary,
    "live": _live,
    "language": _language,
    "tutorials": _tutorials,
    "tutorial": _tutorial,
    "check": _check,
}


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
