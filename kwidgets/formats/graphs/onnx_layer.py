"""A Keras layer that runs an ONNX model in ONNX Runtime, for inference, on every backend.

The class needs nothing else of kwidgets, because ``report.to_code()`` writes it into the program.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="kwidgets")
class OnnxModel(keras.layers.Layer):
    """Runs an ONNX model in ONNX Runtime, on the CPU. It cannot be trained.

    The model is saved with the weights: in ``.keras`` and ``.weights.h5`` files.

    Args:
        input_specs: name, shape and dtype of each input; None for sizes that may vary.
        output_specs: name, shape and dtype of each output.
    """

    def __init__(self, input_specs: list[Any], output_specs: list[Any], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.input_specs = [[name, list(shape), dtype] for name, shape, dtype in input_specs]
        self.output_specs = [[name, list(shape), dtype] for name, shape, dtype in output_specs]
        self.supports_jit = keras.backend.backend() == "jax"
        self._convert_input_args = False
        self._model = b""
        self._session: Any = None
        self.built = True

    def set_model(self, model: bytes) -> None:
        """Use a model, as the bytes of an ONNX file."""
        self._model = model
        self._session = None

    def save_own_variables(self, store: Any) -> None:
        store["model"] = np.frombuffer(self._model, dtype="uint8")

    def load_own_variables(self, store: Any) -> None:
        self.set_model(np.asarray(store["model"]).tobytes())

    def session(self) -> Any:
        """Return the session of ONNX Runtime. From bytes, it reads no other file."""
        if self._session is None:
            import onnxruntime

            self._session = onnxruntime.InferenceSession(
                self._model, providers=["CPUExecutionProvider"]
            )
        return self._session

    def run(self, *arrays: Any) -> list[np.ndarray]:
        """Return the outputs for arrays, in the dtypes of the model."""
        feeds = {
            name: np.asarray(array).astype(dtype, copy=False)
            for array, (name, _, dtype) in zip(arrays, self.input_specs, strict=True)
        }
        names = [name for name, _, _ in self.output_specs]
        return [np.asarray(each) for each in self.session().run(names, feeds)]

    def call(self, inputs: Any) -> Any:
        values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        backend = keras.backend.backend()
        outputs: Any
        if backend == "tensorflow":
            import tensorflow as tf

            dtypes = [dtype for _, _, dtype in self.output_specs]
            outputs = tf.numpy_function(self.run, values, dtypes, stateful=False)
            for output, (_, shape, _) in zip(outputs, self.output_specs, strict=True):
                output.set_shape(shape)
        elif backend == "jax":
            outputs = self._call_from_jax(values)
        else:
            arrays = [keras.ops.convert_to_numpy(value) for value in values]
            outputs = [keras.ops.convert_to_tensor(each) for each in self.run(*arrays)]
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def _call_from_jax(self, values: list[Any]) -> Any:
        import jax

        # Only ONNX Runtime knows the sizes of the outputs; JAX asks once for each size of inputs.
        trial = self.run(*(np.zeros(value.shape, dtype=value.dtype) for value in values))
        # Without 64-bit types, JAX takes int64 as int32.
        dtypes = [jax.dtypes.canonicalize_dtype(each.dtype) for each in trial]
        specs = [
            jax.ShapeDtypeStruct(each.shape, dtype)
            for each, dtype in zip(trial, dtypes, strict=True)
        ]

        def run(*arrays: Any) -> list[np.ndarray]:
            made = zip(self.run(*arrays), dtypes, strict=True)
            return [each.astype(dtype, copy=False) for each, dtype in made]

        return jax.pure_callback(run, specs, *values, vmap_method="sequential")

    def compute_output_spec(self, inputs: Any) -> Any:
        specs = [keras.KerasTensor(tuple(shape), dtype) for _, shape, dtype in self.output_specs]
        return specs[0] if len(specs) == 1 else specs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_specs": self.input_specs,
            "output_specs": self.output_specs,
        }
