"""Small nets, one for each kind of layer, with weights and an input that are always the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.formats.caffe.writer import write_caffemodel

Array = npt.NDArray[np.float32]
Shape = tuple[int, ...]
IMAGE: Shape = (2, 3, 9, 11)
VECTOR: Shape = (2, 6)


@dataclass(frozen=True)
class Case:
    """A net whose output is that of its layer "out".

    Attributes:
        layers: the prototxt behind the input "data".
        weights: shapes of the arrays of each layer.
        shape: of the input.
        positive: whether input and weights are above 0, for roots and logarithms.
        channels_last: whether the output is an image, which Keras has channels last.
    """

    layers: str
    weights: Mapping[str, tuple[Shape, ...]] = field(default_factory=dict)
    shape: Shape = IMAGE
    positive: bool = False
    channels_last: bool = True

    @property
    def prototxt(self) -> str:
        """The whole prototxt."""
        dims = " ".join(f"dim: {size}" for size in self.shape)
        return f'name: "case" input: "data" input_shape {{ {dims} }}\n{self.layers}'

    def arrays(self) -> dict[str, list[Array]]:
        """Return the weights of each layer."""
        # The one generator whose numbers NumPy keeps in all releases.
        random = np.random.RandomState(1)
        return {
            name: [self._numbers(random, shape) for shape in shapes]
            for name, shapes in self.weights.items()
        }

    def x(self) -> Array:
        """Return an input, in Caffe's order."""
        return self._numbers(np.random.RandomState(2), self.shape)

    def keras_x(self) -> Array:
        """Return the input in Keras's order."""
        x = self.x()
        return x.transpose(0, 2, 3, 1) if x.ndim == 4 else x

    def _numbers(self, random: np.random.RandomState, shape: Shape) -> Array:
        numbers = random.standard_normal(shape).astype(np.float32)
        return np.abs(numbers) + np.float32(0.1) if self.positive else numbers

    def write(self, folder: Path) -> tuple[Path, Path | None]:
        """Write the prototxt, and the caffemodel if it has weights; return their paths."""
        prototxt = folder / "net.prototxt"
        prototxt.write_text(self.prototxt)
        if not self.weights:
            return prototxt, None
        return prototxt, write_caffemodel(folder / "net.caffemodel", self.arrays())


def layer(
    type_: str,
    fields: str = "",
    bottom: str = "data",
    name: str = "out",
    top: str | None = None,
) -> str:
    """Return a layer; several bottoms or tops are separated by spaces."""
    bottoms = " ".join(f'bottom: "{each}"' for each in bottom.split())
    tops = " ".join(f'top: "{each}"' for each in (top or name).split())
    return f'layer {{ name: "{name}" type: "{type_}" {bottoms} {tops} {fields} }}\n'


def convolution(fields: str, kind: str = "Convolution") -> str:
    """Return a layer with convolution_param."""
    return layer(kind, f"convolution_param {{ {fields} }}")


def pooling(fields: str) -> str:
    """Return a layer with pooling_param."""
    return layer("Pooling", f"pooling_param {{ {fields} }}")


def _two_branches(join: str) -> str:
    return (
        layer("Convolution", "convolution_param { num_output: 3 kernel_size: 1 }", name="a")
        + layer("Power", "power_param { scale: 0.5 shift: 0.1 }", name="b")
        + join
    )


_TWO = {"a": ((3, 3, 1, 1), (3,))}

