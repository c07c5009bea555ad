"""Every template makes a complete model without mistakes for any input shape."""

from __future__ import annotations

import pytest

from kwidgets.builder.mistakes import Situation, advise
from kwidgets.builder.shapes.model_inference import analyze
from kwidgets.builder.templates import TEMPLATES, by_name

SHAPES = [
    None,
    (1,),
    (4,),
    (8,),
    (64,),
    (200,),
    (784,),
    (None,),
    (4, 4),
    (8, 8),
    (28, 28),
    (100, 3),
    (None, 3),
    (28, 28, 1),
    (32, 32, 3),
    (224, 224, 3),
    (None, None, 3),
    (3, 3, 2),
    (16, 16, 16, 1),
]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_works_without_advice(template, shape):
    spec = template.make(shape)
    analysis = analyze(spec)
    assert analysis.complete
    found = advise(Situation(spec, analysis))
    assert [advice.id for advice in found if advice.level != "tip"] == []


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mlp", [(4,), (28, 28), (32, 32, 3)]),
        ("cnn", [(8, 8), (28, 28), (28, 28, 1), (None, None, 3)]),
        ("lstm", [(None,), (200,)]),
        ("conv1d", [(64,), (100, 3), (None, 3)]),
        ("autoencoder", [(8,), (28, 28), (28, 28, 1)]),
        ("regression", [(8,), (10, 2)]),
    ],
)
def test_it_keeps_a_supported_input_shape(name, shapes):
    for shape in shapes:
        assert by_name(name).make(shape).input_shape == shape


def test_images_without_channels_are_reshaped_for_convolutions():
    spec = by_name("cnn").make((28, 28))
    assert spec.layers[0].title == "Reshape"
    assert spec.layers[0].arguments["target_shape"] == (28, 28, 1)


def test_the_autoencoder_outputs_its_input_shape():
    for shape in [(8,), (28, 28), (4, 4, 3)]:
        assert analyze(by_name("autoencoder").make(shape)).output_shape == (None, *shape)


def test_each_has_layers_of_its_own():
    first, second = by_name("mlp").make(None), by_name("mlp").make(None)
    assert not {entry.uid for entry in first.walk()} & {entry.uid for entry in second.walk()}


def test_names_are_unique_and_an_unknown_one_is_reported():
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)
    with pytest.raises(KeyError, match="The templates are mlp, cnn"):
        by_name("transformer")
