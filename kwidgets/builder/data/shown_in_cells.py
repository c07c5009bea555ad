"""Keep what the cells show, and let go of it when its cell has run again.

IPython keeps the value of each cell in ``Out``, ``_3``, ``_``, ``__`` and ``___``, as long as the
kernel runs. For a builder, that would be its model with all weights.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from kwidgets.kernel import cell_end
from kwidgets.kernel.running_kernel import cell_execution, user_namespace

_PREVIOUS_VALUES = ("_", "__", "___")


@dataclasses.dataclass(frozen=True)
class _Shown:
    """Something that a cell shows.

    Args:
        owner: keeps the output working, and is kept as long as the output is in sight.
        request_id: of the execution that has shown it.
        number: of that execution: 3 for ``Out[3]``.
        is_value: whether an object of IPython's history belongs to ``owner``.
    """

    owner: object
    request_id: str
    number: int
    is_value: Callable[[object], bool]


# By the cell's id.
_shown: dict[str, list[_Shown]] = {}


def show_in_cell(owner: object, is_value: Callable[[object], bool]) -> None:
    """Keep ``owner`` until the running cell has run again.

    Args:
        owner: keeps an output of the cell working.
        is_value: returns whether an object that IPython keeps belongs to ``owner``.
    """
    execution = cell_execution()
    if execution is None:
        return  # no notebook, or a front end that sends no cell ids: IPython keeps the value
    number = _shell().displayhook.prompt_count
    shown = _Shown(owner, execution.request_id, number, is_value)
    _shown.setdefault(execution.cell_id, []).append(shown)
    cell_end.after_each_cell(_let_go_of_replaced)


def shown_before() -> object | None:
    """Return what the last execution of the running cell has shown last, or None."""
    execution = cell_execution()
    if execution is None:
        return None
    earlier = [
        shown.owner
        for shown in _shown.get(execution.cell_id, ())
        if shown.request_id != execution.request_id
    ]
    return earlier[-1] if earlier else None


def _let_go_of_replaced(result: object) -> None:
    """Let go of what earlier executions of the cell have shown; this one has replaced it."""
    execution = cell_execution()
    if execution is None or execution.cell_id not in _shown:
        return
    shown = _shown[execution.cell_id]
    now = [each for each in shown if each.request_id == execution.request_id]
    replaced = [each for each in shown if each.request_id != execution.request_id]
    _shown[execution.cell_id] = now
    if not now:
        del _shown[execution.cell_id]
    for each in replaced:
        _remove_from_history(each)


def _remove_from_history(replaced: _Shown) -> None:
    """Remove the value of a cell from IPython's history, unless another cell shows it too."""
    variables, shell = user_namespace(), _shell()
    history = variables.get("_oh")
    if isinstance(history, dict) and replaced.is_value(history.get(replaced.number)):
        del history[replaced.number]
    # IPython keeps the variables that it has set itself a second time.
    places = (variables, shell.user_ns_hidden)
    name = f"_{replaced.number}"
    for place in places:
        if replaced.is_value(place.get(name)):
            del place[name]
    in_sight = [each.owner for cell in _shown.values() for each in cell]
    if any(replaced.owner is owner for owner in in_sight):
        return
    hook = shell.displayhook
    for name in _PREVIOUS_VALUES:
        # IPython sets a variable only as long as it equals the hook's attribute.
        if replaced.is_value(getattr(hook, name, None)):
            setattr(hook, name, "")
        for place in places:
            if replaced.is_value(place.get(name)):
                place[name] = ""


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
