# ruff: noqa: UP031, RUF005, B905 - for Python 3.7
"""Keeps what models of Keras 1 and 2 on Theano computed; see the make_*_goldens.py beside it.

For each net NAME the file has NAME/h5 (the bytes of model.save), NAME/x0, x1 ... (inputs) and
NAME/y0, y1 ... (outputs); some have NAME/json and NAME/weights too.
"""

import io
import os
import tempfile

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "theano")
import theano.ifelse  # noqa: F401 - Keras 1 forgets it
from keras.models import Model, Sequential


class Maker:
    """Fills models with random weights, and keeps them with inputs and outputs."""

    def __init__(self, seed):
        self._random = np.random.RandomState(seed)
        self._found = {}

    def fill(self, model):
        """Give each weight a random value; variances stay above 0."""
        for layer in model.layers:
            if isinstance(layer, (Model, Sequential)):
                self.fill(layer)
                continue
            values = []
            for weight, value in zip(layer.weights, layer.get_weights()):
                new = self._random.normal(0, 0.4, value.shape)
                # So it is called in Keras 1 and in Keras 2.
                if "running_std" in str(weight.name) or "variance" in str(weight.name):
                    new = np.abs(new) + 0.5
                values.append(new.astype("float32"))
            layer.set_weights(values)

    def x(self, *shape):
        """Return three random inputs."""
        return self._random.normal(0, 1, (3,) + shape).astype("float32")

    def keep(self, name, model, *inputs, **options):
        """Keep a model; ``compiled`` has the arguments of compile, ``json`` asks for it."""
        self.fill(model)
        if options.get("compiled"):
            optimizer, loss, metric = options["compiled"]
            model.compile(optimizer, loss, metrics=[metric])
        outputs = model.predict(list(inputs) if len(inputs) > 1 else inputs[0])
        handle, path = tempfile.mkstemp(suffix=".h5")
        os.close(handle)
        model.save(path)
        self._found[name + "/h5"] = self._bytes(path)
        if options.get("json"):
            text = model.to_json().encode()
            self._found[name + "/json"] = np.frombuffer(text, dtype="uint8")
            model.save_weights(path, overwrite=True)
            self._found[name + "/weights"] = self._bytes(path)
        os.remove(path)
        for index, each in enumerate(inputs):
            self._found["%s/x%d" % (name, index)] = each
        outputs = outputs if isinstance(outputs, list) else [outputs]
        for index, each in enumerate(outputs):
            self._found["%s/y%d" % (name, index)] = each
        print(name, [each.shape for each in outputs])

    @staticmethod
    def _bytes(path):
        with open(path, "rb") as file:
            return np.frombuffer(file.read(), dtype="uint8")

    def write(self, path):
        """Write all that was kept."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **self._found)
        with open(path, "wb") as out:
            out.write(buffer.getvalue())
        print(len(buffer.getvalue()))
