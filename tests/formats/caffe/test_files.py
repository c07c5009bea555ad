"""Files of all releases of Caffe are read, and what they do not say is reported."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

import kwidgets as kw
from kwidgets.formats.caffe.mean import read_mean
from kwidgets.formats.caffe.read import read
from kwidgets.formats.errors import FormatError
from kwidgets.formats.imported import Imported
from kwidgets.language import translated
from tests.formats.caffe.nets import OPENCV, Case, layer
from tests.formats.caffe.writer import array_bytes, write_caffemodel

INPUT = 'input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n'
CASE = Case(
    layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 }", name="conv")
    + layer("ReLU", bottom="conv", name="relu", top="conv")
    + layer("InnerProduct", "inner_product_param { num_output: 2 }", "conv", "out"),
    {"conv": ((4, 3, 3, 3), (4,)), "out": ((2, 144), (2,))},
    (1, 3, 8, 8),
)
V1 = """
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2
  weight_decay: 1 weight_decay: 0 convolution_param { num_output: 4 kernel_size: 3 } }
layers { name: "relu" type: 18 bottom: "conv" top: "conv" }
layers { name: "out" type: INNER_PRODUCT bottom: "conv" top: "out"
  inner_product_param { num_output: 2 } }
"""
V0 = """
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { layer { name: "conv" type: "conv" num_output: 4 kernelsize: 3 }
  bottom: "data" top: "conv" }
