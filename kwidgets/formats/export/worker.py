"""A program that converts a model; run by :class:`~kwidgets.formats.export.child.Child`.

It loads the model once, and makes one format for each request. It is another process so that the
notebook's is neither busy nor ended by a converter that crashes.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from kwidgets.formats.export.child import ChildError, serve
from kwidgets.formats.export.prepared import Signature, batch_of, load_arrays
from kwidgets.formats.export.problems import problem_of
from kwidgets.formats.export.runtimes.keras_file import texts
from kwidgets.formats.export.runtimes.runtime import module_of
from kwidgets.formats.export.signature_json import from_json
from kwidgets.formats.export.targets import target_of
from kwidgets.formats.export.unchanged import unchanged


class Source:
    """The model, in the forms that converters start from; each is made when it is first needed.

    Args:
        request: has the paths of what the notebook's process has written.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        self.keras_file = Path(request["keras_file"]) if request["keras_file"] else None
        self._written = Path(request["saved_model"]) if request["saved_model"] else None
        self._work = Path(request["work"])
        self._samples = Path(request["samples"])
        self.signature: Signature = from_json(request["signature"])

    @functools.cached_property
    def model(self) -> Any:
        """The Keras model; None where only the notebook's process can load it."""
        if self._written is not None or self.keras_file is None:
            return None
        import keras

        model = keras.saving.load_model(self.keras_file, compile=False)
        # Keras exports to ONNX, and models of one's own class at all, only after a call.
        samples = batch_of(load_arrays(self._samples), 0, self.signature.batch_size or 1)
        with unchanged(model):
            model(self.signature.packed(texts(samples)), training=False)
        return model

    @functools.cached_property
    def saved_model(self) -> Path:
        """The folder of a SavedModel."""
        if self._written is not None:
            return self._written
        if self.model is None:
            raise ValueError("the model could be saved neither as .keras nor as SavedModel")
        folder = self._work / "worker-saved-model"
        self.model.export(str(folder), verbose=False)
        return folder


_source: Source | None = None


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Make one format, and return what was lost and what is to be said."""
    global _source
    if _source is None:
        _source = Source(request)
    target = target_of(request["target"])
    path = Path(request["path"])
    try:
        made = module_of(target.id).convert(_source, path, request)
    except ChildError:
        raise
    except ImportError as error:
        raise ChildError(problem_of(error, target.title), error.name or "") from error
    except Exception as error:
        raise ChildError(problem_of(error, target.title)) from error
    return {
        "lost": list(made.lost),
        "notes": list(made.notes),
        "from_saved_model": made.from_saved_model,
        "file_inputs": list(made.file_inputs),
    }


if __name__ == "__main__":
    serve(answer)
