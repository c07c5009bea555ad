"""The report of an import: as data, as text, in the notebook, and as code."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.formats.import_report import ImportedLayer, ImportFacts, Preprocessing
from kwidgets.formats.imported import Imported


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

    def __getattr__(self, name: str) -> Any:
        extras = self.__dict__["_imported"].extras if "_imported" in self.__dict__ else {}
        if name in extras:
            return extras[name]
        raise AttributeError(
            f"This report has no attribute {name!r}. It has facts, layers, model, preprocessing, "
            f"to_code(), to_text(){''.join(f', {each}' for each in sorted(extras))}."
        )