# What OpenCV computes as Caffe does.
OPENCV: dict[str, Case] = {
    "convolution": Case(convolution("num_output: 4 kernel_size: 3"), {"out": ((4, 3, 3, 3), (4,))}),
    "convolution_same": Case(
        convolution("num_output: 4 kernel_size: 3 pad: 1"), {"out": ((4, 3, 3, 3), (4,))}
    ),
    "convolution_stride": Case(
        convolution("num_output: 4 kernel_size: 4 stride: 3 pad: 2 bias_term: false"),
        {"out": ((4, 3, 4, 4),)},
    ),
    "convolution_oblong": Case(
        convolution(
            "num_output: 4 kernel_h: 3 kernel_w: 5 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 2"
        ),
        {"out": ((4, 3, 3, 5), (4,))},
    ),
    "convolution_groups": Case(
        convolution("num_output: 8 kernel_size: 3 group: 2 pad: 1"),
        {"out": ((8, 2, 3, 3), (8,))},
        (2, 4, 7, 7),
    ),
    "convolution_depthwise": Case(
        convolution("num_output: 3 kernel_size: 3 group: 3 stride: 2 pad: 1"),
        {"out": ((3, 1, 3, 3), (3,))},
    ),
    "convolution_depthwise_multiplier": Case(
        convolution("num_output: 6 kernel_size: 3 group: 3"), {"out": ((6, 1, 3, 3), (6,))}
    ),
    "convolution_dilation": Case(
        convolution("num_output: 4 kernel_size: 3 dilation: 2 pad: 1"),
        {"out": ((4, 3, 3, 3), (4,))},
    ),
    "convolution_dilation_2_stride_2": Case(
        convolution("num_output: 4 kernel_size: 3 dilation: 2 stride: 2 pad: 2"),
        {"out": ((4, 3, 3, 3), (4,))},
    ),
    "convolution_dilation_3_stride_2": Case(
        convolution("num_output: 4 kernel_size: 3 dilation: 3 stride: 2 pad: 1"),
        {"out": ((4, 3, 3, 3), (4,))},
    ),
    "deconvolution": Case(
        convolution("num_output: 4 kernel_size: 3 stride: 2", "Deconvolution"),
        {"out": ((3, 4, 3, 3), (4,))},
    ),
    "deconvolution_pad": Case(
        convolution("num_output: 4 kernel_size: 4 stride: 2 pad: 1", "Deconvolution"),
        {"out": ((3, 4, 4, 4), (4,))},
    ),
    "deconvolution_stride_over_kernel": Case(
        convolution("num_output: 2 kernel_size: 2 stride: 3", "Deconvolution"),
        {"out": ((3, 2, 2, 2), (2,))},
    ),
    "deconvolution_depthwise": Case(
        convolution(
            "num_output: 3 group: 3 kernel_size: 4 stride: 2 pad: 1 bias_term: false",
            "Deconvolution",
        ),
        {"out": ((3, 1, 4, 4),)},
    ),
    "deconvolution_groups": Case(
        convolution("num_output: 6 group: 2 kernel_size: 3 stride: 2", "Deconvolution"),
        {"out": ((4, 3, 3, 3), (6,))},
        (2, 4, 5, 6),
    ),
    "inner_product_of_image": Case(
        layer("InnerProduct", "inner_product_param { num_output: 5 }"),
        {"out": ((5, 297), (5,))},
        channels_last=False,
    ),
    "inner_product_of_vector": Case(
        layer("InnerProduct", "inner_product_param { num_output: 5 bias_term: false }"),
        {"out": ((5, 6),)},
        VECTOR,
    ),
    "pooling_max": Case(pooling("pool: MAX kernel_size: 2 stride: 2")),
    "pooling_max_over_edge": Case(
        pooling("pool: MAX kernel_size: 3 stride: 2"), shape=(2, 3, 8, 10)
    ),
    "pooling_max_pad": Case(pooling("pool: MAX kernel_size: 3 stride: 3 pad: 1")),
    "pooling_ave": Case(pooling("pool: AVE kernel_size: 3 stride: 2")),
    "pooling_ave_over_edge": Case(
        pooling("pool: AVE kernel_size: 3 stride: 2"), shape=(2, 3, 8, 10)
    ),
    "pooling_ave_pad": Case(pooling("pool: AVE kernel_size: 3 stride: 2 pad: 1")),
    "pooling_ave_pad_over_edge": Case(
        pooling("pool: AVE kernel_size: 4 stride: 3 pad: 1"), shape=(2, 3, 8, 10)
    ),
    "pooling_global_ave": Case(pooling("pool: AVE global_pooling: true")),
    "pooling_global_max": Case(pooling("pool: MAX global_pooling: true")),
    "batch_norm": Case(
        layer("BatchNorm", "batch_norm_param { eps: 0.001 }"),
        {"out": ((3,), (3,), (1,))},
        positive=True,
    ),
    "batch_norm_scale": Case(
        layer("BatchNorm", name="bn")
        + layer("Scale", "scale_param { bias_term: true }", bottom="bn"),
        {"bn": ((3,), (3,), (1,)), "out": ((3,), (3,))},
        positive=True,
    ),
    "scale": Case(layer("Scale", "scale_param { bias_term: true }"), {"out": ((3,), (3,))}),
    "lrn": Case(
        layer("LRN", "lrn_param { local_size: 5 alpha: 0.3 beta: 0.75 }"), shape=(2, 8, 5, 6)
    ),
    "relu": Case(layer("ReLU")),
    "relu_slope": Case(layer("ReLU", "relu_param { negative_slope: 0.1 }")),
    "prelu": Case(layer("PReLU"), {"out": ((3,),)}),
    "prelu_shared": Case(layer("PReLU", "prelu_param { channel_shared: true }"), {"out": ((1,),)}),
    "elu": Case(layer("ELU")),
    "sigmoid": Case(layer("Sigmoid")),
    "tanh": Case(layer("TanH")),
    "abs_val": Case(layer("AbsVal")),
    "bnll": Case(layer("BNLL")),
    "exp": Case(layer("Exp", "exp_param { base: 2 scale: 0.5 shift: 0.2 }")),
    "power": Case(
        layer("Power", "power_param { power: 1.5 scale: 0.5 shift: 0.2 }"), positive=True
    ),
    "dropout": Case(layer("Dropout", "dropout_param { dropout_ratio: 0.3 }")),
    "softmax": Case(layer("Softmax")),
    "softmax_axis": Case(layer("Softmax", "softmax_param { axis: 2 }")),
    "concat": Case(_two_branches(layer("Concat", bottom="a b")), _TWO),
    "concat_height": Case(
        _two_branches(layer("Concat", "concat_param { axis: 2 }", bottom="a b")), _TWO
    ),
    "eltwise_sum": Case(
        _two_branches(layer("Eltwise", "eltwise_param { coeff: 1 coeff: -0.5 }", bottom="a b")),
        _TWO,
    ),
    "eltwise_prod": Case(
        _two_branches(layer("Eltwise", "eltwise_param { operation: PROD }", bottom="a b")), _TWO
    ),
    "eltwise_max": Case(
        _two_branches(layer("Eltwise", "eltwise_param { operation: 2 }", bottom="a b")), _TWO
    ),
    "slice": Case(
        layer("Slice", "slice_param { slice_point: 1 }", name="parts", top="first second")
        + layer("Power", "power_param { scale: 2 }", bottom="second", name="doubled")
        + layer("Concat", bottom="doubled first")
    ),
    "split": Case(
        layer("Split", name="both", top="first second") + layer("Eltwise", bottom="first second")
    ),
    "crop": Case(
        layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 }", name="small")
        + layer("Crop", "crop_param { axis: 2 offset: 2 offset: 3 }", bottom="data small")
    ),
    "reshape": Case(
        layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }"),
        channels_last=False,
    ),
    "flatten": Case(layer("Flatten"), channels_last=False),
    "permute": Case(
        layer("Permute", "permute_param { order: 0 order: 3 order: 1 order: 2 }"),
        channels_last=False,
    ),
    "head_of_ssd": Case(
        layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }", name="p")
        + layer("Flatten", bottom="p", name="f")
        + layer(
            "Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }", bottom="f", name="r"
        )
        + layer("Softmax", "softmax_param { axis: 2 }", bottom="r", name="s")
        + layer("Flatten", bottom="s"),
        channels_last=False,
    ),
    "normalize": Case(
        layer("Normalize", "norm_param { across_spatial: false channel_shared: false }"),
        {"out": ((3,),)},
    ),
    "interp": Case(layer("Interp", "interp_param { height: 17 width: 15 }")),
    "shuffle_channel": Case(
        layer("ShuffleChannel", "shuffle_channel_param { group: 2 }"), shape=(2, 6, 4, 5)
    ),
    "mvn": Case(layer("MVN")),
    "squeeze_and_excitation": Case(
        layer("Pooling", "pooling_param { pool: AVE global_pooling: true }", name="mean")
        + layer("InnerProduct", "inner_product_param { num_output: 3 }", bottom="mean", name="fc")
        + layer("Sigmoid", bottom="fc", name="gate")
        + layer(
            "Reshape",
            "reshape_param { shape { dim: 0 dim: 3 dim: 1 dim: 1 } }",
            bottom="gate",
            name="shaped",
        )
        + layer("Scale", "scale_param { axis: 0 }", bottom="data shaped"),
        {"fc": ((3, 3), (3,))},
    ),
}


