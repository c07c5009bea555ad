"""A Keras layer that runs a frozen TensorFlow graph, for inference.

The class needs nothing else of kwidgets, because ``report.to_code()`` writes it into the program.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

# Operations with an effect outside of the graph, or that call Python. A graph is a program: one
# with these could read and write files.
REFUSED_OPERATIONS = (
    "PyFunc",
    "PyFuncStateless",
    "EagerPyFunc",
    "ReadFile",
    "WriteFile",
    "MatchingFiles",
    "Save",
    "SaveV2",
    "SaveSlices",
    "Restore",
    "RestoreV2",
    "RestoreSlice",
    "MergeV2Checkpoints",
    "ShardedFilename",
    "LookupTableImport",
    "LookupTableImportV2",
    "InitializeTableFromTextFile",
    "InitializeTableFromTextFileV2",
    "XlaHostCompute",
    "RemoteCall",
    "RegisterDataset",
    "DebugIdentity",
    "DebugIdentityV2",
    "DebugIdentityV3",
    "PrintV2",
    "Assert",
)
# Further families, by the beginning of their names.
REFUSED_PREFIXES = ("TFRecord", "TextLine", "FixedLengthRecord", "Summary", "WriteSummary", "Tpu")


def refused_operations(graph: Any) -> list[str]:
    """Return the operations of a graph that may have an effect outside of it."""
    found = set()
    parts = [graph.node, *(function.node_def for function in graph.library.function)]
    for nodes in parts:
        for node in nodes:
            if node.op == "Assert":
                # It checks values; frozen graphs keep it.
                continue
            if node.op in REFUSED_OPERATIONS or node.op.startswith(REFUSED_PREFIXES):
                found.add(node.op)
    return sorted(found)


@keras.saving.register_keras_serializable(package="kwidgets")
class FrozenGraph(keras.layers.Layer):
    """Runs a frozen TensorFlow graph. It cannot be trained, and needs the TensorFlow backend.

    The graph is saved with the weights: in ``.keras`` and ``.weights.h5`` files.

    Args:
        graph_inputs: names of the tensors to feed, such as "input:0", in the order of the inputs.
        graph_outputs: names of the tensors to return.
        output_specs: shape and dtype of each output.
        constants: values to feed for other tensors, by name, such as ``{"keep_prob:0": 1.0}``.
    """

    def __init__(
        self,
        graph_inputs: list[str],
        graph_outputs: list[str],
        output_specs: list[Any],
        constants: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.graph_inputs = list(graph_inputs)
        self.graph_outputs = list(graph_outputs)
        self.output_specs = [[list(shape), dtype] for shape, dtype in output_specs]
        self.constants = dict(constants or {})
        # XLA does not compile each operation of TensorFlow 1.
        self.supports_jit = False
        self._convert_input_args = False
        self._graph = b""
        self._function: Any = None
        self.built = True

    def set_graph(self, graph: bytes) -> None:
        """Use a graph, as the bytes of a GraphDef."""
        self._graph = graph
        self._function = None

    def save_own_variables(self, store: Any) -> None:
        store["graph"] = np.frombuffer(self._graph, dtype="uint8")

    def load_own_variables(self, store: Any) -> None:
        self.set_graph(np.asarray(store["graph"]).tobytes())

    def function(self) -> Any:
        """Return the graph as a function of its inputs that returns a list."""
        if self._function is None:
            import tensorflow as tf

            if keras.backend.backend() != "tensorflow":
                raise RuntimeError("A frozen graph needs the TensorFlow backend.")
            graph = tf.compat.v1.GraphDef()
            graph.ParseFromString(self._graph)
            if refused_operations(graph):
                raise ValueError(f"This graph is refused: it has {refused_operations(graph)}.")
            # A function of its own: a graph is not part of the function that is traced now.
            with tf.init_scope():
                whole = tf.compat.v1.wrap_function(
                    lambda: tf.graph_util.import_graph_def(graph, name=""), []
                )
                names = [*self.graph_inputs, *self.constants]
                self._function = whole.prune(
                    [whole.graph.as_graph_element(name) for name in names],
                    [whole.graph.as_graph_element(name) for name in self.graph_outputs],
                )
        return self._function

    def call(self, inputs: Any) -> Any:
        import tensorflow as tf

        values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        function = self.function()
        values += list(self.constants.values())
        fed = [
            tf.cast(value, tensor.dtype)
            for value, tensor in zip(values, function.inputs, strict=False)
        ]
        outputs = function(*fed)
        for output, (shape, _) in zip(outputs, self.output_specs, strict=True):
            output.set_shape(shape)
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        specs = [keras.KerasTensor(tuple(shape), dtype) for shape, dtype in self.output_specs]
        return specs[0] if len(specs) == 1 else specs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "graph_inputs": self.graph_inputs,
            "graph_outputs": self.graph_outputs,
            "output_specs": self.output_specs,
            "constants": self.constants,
        }
