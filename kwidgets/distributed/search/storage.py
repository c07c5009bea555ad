"""Where searches are stored: Optuna's SQLite file in the folder of the runs, and which is whose."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import optuna

from kwidgets.kernel.notebook_path import notebook_path
from kwidgets.kernel.running_kernel import cell_execution, running_kernel
from kwidgets.record.run_file.folder import make_folder, runs_folder

_FILE = "optuna.db"
# Another kernel may write the same file.
_BUSY_SECONDS = 30.0
#: The attribute of a study, and of a trial, that holds what Optuna does not know of it.
ATTRIBUTE = "kwidgets"


def searches_folder() -> Path:
    """Return the folder of the searches, which need not exist yet."""
    return runs_folder() / "searches"


def open_storage() -> optuna.storages.BaseStorage:
    """Return the storage of the searches, in a file that is created if it is not there.

    Raises:
        OSError: the folder cannot be created.
    """
    make_folder(runs_folder())
    folder = searches_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return optuna.storages.RDBStorage(
        f"sqlite:///{folder / _FILE}",
        engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}},
    )


def find_storage(storage: Any) -> optuna.storages.BaseStorage:
    """Return the storage that a user names.

    Raises:
        ValueError: it cannot be opened.
    """
    try:
        return optuna.storages.get_storage(storage)
    except Exception as error:
        raise ValueError(
            f"storage={storage!r} cannot be opened ({type(error).__name__}: {error}). Pass the URL "
            'of a database, such as "sqlite:///search.db", or leave it out.'
        ) from error


def storage_file() -> Path:
    """Return the path of the file of the searches."""
    return searches_folder() / _FILE


def names_of_cell(objective: Callable[..., Any]) -> Iterator[str]:
    """Return the names that searches of the running cell or script get, one after the other."""
    execution = cell_execution()
    script = sys.argv[0] if running_kernel() is None and sys.argv else ""
    place = f"{notebook_path() or script}|{'' if execution is None else execution.cell_id}"
    if execution is None and running_kernel() is not None:
        # A front end that does not name its cells.
        place += code_of(objective)
    title = title_of(objective)
    begin = f"{title}-{hashlib.sha256(f'{place}|{title}'.encode()).hexdigest()[:6]}"
    yield begin
    number = 2
    while True:
        yield f"{begin}-{number}"
        number += 1


def title_of(objective: Callable[..., Any]) -> str:
    """Return what a search without a name is called."""
    name = getattr(objective, "__name__", type(objective).__name__)
    return "objective" if name == "<lambda>" else str(name)


def code_of(objective: Callable[..., Any]) -> str:
    """Return what changes with the code of an objective, as far as it can be known."""
    try:
        text = inspect.getsource(objective)
    except (OSError, TypeError):
        code = getattr(objective, "__code__", None)
        text = repr((code.co_code, code.co_consts)) if code is not None else ""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def attributes_of(owner: Any) -> Mapping[str, Any]:
    """Return what we have stored of a study or of a trial."""
    found = owner.user_attrs.get(ATTRIBUTE)
    return found if isinstance(found, dict) else {}
