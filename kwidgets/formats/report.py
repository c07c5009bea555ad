"""The report of an import: as data, as text, in the notebook, and as code."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.builder import convert
from kwidgets.formats import report_text as text
from kwidgets.formats.code.functional_program import functional_program
from kwidgets.formats.code.vocabularies import vocabularies
from kwidgets.formats.import_report import ImportedLayer, ImportFacts, Preprocessing
from kwidgets.formats.imported import Imported
from kwidgets.formats.report_html import report_html
from kwidgets.language import translated


class ImportReport:
    """What became of each layer of an imported file, what was guessed, repaired or cut.

    Attributes of a format, such as Caffe's ``solver``, are attributes of the report too.
    """

    def __init__(self, imported: Imported) -> None:
        self._imported = imported

    @property
    def model(self) -> keras.Model:
        """The model that was made."""
        return self._imported.model

    @property
    def facts(self) -> ImportFacts:
        """All of the report, as plain data."""
        return self._imported.facts

    @property
    def layers(self) -> tuple[ImportedLayer, ...]:
        """The layers of the file, in its order."""
        return self.facts.layers

    @property
    def preprocessing(self) -> tuple[Preprocessing, ...]:
        """What the original program did to each input before the model."""
        return self.facts.preprocessing

    @property
    def counts(self) -> dict[str, int]:
        """How many layers were converted, repaired, guessed, dropped or cut, if any were."""
        return {str(name): count for name, count in text.outcome_counts(self.facts).items()}

    @property
    def data(self) -> dict[str, Any]:
        """The report as data that ``json.dumps`` takes; notes are in the kernel's language."""
        facts = dataclasses.asdict(self.facts)
        for part in (facts, *facts["layers"], *facts["preprocessing"]):
            part["notes"] = [translated(note) for note in part["notes"]]
        return wire.encodable({**facts, "counts": self.counts})  # type: ignore[no-any-return]

    def to_code(self, weights: str | os.PathLike[str] | None = None) -> str:
        """Return a program that creates the same model with Keras alone.

        Args:
            weights: a new file, such as ``net.weights.h5``. The weights are saved in it, and the
                program loads them from it. Without it, the program leaves the weights random.
                Vocabularies of more than 100 words are saved beside it, as ``net.NAME.json``.

        Raises:
            ValueError: the name does not end in ``.weights.h5``.
        """
        name = None if weights is None else os.fspath(weights)
        words = vocabularies(self.model, name)
        comments = [self.facts.source, *self._comments(words.missing)]
        program = functional_program(self.model, self._imported.code_of, name, comments, words)
        if name is not None:
            self.model.save_weights(name)
            words.write()
        return program

    def to_text(self) -> str:
        """Return the report as text, the layers that need a look before all others."""
        return text.report_text(self.facts, self._steps())

    def _comments(self, without_vocabulary: list[str]) -> list[str]:
        comments = [text.preprocessing_text(entry) for entry in self.preprocessing]
        cut = [layer.name for layer in self.layers if layer.outcome == "cut"]
        if cut:
            ends = [each._keras_history.operation.name for each in self.model.outputs]
            comments.append(text.cut_text(cut, ends))
        if without_vocabulary:
            comments.append(text.vocabulary_text(without_vocabulary))
        return comments

    def _steps(self) -> list[str]:
        return text.next_steps(_is_chain(self.model))

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/html": wire.encodable(report_html(self.facts, self._steps())),
            "text/plain": wire.encodable(self.to_text()),
        }

    def __getattr__(self, name: str) -> Any:
        extras = self.__dict__["_imported"].extras if "_imported" in self.__dict__ else {}
        if name in extras:
            return extras[name]
        raise AttributeError(
            f"This report has no attribute {name!r}. It has counts, data, facts, layers, model, "
            "preprocessing, to_code(), to_text()"
            f"{''.join(f', {each}' for each in sorted(extras))}."
        )


def _is_chain(model: keras.Model) -> bool:
    """Return whether ``kw.SequentialBuilder(model)`` takes the model."""
    if type(model) is keras.Sequential:
        return True
    try:
        convert.spec_of_chain(model)
    except Exception:
        # The advice is left out; what cannot be described is no error of the import.
        return False
    return True
