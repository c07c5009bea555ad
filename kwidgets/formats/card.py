"""``kw.card(model or run)``: a model card as Markdown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.formats.export.exports import Exports
from kwidgets.formats.model_card.gather import gather
from kwidgets.formats.model_card.markdown import card_markdown, without_front_matter
from kwidgets.record.run import Run


class Card(str):
    """A model card: a text in Markdown that a notebook shows as such."""

    __slots__ = ()

    def save(self, path: str | os.PathLike[str] = "README.md") -> Path:
        """Write it to a file, and return the path.

        Raises:
            FileExistsError: there is a file already.
            FileNotFoundError: there is no such folder. As ``model.save``, this creates none.
        """
        file = Path(path).expanduser()
        if not file.parent.is_dir():
            raise FileNotFoundError(
                f"There is no folder {str(file.parent)!r} for {file.name!r}. Create it first, or "
                "save the card in a folder that exists."
            )
        with open(file, "x", encoding="utf-8") as stream:
            stream.write(wire.encodable(str(self)))
        return file

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        text = wire.encodable(str(self))
        # Markdown cells have no front matter: it would be shown as a heading.
        return {"text/plain": text, "text/markdown": without_front_matter(text)}

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def card(
    of: keras.Model | Run,
    *,
    evaluation: Any = None,
    exports: Exports | None = None,
    file: str | None = None,
) -> Card:
    """Return a model card in Markdown: architecture, data, training, metrics, how to load it.

    What only you know, such as the licence, stands between ‹ › to be filled in.

    Args:
        of: a model, whose latest recorded run with the same architecture is used; or a run of
            ``kwidgets.runs``.
        evaluation: of ``kwidgets.evaluate``, for its metrics and confusion matrix; None for the
            matrix of the last fit, or of the recorded run.
        exports: of ``kwidgets.export``, for the table of formats.
        file: what the code in the card loads. Defaults to the Keras file of ``exports``, without
            one to the first file of ``exports``, and without those to ``model.keras``.

    Returns:
        a string, with ``save("README.md")``.

    Raises:
        TypeError: ``of`` is neither.

    Example:
        >>> kwidgets.card(model).save("README.md")
    """
    if isinstance(of, Run):
        return Card(card_markdown(gather(None, of, evaluation, exports, file)))
    if isinstance(of, keras.Model):
        return Card(card_markdown(gather(of, None, evaluation, exports, file)))
    raise TypeError(f"card needs a Keras model or a run, not {of!r} ({type(of).__name__}).")
