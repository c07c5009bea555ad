"""Small graphs without layers: a frozen one of TensorFlow 1, and one of ONNX."""

from __future__ import annotations

import numpy as np


def frozen_graph() -> bytes:
    """Return a net with two outputs, and with placeholders for settings of its training."""
    import tensorflow as tf

    random = np.random.default_rng(0)
    with tf.Graph().as_default() as graph:
        image = tf.compat.v1.placeholder(tf.float32, (None, 6, 6, 2), name="image")
        keep = tf.compat.v1.placeholder(tf.float32, (), name="keep_prob")
        training = tf.compat.v1.placeholder(tf.bool, (), name="training")
        kernel = tf.constant(random.normal(size=(3, 3, 2, 4)).astype("float32"), name="kernel")
        x = tf.nn.relu(tf.nn.conv2d(image, kernel, 1, "SAME"))
        x = tf.reduce_mean(x, (1, 2)) * keep
        x = tf.cond(training, lambda: x * 0.0, lambda: x)
        tf.nn.softmax(x, name="scores")
        tf.argmax(x, -1, name="label")
    return bytes(graph.as_graph_def().SerializeToString())


def onnx_model():  # type: ignore[no-untyped-def]
    """Return a net with two inputs and two outputs, as an ``onnx.ModelProto``."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    kernel = numpy_helper.from_array(random.normal(size=(4, 3, 3, 3)).astype("float32"), "kernel")
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("GlobalAveragePool", ["relu"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Mul", ["flat", "factor"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [
            helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 8, 8]),
            helper.make_tensor_value_info("factor", TensorProto.FLOAT, ["batch", 4]),
        ],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 4]),
            helper.make_tensor_value_info("label", TensorProto.INT64, ["batch", 1]),
        ],
        [kernel],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, producer_name="tests", opset_imports=opset, ir_version=8)
