"""Layouts of kernels in old files → those of this Keras."""

from __future__ import annotations

import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.rebuilt import Arrays
from kwidgets.language import t

# LSTM of Keras 1 keeps W, U and b for each of i, c, f, o; Keras has i, f, c, o side by side.
_LSTM_GATES = (0, 2, 1, 3)
_GRU_GATES = (0, 1, 2)


def turn_round(kernel: np.ndarray, rank: int) -> np.ndarray:
    """Return a kernel with its first ``rank`` axes reversed: Theano convolves, others correlate."""
    return np.ascontiguousarray(kernel[(slice(None, None, -1),) * rank])


def keras1_convolution(kernel: np.ndarray, rank: int, channels_first: bool) -> np.ndarray:
    """Return a kernel of Keras 1 as (height, width …, inputs, outputs)."""
    if channels_first and kernel.ndim == rank + 2:
        return np.transpose(kernel, (*range(2, rank + 2), 1, 0))
    return kernel


def keras1_convolution_1d(kernel: np.ndarray, length: int, filters: int) -> np.ndarray:
    """Return a kernel of Convolution1D of Keras 1 as (length, inputs, outputs)."""
    if kernel.ndim != 4:
        return kernel
    # Before Keras 1.1: (filters, inputs, length, 1).
    if kernel.shape[:2] != (length, 1) or kernel.shape[3] != filters:
        kernel = np.transpose(kernel, (2, 3, 1, 0))
    return kernel[:, 0]


def keras1_transposed(kernel: np.ndarray, channels_first: bool) -> np.ndarray:
    """Return a kernel of Deconvolution2D of Keras 1 as (height, width, outputs, inputs)."""
    if kernel.ndim != 4:
        return kernel
    return np.transpose(kernel, (2, 3, 0, 1) if channels_first else (0, 1, 3, 2))


def keras1_gates(arrays: Arrays, units_axis: int = -1, lstm: bool = True) -> list[np.ndarray]:
    """Return kernel, recurrent kernel and bias of an LSTM (12 arrays) or GRU (9) of Keras 1."""
    gates = _LSTM_GATES if lstm else _GRU_GATES
    if len(arrays) != 3 * len(gates):
        return list(arrays)
    _same_shapes(arrays)
    return [
        np.concatenate(
            [arrays[3 * gate + each] for gate in gates], axis=units_axis if each < 2 else -1
        )
        for each in range(3)
    ]


def _same_shapes(arrays: Arrays) -> None:
    for each in range(3):
        shapes = sorted({str(array.shape) for array in arrays[each::3]})
        if len(shapes) > 1:
            raise FormatError(
                t(
                    "The gates of a recurrent layer have different shapes: %1. "
                    "The file is damaged.",
                    ", ".join(shapes),
                )
            )


def from_cudnn(arrays: Arrays, gates: int) -> list[np.ndarray]:
    """Return the arrays of a CuDNNLSTM (4 gates) or CuDNNGRU (3) as those of LSTM or GRU."""
    if len(arrays) != 3:
        return list(arrays)
    kernel, recurrent, bias = arrays
    if kernel.ndim != 2 or recurrent.ndim != 2 or kernel.shape[1] % gates or bias.ndim != 1:
        return list(arrays)

    def columns_as_rows(each: np.ndarray) -> np.ndarray:
        return each.T.reshape(each.shape, order="F")

    kernel = np.hstack([columns_as_rows(each) for each in np.hsplit(kernel, gates)])
    recurrent = np.hstack([each.T for each in np.hsplit(recurrent, gates)])
    if bias.size != 2 * kernel.shape[1]:
        return [kernel, recurrent, bias]
    halves = bias.reshape(2, -1)
    return [kernel, recurrent, halves.sum(axis=0) if gates == 4 else halves]
