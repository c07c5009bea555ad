"""What the search field calls classes, and what it says of names that it does not know."""

from __future__ import annotations

import difflib
import re
from typing import Final

from kwidgets.builder import catalog, fields
from kwidgets.builder.protocol import Entry
from kwidgets.builder.spec import ObjectSpec, Value
from kwidgets.language import t

# How people call layers besides their names.
SHORT_NAMES: Final = {
    "act": "Activation",
    "averagepool": "AveragePooling2D",
    "averagepooling": "AveragePooling2D",
    "avgpool": "AveragePooling2D",
    "batchnorm": "BatchNormalization",
    "block": "Sequential",
    "bn": "BatchNormalization",
    "brightness": "RandomBrightness",
    "contrast": "RandomContrast",
    "conv": "Conv2D",
    "convlstm": "ConvLSTM2D",
    "convolution": "Conv2D",
    "convtranspose": "Conv2DTranspose",
    "crop": "Cropping2D",
    "cropping": "Cropping2D",
    "deconv": "Conv2DTranspose",
    "depthwise": "DepthwiseConv2D",
    "depthwiseconv": "DepthwiseConv2D",
    "do": "Dropout",
    "drop": "Dropout",
    "dwconv": "DepthwiseConv2D",
    "emb": "Embedding",
    "fc": "Dense",
    "flip": "RandomFlip",
    "fullyconnected": "Dense",
    "gap": "GlobalAveragePooling2D",
    "globalaveragepooling": "GlobalAveragePooling2D",
    "globalavgpool": "GlobalAveragePooling2D",
    "globalmaxpool": "GlobalMaxPooling2D",
    "globalmaxpooling": "GlobalMaxPooling2D",
    "gmp": "GlobalMaxPooling2D",
    "groupnorm": "GroupNormalization",
    "input": "InputLayer",
    "layernorm": "LayerNormalization",
    "ln": "LayerNormalization",
    "lrelu": "LeakyReLU",
    "maxpool": "MaxPooling2D",
    "maxpooling": "MaxPooling2D",
    "mha": "MultiHeadAttention",
    "noise": "GaussianNoise",
    "pad": "ZeroPadding2D",
    "padding": "ZeroPadding2D",
    "pool": "MaxPooling2D",
    "pooling": "MaxPooling2D",
    "repeat": "RepeatVector",
    "resize": "Resizing",
    "rescale": "Rescaling",
    "rmsnorm": "RMSNormalization",
    "rotate": "RandomRotation",
    "rotation": "RandomRotation",
    "separable": "SeparableConv2D",
    "separableconv": "SeparableConv2D",
    "sepconv": "SeparableConv2D",
    "spatialdropout": "SpatialDropout2D",
    "td": "TimeDistributed",
    "translation": "RandomTranslation",
    "upsample": "UpSampling2D",
    "upsampling": "UpSampling2D",
    "vectorize": "TextVectorization",
    "zeropad": "ZeroPadding2D",
    "zeropadding": "ZeroPadding2D",
    "zoom": "RandomZoom",
}


class QuickError(ValueError):
    """The text is not understood. The message says what is near, or what would fit."""


def names_of(section: str) -> dict[str, str]:
    """Return all that the classes of a section are called, simplified, and their keys."""
    known = catalog.catalog()
    keys = known.sections[section]
    found = {
        simple(catalog.short_name(alias)): key
        for alias, key in known.aliases.items()
        if key in keys
    }
    found.update({simple(catalog.short_name(key)): key for key in reversed(keys)})
    found.update({simple(key): key for key in keys})
    if section == "layers":
        for short, name in SHORT_NAMES.items():
            key = found.get(simple(name))
            if key is not None:
                found.setdefault(short, key)
    return found


def simple(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def made(entry: Entry, arguments: dict[str, Value]) -> ObjectSpec:
    """Return the object, its arguments checked and in the class's order.

    Raises:
        QuickError: an argument is unknown or cannot have that value.
    """
    try:
        checked = fields.check_arguments(ObjectSpec(entry["key"], arguments)).arguments
    except fields.FieldError as error:
        raise QuickError(str(error)) from None
    order = [parameter["name"] for parameter in entry["parameters"]]
    return ObjectSpec(entry["key"], {name: checked[name] for name in order if name in checked})


def unknown(word: str, section: str) -> QuickError:
    names = names_of(section)
    near = difflib.get_close_matches(simple(word), names, n=6, cutoff=0.6)
    keys = list(dict.fromkeys(names[name] for name in near))[:3]
    shown = [catalog.short_name(key) for key in keys]
    what = (
        t("no layer is called %1", repr(word))
        if section == "layers"
        else fields.unknown_name(word, section)
    )
    listed = [catalog.short_name(key) for key in catalog.catalog().sections[section][:5]]
    hint = fields.did_you_mean(shown) if shown else t("such as %1", ", ".join(listed))
    return QuickError(f"{what}; {hint}")
