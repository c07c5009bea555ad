"""Programs with one mistake each, line by line, so that a finding's line of code can be applied."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

from kwidgets.insight.data.finding import CodeChange
from tests.insight.check.programs import Program

COMPILE = 'model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])'
FIT = "model.fit(x_train, y_train)"


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A program with a mistake.

    Args:
        name: what is wrong.
        data: the statements that make its data.
        layers: the expression of each layer, the input first if there is one.
        where: places that are right: the index of a layer in ``layers``, or an argument of compile
            or fit.
        compile, fit: the calls.
        graph: statements that make ``model`` of ``L0``, ``L1`` …; a Sequential without.
    """

    name: str
    data: str
    layers: tuple[str, ...]
    where: tuple[int | str, ...]
    compile: str = COMPILE
    fit: str = FIT
    graph: str = ""

    @property
    def program(self) -> Program:
        lines = [f"L{index} = {code}" for index, code in enumerate(self.layers)]
        names = ", ".join(f"L{index}" for index in range(len(self.layers)))
        lines.append(self.graph or f"model = keras.Sequential([{names}])")
        return Program(self.name, self.data, "\n".join([*lines, self.compile]), self.fit)

    def layer_names(self, space: dict[str, Any]) -> dict[str, int]:
        """Return the index of each layer by its name, after a run."""
        found = {getattr(space[f"L{at}"], "name", ""): at for at in range(len(self.layers))}
        return found | {"input": 0}

    def with_changes(
        self, changes: tuple[CodeChange, ...], space: dict[str, Any]
    ) -> Mistake | None:
        """Return the program with the changes of a finding, or None if they cannot be applied."""
        places = self.layer_names(space)
        lines: list[list[str]] = [[code] for code in self.layers]
        data, compiling, fit = self.data, self.compile, self.fit
        for change in changes:
            if change.kind == "statement":
                if change.code.startswith("class_weight="):
                    fit = fit[:-1] + f", {change.code})"
                elif change.code.startswith("keras.layers."):
                    lines[0].append(change.code)
                else:
                    data += "\n" + change.code + "\n"
            elif change.where == "compile" and change.kind == "change":
                compiling = _with_call(compiling, change.code)
            elif change.where == "compile":
                compiling = f"{change.code}\n{compiling}"
            elif change.where == "fit":
                fit = change.code
            elif change.kind == "append":
                lines[-1].append(change.code)
            elif change.where not in places:
                return None
            elif change.kind == "change":
                lines[places[change.where]][-1] = change.code
            elif change.kind == "insert":
                lines[places[change.where]].insert(-1, change.code)
            elif change.kind == "remove":
                lines[places[change.where]].pop()
        layers = tuple(code for group in lines for code in group)
        if self.graph and len(layers) != len(self.layers):
            return None
        return dataclasses.replace(self, data=data, layers=layers, compile=compiling, fit=fit)


def _with_call(before: str, code: str) -> str:
    """Return a call of compile: the new one, or the old one with some arguments changed."""
    if "compile(" in code:
        return code
    call = ast.parse(before, mode="eval").body
    assert isinstance(call, ast.Call)
    changed = ast.parse(f"f({code})", mode="eval").body
    assert isinstance(changed, ast.Call)
    new = {keyword.arg: keyword for keyword in changed.keywords}
    parameters = ["optimizer", "loss"]
    kept = [
        ast.keyword(name, value) for name, value in zip(parameters, call.args, strict=False)
    ] + call.keywords
    keywords = [each for each in kept if each.arg not in new] + list(new.values())
    return ast.unparse(ast.Call(call.func, [], keywords))


def two_steps(fit: str) -> str:
    """Return a call of fit that trains for two steps."""
    call = ast.parse(fit, mode="eval").body
    assert isinstance(call, ast.Call)
    left_out = ("epochs", "verbose", "steps_per_epoch", "callbacks")
    keywords = [each for each in call.keywords if each.arg not in left_out]
    keywords += [
        ast.keyword(name, ast.Constant(value))
        for name, value in (("epochs", 1), ("steps_per_epoch", 2), ("verbose", 0))
    ]
    return ast.unparse(ast.Call(call.func, call.args, keywords))
