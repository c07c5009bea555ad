"""Answer the requests of a view about a model, independent of the channel."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from kwidgets.language import t
from kwidgets.live.page.channel_runs import runs
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.models import protocol
from kwidgets.models.describe.attributes import error_text
from kwidgets.models.namespace.model_finder import FoundModel
from kwidgets.models.namespace.object_inspector import class_name
from kwidgets.models.summary_data import ModelEntry, ModelSummary, Trained, to_wire

Reply = Callable[[protocol.Answer], None]


class RefusalError(ValueError):
    """A request cannot be answered; the message is shown to the user."""


class RequestHandler:
    """Answers requests about models.

    Args:
        lookup: returns the model of a key.
        namespace: returns the user's variables; input shapes are suggested from their data.
        run_later: runs a function in a thread of its own, where it may take long.
    """

    def __init__(
        self,
        lookup: Callable[[str], FoundModel | None],
        namespace: Callable[[], Mapping[str, Any]],
        run_later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._lookup = lookup
        self._namespace = namespace
        self._run_later = run_later

    def entry(self, key: str, names: tuple[str, ...], model: Any) -> ModelEntry:
        """Describe a model for the list; the entry contains the error if that fails."""
        from kwidgets.models.describe.model_entry import model_entry

        try:
            entry = model_entry(model, key, names)
            return dataclasses.replace(entry, trained=_with_watched(entry.trained, model))
        except BaseException as error:
            return ModelEntry(
                key=key,
                names=names,
                name=names[0],
                class_name=class_name(type(model)),
                error=t("Cannot read it. %1", error_text(error)),
            )

    def answer(self, kind: str, payload: Mapping[str, Any], reply: Reply) -> None:
        """Answer a request through ``reply``, now or at the next step of a running fit.

        Raises:
            RefusalError: it cannot be answered.
        """
        key = payload.get("model")
        found = self._lookup(key) if isinstance(key, str) else None
        if found is None or found.model is None:
            raise RefusalError(t("This model no longer exists: no variable refers to it."))
        model, names = found.model, found.names
        if kind == protocol.DESCRIBE:
            reply(_success(to_wire(self.summary(model))))
        elif kind == protocol.INFER:
            reply(_success(to_wire(self.inferred_summary(model, str(payload.get("input_shapes"))))))
        elif kind == protocol.EXPORT:
            reply(_success(self.export(model, names[0], payload)))
        elif kind == protocol.DETAIL:
            self._reply_with_detail(model, names[0], str(payload.get("layer")), reply)
        elif kind == protocol.SET_TRAINABLE:
            reply(_success(self._set_trainable(model, names[0], payload)))
        else:
            raise RefusalError(f"unknown request {kind!r}. Use one of {protocol.REQUEST_KINDS}")

    def summary(self, model: Any) -> ModelSummary:
        """Describe a model in full, with suggested input shapes where shapes are unknown."""
        from kwidgets.models.describe.model_summary import describe
        from kwidgets.models.infer_shapes.input_guess import guess_input_shapes

        summary = describe(model)
        summary = dataclasses.replace(summary, trained=_with_watched(summary.trained, model))
        if summary.root.output_shapes is None or summary.parameters is None:
            guesses = guess_input_shapes(model, self._namespace())
            summary = dataclasses.replace(summary, guesses=guesses)
        return summary

    def inferred_summary(self, model: Any, input_shapes: str) -> ModelSummary:
        """Describe a model as it would be for these input shapes, without building it.

        Raises:
            RefusalError: the shapes do not fit.
        """
        from kwidgets.models.infer_shapes.infer_summary import infer_summary
        from kwidgets.models.infer_shapes.input_guess import guess_input_shapes
        from kwidgets.models.infer_shapes.shape_text import ShapeProblemError

        try:
            summary = infer_summary(model, input_shapes)
        except ShapeProblemError as error:
            raise RefusalError(str(error)) from error
        return dataclasses.replace(summary, guesses=guess_input_shapes(model, self._namespace()))

    def export(self, model: Any, name: str, payload: Mapping[str, Any]) -> str:
        """Return the summary as text to copy.

        Raises:
            RefusalError: an unknown format.
        """
        from kwidgets.models.text import export

        shapes = payload.get("input_shapes")
        summary = (
            self.inferred_summary(model, shapes) if isinstance(shapes, str) else self.summary(model)
        )
        writers: dict[Any, Callable[[], str]] = {
            "text": lambda: export.as_text(summary, name),
            "markdown": lambda: export.as_markdown(summary, name),
            "json": lambda: export.as_json(summary),
        }
        wanted = payload.get("format")
        if wanted not in writers:
            raise RefusalError(f"the format must be one of {', '.join(writers)}, not {wanted!r}")
        return writers[wanted]()

    def _reply_with_detail(self, model: Any, name: str, layer: str, reply: Reply) -> None:
        from kwidgets.models.describe.layer_detail import copy_layer
        from kwidgets.models.describe.layer_expression import layer_expression

        def code_for(path: str) -> str:
            return layer_expression(model, path, name)

        def copy_and_reply(when: str) -> None:
            # The training thread only copies; the statistics are computed later.
            try:
                copy = copy_layer(model, layer, code_for)
            except BaseException as error:
                text = str(error) if isinstance(error, LookupError) else error_text(error)
                self._run_later(lambda: reply(protocol.Answer(ok=False, message=text)))
                return
            self._run_later(lambda: reply(_success(to_wire(copy.detail(when)))))

        run = runs.run_changing(model)
        submit = run.submit if run else None
        if submit is None:
            copy_and_reply(t("now"))
            return
        submit(
            Command(
                "call",
                function=lambda: copy_and_reply(t("between two steps of the running fit")),
                # Not ok: the fit ended before the command ran.
                reply=lambda ok, message: None if ok else copy_and_reply(t("now")),
            )
        )

    def _set_trainable(
        self, model: Any, name: str, payload: Mapping[str, Any]
    ) -> protocol.TrainableSet:
        from kwidgets.models.describe.layer_expression import layer_expression
        from kwidgets.models.requests.trainable import FreezeRefusedError, set_trainable

        paths, wanted = payload.get("layers"), payload.get("trainable")
        if not isinstance(wanted, bool):
            raise RefusalError(f"trainable must be true or false, not {wanted!r}")
        if not isinstance(paths, list) or not paths:
            raise RefusalError(f"layers must be a list of paths, not {paths!r}")
        layers = list(dict.fromkeys(str(path) for path in paths))
        try:
            code = {path: layer_expression(model, path, name) for path in layers}
            return set_trainable(model, code, wanted)
        except (FreezeRefusedError, LookupError) as error:
            raise RefusalError(str(error)) from error


def _with_watched(trained: Trained | None, model: Any) -> Trained | None:
    """Add the watched time, and the steps where no optimizer of the model has counted them."""
    watched = runs.training_of(model)
    if watched is None or not (trained or watched.steps):
        return trained
    trained = trained or Trained(steps=0)
    return dataclasses.replace(
        trained, seconds=watched.seconds, steps=trained.steps or watched.steps
    )


def _success(value: Any) -> protocol.Answer:
    return protocol.Answer(ok=True, value=value)
