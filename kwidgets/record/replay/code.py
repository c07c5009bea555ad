"""Define the source of a replay as users get it: a string that a notebook shows as code."""

from __future__ import annotations

from typing import Any


class ReplayCode(str):
    """Python source. In a notebook its value is shown as code; elsewhere it is a plain string."""

    __slots__ = ()

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/markdown": f"```python\n{self}```\n"}

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))
