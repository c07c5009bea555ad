"""Answers to what a view asks about a model: its summary, a layer's detail, a change of
``trainable``. Knows nothing of how they travel."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from kwidgets.language import t
from kwidgets.live.command_queue import Command
from kwidgets.live.page.channel_runs import runs
from kwidgets.models import protocol
from kwidgets.models.namespace.watcher import Found
from kwidgets.models.summary_data import ModelEntry, ModelSummary, Trained, to_wire

Reply = Callable[[protocol.Answer], None]


class RefusalError(ValueError):
    """A request cannot be answered; the message is for the user."""


class Answers:
    """Answers requests about models.

    Args:
        lookup: finds a model by its key.
        namespace: gives the user's variables, whose data suggest input shapes.
        later: runs a function in a thread where it may take its time.
    """

    def __init__(
        self,
        lookup: Callable[[str], Found | None],
        namespace: Callable[[], Mapping[str, Any]],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._lookup = lookup
        self._namespace = namespace
        self._later = later

    def entry(self, key: str, names: tuple[str, ...], model: Any) -> ModelEntry:
        """Describe a model for the list; a failure is told in the entry."""
        from kwidgets.models.describe.model_entry import describe_briefly

        try:
            entry = describe_briefly(model).entry(key, names)
            return dataclasses.replace(entry, trained=_with_seconds(entry.trained, model))
        except Exception as error:
            return ModelEntry(
                key=key,
                names=names,
                name=names[0],
                class_name=type(model).__name__,
                error=t("It cannot be described. %1", _describe(error)),
            )

    def answer(self, kind: str, payload: Mapping[str, Any], reply: Reply) -> None:
        """Answer a request through ``reply``, now or at the next step of a running fit.

        Raises:
            RefusalError: it cannot be answered.
        """
        key = payload.get("model")
        found = self._lookup(key) if isinstance(key, str) else None
        if found is None or found.model is None:
            raise RefusalError(
                t("This model is gone: no variable of the notebook holds it any more.")
            )
        model, names = found.model, found.names
        if kind == protocol.DESCRIBE:
            reply(_ok(to_wire(self.summary(model))))
        elif kind == protocol.INFER:
            reply(_ok(to_wire(self.inferred(model, str(payload.get("input_shapes"))))))
        elif kind == protocol.EXPORT:
            reply(_ok(self.export(model, names[0], payload)))
        elif kind == protocol.DETAIL:
            self._detail(model, names[0], str(payload.get("layer")), reply)
        elif kind == protocol.SET_TRAINABLE:
            reply(_ok(self._set_trainable(model, names[0], payload)))
        else:
            raise RefusalError(f"unknown request {kind!r}; known are {protocol.REQUEST_KINDS}")

    def summary(self, model: Any) -> ModelSummary:
        """Describe a model in full, with input shapes to offer where shapes are unknown."""
        from kwidgets.models.describe.model_summary import describe
        from kwidgets.models.infer_shapes.input_guess import guess_inputs

        summary = describe(model)
        summary = dataclasses.replace(summary, trained=_with_seconds(summary.trained, model))
        if summary.root.output_shapes is None or summary.parameters is None:
            guesses = guess_inputs(model, self._namespace())
            summary = dataclasses.replace(summary, guesses=guesses)
        return summary

    def inferred(self, model: Any, input_shapes: str) -> ModelSummary:
        """Describe a model as it would be for these inputs, without building it.

        Raises:
            RefusalError: the shapes do not fit.
        """
        from kwidgets.models.infer_shapes.inference import infer
        from kwidgets.models.infer_shapes.input_guess import guess_inputs
        from kwidgets.models.infer_shapes.shape_text import ShapeProblemError

        try:
            summary = infer(model, input_shapes)
        except ShapeProblemError as error:
            raise RefusalError(str(error)) from error
        return dataclasses.replace(summary, guesses=guess_inputs(model, self._namespace()))

    def export(self, model: Any, name: str, payload: Mapping[str, Any]) -> str:
        """Return the summary as text to copy.

        Raises:
            RefusalError: an unknown format.
        """
        from kwidgets.models.text import export

        shapes = payload.get("input_shapes")
        summary = self.inferred(model, shapes) if isinstance(shapes, str) else self.summary(model)
        writers: dict[Any, Callable[[], str]] = {
            "text": lambda: export.as_text(summary, name),
            "markdown": lambda: export.as_markdown(summary, name),
            "json": lambda: export.as_json(summary),
        }
        wanted = payload.get("format")
        if wanted not in writers:
            raise RefusalError(f"a summary is copied as {', '.join(writers)}; got {wanted!r}")
        return writers[wanted]()

    def _detail(self, model: Any, name: str, layer: str, reply: Reply) -> None:
        from kwidgets.models.describe.code_paths import expression
        from kwidgets.models.describe.layer_detail import read_layer

        def code_for(path: str) -> str:
            return expression(model, path, name)

        def read(when: str) -> None:
            # On the training thread only the copying is done.
            try:
                reading = read_layer(model, layer, code_for)
            except Exception as error:
                export = str(error) if isinstance(error, LookupError) else _describe(error)
                self._later(lambda: reply(protocol.Answer(ok=False, message=export)))
                return
            self._later(lambda: reply(_ok(to_wire(reading.finish(when)))))

        run = runs.run_training(model)
        submit = run.submit if run else None
        if submit is None:
            read(t("now"))
            return
        submit(
            Command(
                "call",
                function=lambda: read(t("between two steps of the running fit")),
                # The fit has ended before it came to that.
                reply=lambda ok, message: None if ok else read(t("now")),
            )
        )

    def _set_trainable(
        self, model: Any, name: str, payload: Mapping[str, Any]
    ) -> protocol.TrainableSet:
        from kwidgets.models.describe.code_paths import expression
        from kwidgets.models.describe.trainable import FreezeRefusedError, set_trainable

        path, wanted = str(payload.get("layer")), payload.get("trainable")
        if not isinstance(wanted, bool):
            raise RefusalError(f"trainable is true or false; got {wanted!r}")
        try:
            return set_trainable(model, path, wanted, expression(model, path, name))
        except (FreezeRefusedError, LookupError) as error:
            raise RefusalError(str(error)) from error


def _with_seconds(trained: Trained | None, model: Any) -> Trained | None:
    return trained and dataclasses.replace(trained, seconds=runs.seconds_of(model))


def _ok(value: Any) -> protocol.Answer:
    return protocol.Answer(ok=True, value=value)


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