# What OpenCV has not, or computes otherwise than Caffe: by Caffe's definition in NumPy.


def _lrn(x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    padded = np.pad(x**2, ((0, 0), (size // 2,) * 2, (0, 0), (0, 0)))
    total = sum(padded[:, i : i + x.shape[1]] for i in range(size))
    return np.asarray(x * (k + alpha / size * total) ** -beta)


def _lrn_within(x: Array, size: int, alpha: float, beta: float) -> Array:
    reach = size // 2
    padded = np.pad(x**2, ((0, 0), (0, 0), (reach,) * 2, (reach,) * 2))
    height, width = x.shape[2:]
    total = sum(
        padded[:, :, i : i + height, j : j + width] for i in range(size) for j in range(size)
    )
    return np.asarray(x * (1 + alpha / size**2 * total) ** -beta)


def _norm(x: Array, axes: tuple[int, ...]) -> Array:
    return np.asarray(x / np.sqrt((x**2).sum(axes, keepdims=True) + 1e-10))


Reference = Callable[[Array, Mapping[str, list[Array]]], Array]

NUMPY: dict[str, tuple[Case, Reference]] = {
    "lrn_k": (
        Case(
            layer("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 k: 2 }"),
            shape=(2, 8, 5, 6),
        ),
        lambda x, w: _lrn(x, 3, 0.5, 0.6, 2.0),
    ),
    "lrn_wider_than_channels": (
        Case(layer("LRN", "lrn_param { local_size: 9 alpha: 0.5 }")),
        lambda x, w: _lrn(x, 9, 0.5, 0.75, 1.0),
    ),
    "lrn_within": (
        Case(layer("LRN", "lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL }")),
        lambda x, w: _lrn_within(x, 3, 0.5, 0.75),
    ),
    "pooling_floor": (
        Case(pooling("kernel_size: 2 stride: 2 round_mode: FLOOR")),
        lambda x, w: x[:, :, :8, :10].reshape(2, 3, 4, 2, 5, 2).max((3, 5)),
    ),
    "log": (
        Case(layer("Log", "log_param { base: 10 scale: 2 shift: 0.5 }"), positive=True),
        lambda x, w: np.log10(0.5 + 2 * x),
    ),
    "threshold": (
        Case(layer("Threshold", "threshold_param { threshold: 0.3 }")),
        lambda x, w: (x > 0.3).astype(np.float32),
    ),
    "swish": (
        Case(layer("Swish", "swish_param { beta: 1.5 }")),
        lambda x, w: x / (1 + np.exp(-1.5 * x)),
    ),
    "clip": (
        Case(layer("Clip", "clip_param { min: -0.5 max: 0.7 }")),
        lambda x, w: np.clip(x, -0.5, 0.7),
    ),
    "relu6": (Case(layer("ReLU6")), lambda x, w: np.clip(x, 0, 6)),
    "bias": (
        Case(layer("Bias"), {"out": ((3,),)}),
        lambda x, w: x + w["out"][0][:, None, None],
    ),
    "scale_of_vector": (
        Case(layer("Scale"), {"out": ((6,),)}, VECTOR),
        lambda x, w: x * w["out"][0],
    ),
    "scale_all_axes": (
        Case(
            layer("Scale", "scale_param { num_axes: -1 bias_term: true }"),
            {"out": ((3, 9, 11),) * 2},
        ),
        lambda x, w: x * w["out"][0] + w["out"][1],
    ),
    "scale_scalar": (
        Case(layer("Scale", "scale_param { num_axes: 0 }"), {"out": ((1,),)}),
        lambda x, w: x * w["out"][0][0],
    ),
    "tile": (
        Case(layer("Tile", "tile_param { axis: 1 tiles: 2 }")),
        lambda x, w: np.tile(x, (1, 2, 1, 1)),
    ),
    "reduction": (
        Case(
            layer("Reduction", "reduction_param { axis: 2 operation: SUMSQ coeff: 0.5 }"),
            channels_last=False,
        ),
        lambda x, w: 0.5 * (x**2).sum((2, 3)),
    ),
    "argmax": (
        Case(layer("ArgMax", "argmax_param { axis: 1 }")),
        lambda x, w: x.argmax(1, keepdims=True).astype(np.float32),
    ),
    "argmax_of_all": (
        Case(layer("ArgMax", "argmax_param { top_k: 2 out_max_val: true }"), channels_last=False),
        lambda x, w: np.stack(
            [np.argsort(-x.reshape(2, -1))[:, :2], -np.sort(-x.reshape(2, -1))[:, :2]], 1
        ),
    ),
    "embed": (
        Case(
            layer("Threshold", "threshold_param { threshold: 0 }", name="index")
            + layer("Embed", "embed_param { num_output: 4 input_dim: 2 }", bottom="index"),
            {"out": ((2, 4), (4,))},
            VECTOR,
            channels_last=False,
        ),
        lambda x, w: w["out"][0][(x > 0).astype(int)] + w["out"][1],
    ),
    "upsample": (
        Case(layer("Upsample", "upsample_param { scale: 2 }")),
        lambda x, w: x.repeat(2, 2).repeat(2, 3),
    ),
    "axpy": (
        Case(
            layer("Pooling", "pooling_param { pool: AVE global_pooling: true }", name="mean")
            + layer("Power", "power_param { scale: 2 }", name="twice")
            + layer("Axpy", bottom="mean data twice")
        ),
        lambda x, w: x.mean((2, 3), keepdims=True) * x + 2 * x,
    ),
    "normalize_across": (
        Case(layer("Normalize"), {"out": ((1,),)}),
        lambda x, w: _norm(x, (1, 2, 3)) * w["out"][0][0],
    ),
    "mvn_across": (
        Case(layer("MVN", "mvn_param { across_channels: true normalize_variance: false }")),
        lambda x, w: x - x.mean((1, 2, 3), keepdims=True),
    ),
    "eltwise_min": (
        Case(
            _two_branches(layer("Eltwise", "eltwise_param { operation: MIN }", bottom="a b")), _TWO
        ),
        lambda x, w: np.minimum(
            np.einsum("nchw,oc->nohw", x, w["a"][0][:, :, 0, 0]) + w["a"][1][:, None, None],
            0.5 * x + np.float32(0.1),
        ),
    ),
    "inner_product_transposed": (
        Case(
            layer("InnerProduct", "inner_product_param { num_output: 5 transpose: true }"),
            {"out": ((297, 5), (5,))},
            channels_last=False,
        ),
        lambda x, w: x.reshape(2, -1) @ w["out"][0] + w["out"][1],
    ),
    "inner_product_axis": (
        Case(
            layer("InnerProduct", "inner_product_param { num_output: 5 axis: 2 }"),
            {"out": ((5, 99), (5,))},
            channels_last=False,
        ),
        lambda x, w: x.reshape(2, 3, -1) @ w["out"][0].T + w["out"][1],
    ),
    "dropout_scaled_when_it_predicts": (
        Case(layer("Dropout", "dropout_param { dropout_ratio: 0.25 scale_train: false }")),
        lambda x, w: 0.75 * x,
    ),
    "spp": (
        Case(layer("SPP", "spp_param { pyramid_height: 1 pool: MAX }"), channels_last=False),
        lambda x, w: x.max((2, 3)),
    ),
    "bn_of_segnet": (
        Case(layer("BN"), {"out": ((1, 3, 1, 1), (1, 3, 1, 1))}),
        lambda x, w: x * w["out"][0] + w["out"][1],
    ),
    "interp_zoom": (
        Case(layer("Interp", "interp_param { zoom_factor: 2 }")),
        lambda x, w: _corners_aligned(x, 17, 21),
    ),
}


def _corners_aligned(x: Array, height: int, width: int) -> Array:
    def along(array: Array, axis: int, size: int) -> Array:
        places = np.linspace(0, array.shape[axis] - 1, size)
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, array.shape[axis] - 1)
        weight = (places - low).reshape([-1 if i == axis else 1 for i in range(4)])
        return np.take(array, low, axis) * (1 - weight) + np.take(array, high, axis) * weight

    return along(along(x, 2, height), 3, width)
