"""Graphs of operations without layers: frozen TensorFlow graphs and ONNX, inside a Keras layer."""
