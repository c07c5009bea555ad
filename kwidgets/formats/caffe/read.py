"""Read Caffe's files: a prototxt or a solver, and the weights of a caffemodel."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import keras

from kwidgets.formats.caffe.caffemodel import Caffemodel, read_caffemodel
from kwidgets.formats.caffe.conversion import Conversion
from kwidgets.formats.caffe.graph import Graph, make_graph
from kwidgets.formats.caffe.hdf5_weights import read_hdf5_weights
from kwidgets.formats.caffe.net import Net, read_net, read_text
from kwidgets.formats.caffe.node import Node
from kwidgets.formats.caffe.preprocessing import find_preprocessing
from kwidgets.formats.caffe.solver import Solver, net_of_solver, read_solver
from kwidgets.formats.detect import Kind, detect
from kwidgets.formats.errors import FormatError
from kwidgets.formats.import_report import ImportFacts
from kwidgets.formats.imported import Imported
from kwidgets.language import Message, message, t

_TEXTS: frozenset[Kind] = frozenset({"caffe_net", "caffe_solver"})
# Below this part of the layers' names a caffemodel is not of this net.
_LEAST_MATCH = 0.5


def read(path: Path, weights: Path | None) -> Imported:
    """Return the model of Caffe's files.

    Its extras are ``post_processing``, a :class:`DetectionOutput`, for a net of SSD; ``solver``, a
    :class:`Solver`, for a solver; and ``means``, mean pictures (height, width, channels) by input.

    Args:
        path: a prototxt or a solver.
        weights: a caffemodel, or None for new weights.

    Raises:
        FormatError: a file is damaged, of another kind, or does not fit the other.
    """
    try:
        return _read(path, weights)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        # A value that nothing above has refused.
        raise FormatError(t("%1 cannot be read: %2", f"“{path}”", str(error)[:200])) from error


def _read(path: Path, weights: Path | None) -> Imported:
    kind = detect(path)
    if kind == "caffe_weights" and weights is not None and detect(weights) in _TEXTS:
        # Which is which, is clear from what is in them.
        path, weights, kind = weights, path, detect(weights)
    if kind == "caffe_weights":
        raise FormatError(_weights_alone(path))
    if kind == "caffe_mean":
        raise FormatError(
            t(
                "“%1” is a mean picture, not a model. "
                "kwidgets.formats.caffe.mean.read_mean(path) returns it as an array.",
                path,
            )
        )
    fields = read_text(path)
    solver: Solver | None = None
    files = [path]
    if kind == "caffe_solver":
        solver = read_solver(fields)
        fields, net_file = net_of_solver(fields, path.parent)
        files += [net_file] if net_file else []
    stored = None if weights is None else _read_weights(weights)
    files += [weights] if weights else []
    return _import(fields, files, stored, solver)


def _import(
    fields: Node, files: list[Path], stored: Caffemodel | None, solver: Solver | None
) -> Imported:
    net = read_net(fields)
    conversion = Conversion(stored, solver.decay if solver else None)
    if stored is not None:
        _check_names(net, stored)
    graph = make_graph(net, conversion)
    names = [tensor.name for tensor in graph.model.inputs]
    preprocessing, means = find_preprocessing(net, graph.inputs, names, files[0].parent)
    notes = [*graph.notes, *_weight_notes(net, conversion)]
    extras: dict[str, Any] = {}
    if conversion.detection is not None:
        extras["post_processing"] = conversion.detection
    if means:
        extras["means"] = means
    if solver is not None:
        extras["solver"] = _compiled(graph, solver)
        notes += solver.notes
    facts = ImportFacts(
        "Caffe",
        tuple(str(file) for file in files),
        graph.layers,
        tuple(notes),
        preprocessing,
        conversion.num_parameters,
    )
    return Imported(graph.model, facts, extras=extras)


def _read_weights(path: Path) -> Caffemodel:
    kind = detect(path)
    if kind == "caffe_weights":
        return read_caffemodel(path)
    if kind == "hdf5":
        return read_hdf5_weights(path)
    raise FormatError(
        t("“%1” has no weights of Caffe. Pass a caffemodel as the second argument.", path)
    )


def _weights_alone(path: Path) -> str:
    stored = read_caffemodel(path)
    layers = list(stored.layer_names)
    beside = sorted(
        file.name for file in path.parent.iterdir() if file.suffix in (".prototxt", ".pbtxt")
    )
    return t(
        "“%1” has the weights of the net “%2” with %3 layers (%4), but not its structure. Pass the "
        'net\'s prototxt first: kw.import_model("deploy.prototxt", "%5"). '
        "Prototxt files in its folder: %6.",
        path,
        stored.net_name or "–",
        len(layers),
        ", ".join(layers[:3]) + (f" … {layers[-1]}" if len(layers) > 3 else ""),
        path.name,
        ", ".join(beside[:5]) or "–",
    )


def _check_names(net: Net, stored: Caffemodel) -> None:
    """Check that the weights are of this net, as far as names tell."""
    with_weights = {
        "BN", "BatchNorm", "Bias", "Convolution", "ConvolutionDepthwise", "Deconvolution",
        "DepthwiseConvolution", "Embed", "InnerProduct", "Normalize", "PReLU", "Scale",
    }  # fmt: skip
    wanted = [
        layer.name
        for layer in net.layers
        if layer.type in with_weights
        and not (layer.type in ("Bias", "Scale") and len(layer.bottoms) > 1)
    ]
    missing = [name for name in wanted if name not in stored.arrays]
    if missing and len(missing) > _LEAST_MATCH * len(wanted):
        known = set(wanted)
        raise FormatError(
            t(
                "“%1” is of another net: it has nothing for %2 of %3 layers (%4), "
                "but weights for %5.",
                stored.path,
                len(missing),
                len(wanted),
                ", ".join(missing[:5]),
                ", ".join([name for name in stored.arrays if name not in known][:5]) or "–",
            )
        )


def _weight_notes(net: Net, conversion: Conversion) -> list[Message]:
    notes = []
    stored = conversion.weights
    if stored is None:
        notes.append(
            message(
                "No caffemodel was passed: the weights are new. "
                "Train the model before you use its predictions."
            )
        )
    elif conversion.without_weights:
        notes.append(
            message(
                "The caffemodel has no weights for %1 layers, which start with new ones: %2.",
                str(len(conversion.without_weights)),
                ", ".join(conversion.without_weights[:10]),
            )
        )
    rates = {spec.lr_mult for layer in net.layers for spec in layer.params} - {0.0}
    if len(rates) > 1:
        notes.append(
            message(
                "Caffe multiplies the learning rate of some weights by lr_mult. "
                "Keras uses one rate."
            )
        )
    shared = [spec.shared_name for layer in net.layers for spec in layer.params if spec.shared_name]
    if len(shared) > len(set(shared)):
        notes.append(message("Some layers share weights in Caffe; here each has its own copy."))
    return notes


def _compiled(graph: Graph, solver: Solver) -> Solver:
    """Compile the model if each of its outputs has a loss, and return the solver with the loss."""
    losses = list(graph.losses)
    if not any(losses):
        return solver
    loss = losses[0] if len(losses) == 1 else losses
    if all(losses):
        optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(solver.optimizer))
        graph.model.compile(optimizer, loss)
    return dataclasses.replace(solver, loss=loss)
