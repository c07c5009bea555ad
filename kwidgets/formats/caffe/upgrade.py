"""Bring layers of old prototxt files into the terms of Caffe 1.0.

V1 files (2014) have ``layers { type: CONVOLUTION }``, V0 files (2013) a ``layer`` in each of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.formats.caffe.node import Node, Value
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# Names and numbers of V1LayerParameter.LayerType.
_V1_TYPES = {
    "ABSVAL": (35, "AbsVal"),
    "ACCURACY": (1, "Accuracy"),
    "ARGMAX": (30, "ArgMax"),
    "BNLL": (2, "BNLL"),
    "CONCAT": (3, "Concat"),
    "CONTRASTIVE_LOSS": (37, "ContrastiveLoss"),
    "CONVOLUTION": (4, "Convolution"),
    "DATA": (5, "Data"),
    "DECONVOLUTION": (39, "Deconvolution"),
    "DROPOUT": (6, "Dropout"),
    "DUMMY_DATA": (32, "DummyData"),
    "ELTWISE": (25, "Eltwise"),
    "EUCLIDEAN_LOSS": (7, "EuclideanLoss"),
    "EXP": (38, "Exp"),
    "FLATTEN": (8, "Flatten"),
    "HDF5_DATA": (9, "HDF5Data"),
    "HDF5_OUTPUT": (10, "HDF5Output"),
    "HINGE_LOSS": (28, "HingeLoss"),
    "IM2COL": (11, "Im2col"),
    "IMAGE_DATA": (12, "ImageData"),
    "INFOGAIN_LOSS": (13, "InfogainLoss"),
    "INNER_PRODUCT": (14, "InnerProduct"),
    "LRN": (15, "LRN"),
    "MEMORY_DATA": (29, "MemoryData"),
    "MULTINOMIAL_LOGISTIC_LOSS": (16, "MultinomialLogisticLoss"),
    "MVN": (34, "MVN"),
    "POOLING": (17, "Pooling"),
    "POWER": (26, "Power"),
    "RELU": (18, "ReLU"),
    "SIGMOID": (19, "Sigmoid"),
    "SIGMOID_CROSS_ENTROPY_LOSS": (27, "SigmoidCrossEntropyLoss"),
    "SILENCE": (36, "Silence"),
    "SLICE": (33, "Slice"),
    "SOFTMAX": (20, "Softmax"),
    "SOFTMAX_LOSS": (21, "SoftmaxWithLoss"),
    "SPLIT": (22, "Split"),
    "TANH": (23, "TanH"),
    "THRESHOLD": (31, "Threshold"),
    "WINDOW_DATA": (24, "WindowData"),
}
_V1_NUMBERS = dict(_V1_TYPES.values())
_V0_TYPES = {
    "conv": "Convolution",
    "pool": "Pooling",
    "innerproduct": "InnerProduct",
    "lrn": "LRN",
    "relu": "ReLU",
    "tanh": "TanH",
    "bnll": "BNLL",
    "hdf5_data": "HDF5Data",
    "hdf5_output": "HDF5Output",
    "images": "ImageData",
    "softmax_loss": "SoftmaxWithLoss",
    **{
        name.lower(): _V1_TYPES[name][1]
        for name in (
            "ACCURACY",
            "CONCAT",
            "DATA",
            "DROPOUT",
            "EUCLIDEAN_LOSS",
            "FLATTEN",
            "IM2COL",
            "INFOGAIN_LOSS",
            "MULTINOMIAL_LOGISTIC_LOSS",
            "SIGMOID",
            "SOFTMAX",
            "SPLIT",
            "WINDOW_DATA",
        )
    },
}
# Where V0's fields, which all stand in the layer itself, belong: message and name.
_CONVOLUTION, _POOLING, _INNER = "convolution_param", "pooling_param", "inner_product_param"
_V0_FIELDS = {
    ("conv", "num_output"): (_CONVOLUTION, "num_output"),
    ("conv", "biasterm"): (_CONVOLUTION, "bias_term"),
    ("conv", "pad"): (_CONVOLUTION, "pad"),
    ("conv", "kernelsize"): (_CONVOLUTION, "kernel_size"),
    ("conv", "group"): (_CONVOLUTION, "group"),
    ("conv", "stride"): (_CONVOLUTION, "stride"),
    ("pool", "pad"): (_POOLING, "pad"),
    ("pool", "kernelsize"): (_POOLING, "kernel_size"),
    ("pool", "stride"): (_POOLING, "stride"),
    ("pool", "pool"): (_POOLING, "pool"),
    ("innerproduct", "num_output"): (_INNER, "num_output"),
    ("innerproduct", "biasterm"): (_INNER, "bias_term"),
    ("dropout", "dropout_ratio"): ("dropout_param", "dropout_ratio"),
    ("lrn", "local_size"): ("lrn_param", "local_size"),
    ("lrn", "alpha"): ("lrn_param", "alpha"),
    ("lrn", "beta"): ("lrn_param", "beta"),
    ("lrn", "k"): ("lrn_param", "k"),
    ("concat", "concat_dim"): ("concat_param", "concat_dim"),
    ("images", "new_height"): ("image_data_param", "new_height"),
    ("images", "new_width"): ("image_data_param", "new_width"),
}
_V0_TRANSFORM = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size"}
_DATA_MESSAGES = ("data_param", "image_data_param", "window_data_param")


def upgraded(net: Node) -> Node:
    """Return a net whose layers all are ``layer`` of V2, with texts as types.

    Raises:
        FormatError: a type of V1 or V0 is unknown.
    """
    layers = [_from_v1(node) for node in _without_padding(net.nodes("layers"))]
    layers += net.nodes("layer")
    for layer in layers:
        _move_transformations(layer)
    fields: dict[str, list[Value]] = {
        name: values for name, values in net.items() if name not in ("layer", "layers")
    }
    return Node({**fields, "layer": layers})


def _from_v1(node: Node) -> Node:
    layer = Node({name: values for name, values in node.items() if name in ("bottom", "top")})
    if node.has("layer"):
        _add_v0(layer, node.node("layer"))
    else:
        for name, values in node.items():
            if name in ("type", "blobs_lr", "weight_decay", "param", "bottom", "top"):
                continue
            for value in values:
                layer.add(name, value)
        layer.add("type", _v1_type(node))
    source = node.node("layer") if node.has("layer") else node
    for param in _params(source):
        layer.add("param", param)
    return layer


def _v1_type(node: Node) -> str:
    value = node.values("type")[-1] if node.has("type") else 0
    if isinstance(value, int) and value in _V1_NUMBERS:
        return _V1_NUMBERS[value]
    if isinstance(value, str):
        # Some files mix the two: `layers` with a type in quotes.
        return _V1_TYPES[value][1] if value in _V1_TYPES else str(value)
    raise FormatError(t("Layer “%1” has an unknown type.", node.text("name")))


def _params(node: Node) -> Iterator[Node]:
    names = node.texts("param") if all(isinstance(v, str) for v in node.values("param")) else []
    rates, decays = node.numbers("blobs_lr"), node.numbers("weight_decay")
    for index in range(max(len(names), len(rates), len(decays))):
        param = Node()
        if index < len(names):
            param.add("name", names[index])
        if index < len(rates):
            param.add("lr_mult", rates[index])
        if index < len(decays):
            param.add("decay_mult", decays[index])
        yield param


def _add_v0(layer: Node, old: Node) -> None:
    old_type = old.text("type")
    layer.add("name", old.text("name"))
    layer.add("type", _V0_TYPES.get(old_type, old_type))
    messages: dict[str, Node] = {}
    for name, values in old.items():
        place = _V0_FIELDS.get((old_type, name))
        if name in _V0_TRANSFORM:
            place = ("transform_param", _V0_TRANSFORM[name])
        if place is not None:
            for value in values:
                messages.setdefault(place[0], Node()).add(place[1], value)
    for name, message in messages.items():
        layer.add(name, message)


def _without_padding(layers: list[Node]) -> list[Node]:
    """Return V0's layers, with the pads of its padding layers in those that come after them."""
    pads: dict[str, tuple[str, int]] = {}
    kept = []
    for node in layers:
        old = node.node("layer")
        bottoms, tops = node.texts("bottom"), node.texts("top")
        if old.text("type") == "padding" and len(bottoms) == len(tops) == 1:
            pads[tops[0]] = (bottoms[0], old.integer("pad"))
            continue
        if len(bottoms) == 1 and bottoms[0] in pads:
            bottom, pad = pads[bottoms[0]]
            padded = Node({name: values for name, values in old.items() if name != "pad"})
            padded.add("pad", pad)
            changed: dict[str, list[Value]] = dict(node.items())
            node = Node({**changed, "layer": [padded], "bottom": [bottom]})
        kept.append(node)
    return kept


def _move_transformations(layer: Node) -> None:
    # Until 2014 scale, mean_file and crop_size stood beside the source of the data.
    for message in _DATA_MESSAGES:
        old = layer.node(message)
        moved = Node()
        for name in ("scale", "mean_file", "crop_size", "mirror"):
            for value in old.values(name):
                moved.add(name, value)
        if any(True for _ in moved.items()):
            layer.add("transform_param", moved)
