"""One layer of Caffe while it becomes layers of Keras: names, weights, notes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from kwidgets.formats.caffe.blob import IMAGE, Blob, Constant
from kwidgets.formats.caffe.conversion import Conversion, check_elements, squeezed
from kwidgets.formats.caffe.errors import UnsupportedLayerError, WeightsMismatchError
from kwidgets.formats.caffe.names import rename_operation
from kwidgets.formats.caffe.net import Layer, ParamSpec
from kwidgets.formats.caffe.node import Node
from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import Outcome
from kwidgets.language import Message, message, t

Arrays = list[npt.NDArray[np.float32]]


class Step:
    """Converts one layer: functions of ``layers/`` take it and return the layer's outputs.

    Attributes:
        layer: of the net.
        conversion: of the whole net.
        bottoms: the layer's inputs.
        keras_layers: names of what was made, in order.
        notes: for the report.
        outcome: for the report.
    """

    def __init__(
        self, layer: Layer, conversion: Conversion, bottoms: Sequence[Blob | Constant]
    ) -> None:
        self.layer = layer
        self.conversion = conversion
        self.bottoms = list(bottoms)
        self.keras_layers: list[str] = []
        self.notes: list[Message] = []
        self.outcome: Outcome = "converted"
        # The Scale layer whose arrays go into this layer of BatchNorm.
        self.fused_scale: Layer | None = None

    # Inputs.

    def blobs(self, least: int = 1, most: int | None = 1) -> list[Blob]:
        """Return the inputs, which must be ``least`` to ``most`` tensors.

        Raises:
            FormatError: the layer has another number of inputs.
            UnsupportedLayerError: one is a constant.
        """
        if len(self.bottoms) < least or (most is not None and len(self.bottoms) > most):
            raise FormatError(t("%1 inputs (bottom) do not fit this layer.", len(self.bottoms)))
        found = []
        for bottom in self.bottoms:
            if isinstance(bottom, Constant):
                raise UnsupportedLayerError(message("Its input is the constant boxes of PriorBox."))
            if bottom.axes[0] != 0:
                raise UnsupportedLayerError(
                    message("It mixes the samples of a batch, which Keras cannot do.")
                )
            found.append(bottom)
        return found

    def blob(self) -> Blob:
        """Return the only input."""
        return self.blobs()[0]

    def parameters(self, name: str) -> Node:
        """Return a message of the layer's parameters."""
        return self.layer.parameters(name)

    def axis(self, blob: Blob, axis: int) -> int:
        """Return a Caffe axis of a blob as a number from 0.

        Raises:
            FormatError: the blob has fewer axes.
        """
        if not -blob.num_axes <= axis < blob.num_axes:
            raise FormatError(t("It has no axis %1: its input has %2 axes.", axis, blob.num_axes))
        return axis % blob.num_axes

    def inner_axis(self, blob: Blob, axis: int) -> int:
        """Return a Caffe axis from 1: the batch is refused.

        Raises:
            UnsupportedLayerError: it is the batch.
        """
        axis = self.axis(blob, axis)
        if axis == 0:
            raise UnsupportedLayerError(
                message("It mixes the samples of a batch, which Keras cannot do.")
            )
        return axis

    # Layouts.

    def image(self, blob: Blob) -> Any:
        """Return the tensor of an image: batch, height, width, channels."""
        if not blob.is_image:
            raise UnsupportedLayerError(
                message(
                    "Its input has %1 axes; only images with 4 can be converted.",
                    str(blob.num_axes),
                )
            )
        return self.arranged(blob, IMAGE).tensor

    def arranged(self, blob: Blob, axes: Sequence[int]) -> Blob:
        """Return a blob whose axes lie in the tensor as asked for."""
        if tuple(axes) == blob.axes:
            return blob
        order = [0] * blob.num_axes
        for caffe_axis, place in enumerate(axes):
            order[place] = blob.axes[caffe_axis]
        tensor = self.keras(keras.layers.Permute(order[1:], name=self.name("permute")), blob.tensor)
        return Blob(tensor, tuple(axes), blob.inputs)

    def as_caffe(self, blob: Blob) -> Blob:
        """Return a blob whose axes lie in Caffe's order."""
        return self.arranged(blob, range(blob.num_axes))

    def result(self, tensor: Any, axes: Sequence[int], *inputs: Blob) -> Blob:
        """Return an output of the layer.

        Raises:
            FormatError: it is empty or too large.
        """
        check_elements(tuple(tensor.shape[1:]))
        used = inputs or tuple(each for each in self.bottoms if isinstance(each, Blob))
        return Blob(tensor, tuple(axes), frozenset().union(*(each.inputs for each in used)))

    def image_result(self, tensor: Any) -> Blob:
        """Return an output that is an image, channels last."""
        return self.result(tensor, IMAGE)

    # Layers.

    def name(self, suffix: str = "") -> str:
        """Return a name for a layer: that of Caffe's layer, and a suffix for its other parts."""
        base = self.layer.name or self.layer.type or "layer"
        name = self.conversion.names.unique(f"{base}_{suffix}" if suffix else base)
        self.keras_layers.append(name)
        return name

    def keras(self, layer: Any, *tensors: Any) -> Any:
        """Call a layer of Keras on its tensors."""
        return layer(tensors[0] if len(tensors) == 1 else list(tensors))

    def op(self, function: Callable[..., Any], *values: Any, suffix: str = "", **named: Any) -> Any:
        """Call a function of ``keras.ops`` on tensors, and name the operation."""
        result = function(*values, **named)
        first = result[0] if isinstance(result, list | tuple) else result
        rename_operation(first, self.name(suffix or function.__name__.strip("_")))
        return result

    def weighted(
        self,
        layer_type: Any,
        tensor: Any,
        arrays: Arrays | None,
        initializer: str,
        suffix: str = "",
        **settings: Any,
    ) -> Any:
        """Call a layer of Keras that has weights, and set them.

        Args:
            layer_type: the class.
            tensor: its input.
            arrays: its weights, in Keras's order, or None for new ones.
            initializer: the name of its argument for the initializer of the first weight.
            suffix: of its name.
            settings: other arguments.
        """
        layer = layer_type(
            name=self.name(suffix),
            trainable=not self.is_frozen(),
            # Random numbers that are overwritten at once cost JAX a program for each shape.
            **({initializer: "zeros"} if arrays is not None else {}),
            **settings,
        )
        result = layer(tensor)
        if arrays is not None:
            layer.set_weights(arrays)
            # Whoever clones the model to train it anew starts from random numbers again.
            default = "uniform" if layer_type is keras.layers.Embedding else "glorot_uniform"
            setattr(layer, initializer, keras.initializers.get(default))
        return result

    # Weights.

    def stored(
        self,
        shapes: Sequence[Sequence[int]],
        output_shape: Sequence[int],
        axes: Sequence[int],
        layer: Layer | None = None,
    ) -> Arrays | None:
        """Return the layer's arrays, or None if there are none for it.

        Args:
            shapes: what the prototxt asks for.
            output_shape: of the layer's output, without the batch, with the axes of Keras.
            axes: of the output.
            layer: another layer that has them.

        Raises:
            WeightsMismatchError: the file has others.
        """
        name = (layer or self.layer).name
        weights = self.conversion.weights
        found = weights.arrays.get(name) if weights else None
        if found is None:
            self.conversion.reserve(sum(math.prod(shape) for shape in shapes))
            if weights:
                self.conversion.without_weights.append(name)
                self.outcome = "guessed"
                self.notes.append(
                    message("The caffemodel has no weights for it. It starts with new ones.")
                )
            return None
        expected = [tuple(shape) for shape in shapes]
        if len(found) < len(expected) or any(
            squeezed(array.shape) != squeezed(shape)
            for array, shape in zip(found, expected, strict=False)
        ):
            raise WeightsMismatchError(
                t(
                    "“%1”: %2 in the prototxt, %3 in the caffemodel",
                    name,
                    _shapes(expected),
                    _shapes([array.shape for array in found]),
                ),
                output_shape,
                axes,
            )
        pairs = zip(found, expected, strict=False)
        arrays = [array.to_numpy().reshape(shape) for array, shape in pairs]
        self.conversion.num_parameters += sum(array.size for array in arrays)
        return arrays

    def param(self, index: int, layer: Layer | None = None) -> ParamSpec:
        """Return how an array is trained."""
        params = (layer or self.layer).params
        return params[index] if index < len(params) else ParamSpec()

    def is_frozen(self) -> bool:
        """Return whether Caffe does not train the layer: all its learning rates are 0."""
        return bool(self.layer.params) and all(not each.lr_mult for each in self.layer.params)

    def regularizer(self, index: int) -> Any:
        """Return the regularizer that stands for the solver's weight decay, or None."""
        decay = self.conversion.decay
        if decay is None or not (rate := decay.rate * self.param(index).decay_mult):
            return None
        # Caffe adds rate * w to the gradient; Keras derives the sum of factor * w².
        return (
            keras.regularizers.L1(rate) if decay.type == "L1" else keras.regularizers.L2(rate / 2)
        )

    def guess(self, note: Message) -> None:
        """Say in the report that something was guessed."""
        self.outcome = "guessed"
        self.notes.append(note)


def _shapes(shapes: Sequence[Sequence[int]]) -> str:
    return ", ".join("×".join(map(str, shape)) or "1" for shape in shapes[:4]) or "–"