layers { layer { name: "relu" type: "relu" } bottom: "conv" top: "conv" }
layers { layer { name: "out" type: "innerproduct" num_output: 2 } bottom: "conv" top: "out" }
"""


def written(folder: Path, text: str, name: str = "net.prototxt") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def outcomes(imported: Imported) -> dict[str, str]:
    return {each.name: each.outcome for each in imported.facts.layers}


def notes(imported: Imported) -> str:
    """All that the report says, in English."""
    facts = imported.facts
    found = [*facts.notes, *(note for each in facts.layers for note in each.notes)]
    found += [note for each in facts.preprocessing for note in each.notes]
    return "\n".join(translated(note) for note in found)


@pytest.mark.parametrize(("version", "text"), [(0, V0), (1, V1), (2, CASE.prototxt)])
@pytest.mark.parametrize("numbers", ["float", "double", "unpacked", "half"])
def test_each_version_and_each_type_of_numbers_gives_the_same_model(
    version: int, text: str, numbers: str, tmp_path: Path
) -> None:
    arrays = {name: [a.astype("<f2") for a in found] for name, found in CASE.arrays().items()}
    weights = write_caffemodel(tmp_path / "w", arrays, version, numbers)
    model = read(written(tmp_path, text), weights).model
    assert [each.name for each in model.layers] == ["data", "conv", "relu", "out_flatten", "out"]
    np.testing.assert_array_equal(
        to_numpy(model.get_layer("conv").kernel), arrays["conv"][0].transpose(2, 3, 1, 0)
    )


def test_a_net_of_2013_with_layers_of_padding(tmp_path: Path) -> None:
    text = (
        'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
        'layers { layer { name: "pad" type: "padding" pad: 2 } bottom: "data" top: "pad" }\n'
        'layers { layer { name: "conv" type: "conv" num_output: 4 kernelsize: 3 } '
        'bottom: "pad" top: "conv" }\n'
    )
    assert read(written(tmp_path, text), None).model.output_shape == (None, 10, 10, 4)


def test_weights_that_caffe_has_written_as_hdf5(tmp_path: Path) -> None:
    arrays = CASE.arrays()
    with h5py.File(tmp_path / "net.caffemodel.h5", "w") as file:
        for name, found in arrays.items():
            for index, array in enumerate(found):
                file[f"data/{name}/{index}"] = array
    model = read(written(tmp_path, CASE.prototxt), tmp_path / "net.caffemodel.h5").model
    np.testing.assert_array_equal(to_numpy(model.get_layer("out").bias), arrays["out"][1])


def test_the_public_function_takes_both_files_in_any_order(tmp_path: Path) -> None:
    prototxt, weights = CASE.write(tmp_path)
    for first, second in ((prototxt, weights), (weights, prototxt)):
        model, report = kw.import_model(first, second)
        assert model.output_shape == (None, 2)
        assert report.facts.source == "Caffe"
        assert report.facts.num_parameters == 4 * 27 + 4 + 2 * 144 + 2


def test_without_a_caffemodel_the_weights_are_new_and_the_report_says_so(tmp_path: Path) -> None:
    imported = read(written(tmp_path, CASE.prototxt), None)
    assert to_numpy(imported.model.get_layer("conv").kernel).std() > 0
    assert "No caffemodel was passed" in notes(imported)


def test_a_layer_that_the_caffemodel_does_not_have_is_guessed(tmp_path: Path) -> None:
    arrays = {"conv": CASE.arrays()["conv"]}
    imported = read(written(tmp_path, CASE.prototxt), write_caffemodel(tmp_path / "w", arrays))
    assert outcomes(imported) == {"conv": "converted", "relu": "converted", "out": "guessed"}
    assert "The caffemodel has no weights for 1 layers, which start with new ones: out." in notes(
        imported
    )


def test_a_cloned_model_starts_from_random_weights(tmp_path: Path) -> None:
    clone = keras.models.clone_model(read(*CASE.write(tmp_path)).model)
    assert to_numpy(clone.get_layer("conv").kernel).std() > 0


def test_layers_of_the_training_are_not_in_the_model(tmp_path: Path) -> None:
    text = """
    layer { name: "train" type: "Data" top: "data" top: "label" include { phase: TRAIN }
      transform_param { crop_size: 4 } }
    layer { name: "test" type: "Data" top: "data" top: "label" include { phase: TEST }
      transform_param { crop_h: 8 crop_w: 6 mean_value: 104 mean_value: 117 mean_value: 123
      scale: 0.017 } }
    layer { name: "not-test" type: "Power" bottom: "data" top: "data" exclude { phase: TEST } }
    layer { name: "stage" type: "Power" bottom: "data" top: "data" include { stage: "never" } }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
      inner_product_param { num_output: 2 } }
    layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" }
    """
    imported = read(written(tmp_path, text), None)
    assert outcomes(imported) == {
        "test": "guessed",
        "fc": "converted",
        "accuracy": "dropped",
        "loss": "converted",
    }
    assert imported.model.input_shape == (None, 8, 6, 3)
    assert imported.model.layers[-1].name == "loss"
    (preprocessing,) = imported.facts.preprocessing
    assert (preprocessing.channel_order, preprocessing.mean) == ("BGR", (104.0, 117.0, 123.0))
    assert (preprocessing.scale, preprocessing.crop) == (0.017, (8, 6))


def test_a_mean_picture_beside_the_prototxt_is_read(tmp_path: Path) -> None:
    mean = np.arange(3 * 4 * 5, dtype=np.float32).reshape(1, 3, 4, 5)
    (tmp_path / "mean.binaryproto").write_bytes(array_bytes(mean, legacy=True))
    text = """
    layer { name: "d" type: "Data" top: "data" transform_param {
      mean_file: "/home/me/imagenet/mean.binaryproto" crop_size: 4 } }
    layer { name: "relu" type: "ReLU" bottom: "data" top: "out" }
    """
    imported = read(written(tmp_path, text), None)
    assert imported.facts.preprocessing[0].mean == "mean.binaryproto"
    assert "The means of the mean picture's channels: 9.5, 29.5, 49.5." in notes(imported)
    np.testing.assert_array_equal(imported.extras["means"]["data"], mean[0].transpose(1, 2, 0))
    np.testing.assert_array_equal(read_mean(tmp_path / "mean.binaryproto").shape, (4, 5, 3))
    with pytest.raises(FormatError, match="is a mean picture, not a model"):
        kw.import_model(tmp_path / "mean.binaryproto")


def test_an_unknown_layer_is_cut_and_the_tensors_before_it_are_outputs(tmp_path: Path) -> None:
    text = (
        INPUT
        + 'input: "rois" input_shape { dim: 1 dim: 5 }\n'
        + layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 }", name="conv")
        + layer("ROIPooling", bottom="conv rois", name="roi")
        + layer("InnerProduct", "inner_product_param { num_output: 2 }", "roi", "fc")
        + layer("Python", "python_param { module: 'os' layer: 'system' }", "conv", "python")
    )
    imported = read(written(tmp_path, text), None)
    assert outcomes(imported) == {"conv": "converted", "roi": "cut", "fc": "cut", "python": "cut"}
    assert imported.model.output_shape == (None, 6, 6, 4)
    assert "Layers of type ROIPooling cannot be converted." in notes(imported)
    assert "The input “rois” is left out" in notes(imported)


def test_layers_in_place_and_names_with_slashes(tmp_path: Path) -> None:
    text = INPUT + (
        layer("ReLU", name="a/b", top="data")
        + layer("TanH", name="a_b", top="data")
        + layer("Sigmoid", name="a/b", top="data")
    )
    model = read(written(tmp_path, text), None).model
    assert [each.name for each in model.layers] == ["data", "a_b", "a_b_2", "a_b_3"]
    np.testing.assert_allclose(to_numpy(model(np.full((1, 8, 8, 3), -1, "float32"))).flat[0], 0.5)


def test_a_setting_of_channels_first_changes_nothing(tmp_path: Path) -> None:
    prototxt, weights = CASE.write(tmp_path)
    x = CASE.keras_x()
    expected = to_numpy(read(prototxt, weights).model(x))
    keras.config.set_image_data_format("channels_first")
    try:
        found = to_numpy(read(prototxt, weights).model(x))
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(found, expected)


def test_batch_norm_used_twice_is_not_joined_with_its_scale(tmp_path: Path) -> None:
    text = INPUT + (
        layer("BatchNorm", name="bn")
        + layer("Scale", bottom="bn", name="scale")
        + layer("Eltwise", bottom="bn scale", name="sum")
    )
    imported = read(written(tmp_path, text), None)
    assert not imported.model.get_layer("bn").scale
    joined = read(written(tmp_path, CASE_BATCH_NORM), None)
    assert joined.model.get_layer("bn").scale
    assert joined.facts.layers[1].keras_layers == ("bn",)


CASE_BATCH_NORM = dataclasses.replace(OPENCV["batch_norm_scale"], weights={}).prototxt


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layer { name: 'a' type: 'ReLU'", "bracket in line 1"),
        ("input: 'data'\nlayer } {", "Line 2 of the prototxt cannot be read from “} {” on"),
        ("layer {" * 100, "nested deeper than 32 levels"),
        ("layer { name: 'a' type: 'ReLU' }", "does not say what its input is. Add the lines"),
        ("input: 'x' layer { name: 'a' type: 'ReLU' bottom: 'x' top: 'y' }",
         "the shape of its input “x”"),
        ("input: 'x' input_dim: 1 input_dim: 3 input_dim: 99999 input_dim: 99999 "
         "layer { name: 'a' type: 'ReLU' bottom: 'x' top: 'y' }", "The input “x” has the shape"),
        (INPUT + layer("ReLU", bottom="nothing"), "No layer before it has the output “nothing”"),
        (INPUT + layer("Convolution", "convolution_param { num_output: 2 kernel_size: 99 }"),
         r"Layer “out” \(Convolution\): Its kernel of 99 is larger than its padded input of 8"),
        (INPUT + layer("Convolution", "convolution_param { num_output: 2000000 kernel_size: 8 }"),
         "more than 268 million parameters"),
        (INPUT + layer("Convolution", "convolution_param { num_output: 'two' kernel_size: 3 }"),
         "The field “num_output” is “two”. Valid: a whole number"),
        (INPUT + layer("Pooling", "pooling_param { pool: SUM kernel_size: 2 }"), "Valid: MAX, AVE"),
        (INPUT + layer("Upsample", "upsample_param { scale: 100000 }"), "is empty or too large"),
        (INPUT + layer("Python"), "No layer of the net can be converted; the first is “out”"),
    ],
)  # fmt: skip
def test_a_prototxt_that_is_not_valid_is_refused_with_a_sentence(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=said):
        read(written(tmp_path, text), None)


def test_weights_of_another_net_are_listed(tmp_path: Path) -> None:
    prototxt = written(tmp_path, CASE.prototxt)
    others = {"conv": [np.zeros((4, 1, 3, 3))] * 2, "out": [np.zeros((9, 144)), np.zeros(9)]}
    weights = write_caffemodel(tmp_path / "w", others)
    with pytest.raises(FormatError) as caught:
        read(prototxt, weights)
    assert "the arrays of 2 layers have other shapes" in str(caught.value)
    assert "“conv”: 4×3×3×3, 4 in the prototxt, 4×1×3×3" in str(caught.value)
    assert "“out”: 2×144, 2 in the prototxt, 9×144, 9 in the caffemodel" in str(caught.value)
    other_names = write_caffemodel(tmp_path / "w", {"fc8": [np.zeros((2, 2))]})
    with pytest.raises(
        FormatError, match=r"nothing for 2 of 2 layers \(conv, out\), but weights for fc8"
    ):
        read(prototxt, other_names)


def test_a_caffemodel_alone_says_which_prototxt_is_needed(tmp_path: Path) -> None:
    _, weights = CASE.write(tmp_path)
    assert weights is not None
    with pytest.raises(
        FormatError, match=r"of the net “net” with 2 layers \(conv, out\).*net.prototxt"
    ):
        read(weights, None)


def test_a_truncated_caffemodel_is_refused(tmp_path: Path) -> None:
    prototxt, weights = CASE.write(tmp_path)
    assert weights is not None
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(FormatError, match="The file ends too early"):
        read(prototxt, weights)


def test_a_shape_that_promises_more_numbers_than_there_are_allocates_nothing(
    tmp_path: Path,
) -> None:
    from tests.formats.caffe.writer import field, varint

    huge = field(7, field(1, varint(2**40))) + field(5, bytes(8))
    inside = field(1, "conv") + field(2, "Convolution") + field(7, huge)
    (tmp_path / "w").write_bytes(field(1, "net") + field(100, inside))
    with pytest.raises(FormatError, match="An array of shape 1099511627776 has 2 numbers"):
        read(written(tmp_path, CASE.prototxt), tmp_path / "w")


def test_an_hdf5_file_that_links_to_another_file_is_not_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.zeros((2, 144), "f4")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["data/out/0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "secret")
    with pytest.raises(FormatError, match="does not have numbers"):
        read(written(tmp_path, CASE.prototxt), tmp_path / "w.h5")
