"""Which function converts each type of layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from kwidgets.formats.caffe.blob import Blob, Constant, Unavailable
from kwidgets.formats.caffe.layers import (
    activation,
    convolution,
    elementwise,
    loss,
    normalization,
    pooling,
    shape,
    ssd,
)
from kwidgets.formats.caffe.step import Step

Converter: TypeAlias = Callable[[Step], Sequence[Blob | Constant | Unavailable]]

CONVERTERS: Mapping[str, Converter] = {
    "AbsVal": activation.absval,
    "ArgMax": elementwise.argmax,
    "Axpy": elementwise.axpy,
    "BN": normalization.bn,
    "BNLL": activation.bnll,
    "BatchNorm": normalization.batch_norm,
    "Bias": normalization.bias,
    "Clip": activation.clip,
    "Concat": shape.concat,
    "Convolution": convolution.convolution,
    "ConvolutionDepthwise": convolution.convolution,
    "Crop": shape.crop,
    "Deconvolution": convolution.deconvolution,
    "DepthwiseConvolution": convolution.convolution,
    "DetectionOutput": ssd.detection_output,
    "Dropout": activation.dropout,
    "ELU": activation.elu,
    "Eltwise": elementwise.eltwise,
    "Embed": convolution.embed,
    "EuclideanLoss": loss.plain_loss,
    "Exp": activation.exp,
    "Flatten": shape.flatten,
    "HingeLoss": loss.plain_loss,
    "InfogainLoss": loss.plain_loss,
    "InnerProduct": convolution.inner_product,
    "Interp": shape.interp,
    "LRN": normalization.lrn,
    "Log": activation.log,
    "MVN": normalization.mvn,
    "MultinomialLogisticLoss": loss.plain_loss,
    "Normalize": normalization.normalize,
    "PReLU": activation.prelu,
    "Permute": shape.permute,
    "Pooling": pooling.pooling,
    "Power": activation.power,
    "PriorBox": ssd.prior_box,
    "ReLU": activation.relu,
    "ReLU6": activation.relu6,
    "Reduction": elementwise.reduction,
    "Reshape": shape.reshape,
    "SPP": pooling.spp,
    "Scale": normalization.scale,
    "ShuffleChannel": shape.shuffle_channel,
    "Sigmoid": activation.sigmoid,
    "SigmoidCrossEntropyLoss": loss.sigmoid_loss,
    "Slice": shape.slice_layer,
    "Softmax": activation.softmax,
    "SoftmaxWithLoss": loss.softmax_loss,
    "Split": shape.split,
    "Swish": activation.swish,
    "TanH": activation.tanh,
    "Threshold": activation.threshold,
    "Tile": shape.tile,
    "Upsample": shape.upsample,
}
# What only measures or writes, beside losses.
MEASURES = frozenset(
    {"Accuracy", "ContrastiveLoss", "DetectionEvaluate", "HDF5Output", "MultiBoxLoss", "Silence"}
)
# Losses whose first input is what the net predicts, and the second the labels.
LOSSES = frozenset(
    {
        "EuclideanLoss",
        "HingeLoss",
        "InfogainLoss",
        "MultinomialLogisticLoss",
        "SigmoidCrossEntropyLoss",
        "SoftmaxWithLoss",
    }
)
