"""Losses, and layers that only measure: what they are for a model that predicts."""

from __future__ import annotations

import keras

from kwidgets.formats.caffe.blob import Blob
from kwidgets.formats.caffe.layers.activation import softmax_layer
from kwidgets.formats.caffe.step import Step
from kwidgets.language import Message, message

# Losses of Keras, and what is to be said about them.
_WITHOUT_LAYER: dict[str, tuple[str, Message]] = {
    "EuclideanLoss": (
        "mean_squared_error",
        message(
            "Caffe takes half of the sum over all outputs; Keras takes their mean. "
            "The same learning rate makes smaller steps."
        ),
    ),
    "MultinomialLogisticLoss": (
        "sparse_categorical_crossentropy",
        message("Its input is a probability for each class, as in Keras."),
    ),
}


def softmax_loss(step: Step) -> list[Blob]:
    """SoftmaxWithLoss: Softmax, and the cross-entropy as a loss."""
    blob = step.blob()
    axis = step.inner_axis(blob, step.parameters("softmax_param").integer("axis", 1))
    result = step.result(softmax_layer(step, blob, axis), blob.axes, blob)
    step.conversion.losses.append((result.tensor, "sparse_categorical_crossentropy"))
    step.notes.append(message("The model predicts probabilities; the loss is the cross-entropy."))
    return [result]


def sigmoid_loss(step: Step) -> list[Blob]:
    """SigmoidCrossEntropyLoss: Sigmoid, and the binary cross-entropy as a loss."""
    blob = step.blob()
    layer = keras.layers.Activation("sigmoid", name=step.name())
    result = step.result(step.keras(layer, blob.tensor), blob.axes, blob)
    step.conversion.losses.append((result.tensor, "binary_crossentropy"))
    step.notes.append(
        message(
            "The model predicts probabilities. Caffe sums the binary cross-entropy over all "
            "outputs; Keras takes their mean. The same learning rate makes smaller steps."
        )
    )
    return [result]


def plain_loss(step: Step) -> list[Blob]:
    """A loss on what the net computes already: its input is the output of the model."""
    blob = step.blob()
    step.outcome = "dropped"
    known = _WITHOUT_LAYER.get(step.layer.type)
    if known is None:
        step.notes.append(message("Keras does not have this loss. Choose one to train the model."))
    else:
        step.conversion.losses.append((blob.tensor, known[0]))
        step.notes.append(known[1])
    return []
