"""Finds classes by the names that users type, with short names such as "conv" and "maxpool"."""

from __future__ import annotations

import difflib
import re
from typing import Final

from kwidgets.builder import catalog, fields
from kwidgets.builder.protocol import Entry
from kwidgets.builder.spec import ObjectSpec, Value
from kwidgets.language import t

# Suggested if the user types something that is no layer.
USUAL_LAYERS: Final = ("Dense", "Conv2D", "LSTM")

# Common names of layers, normalized, besides the names of their classes.
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
    """A text cannot be parsed. The message names what is similar, or what would fit."""


def keys_by_name(section: str) -> dict[str, str]:
    """Return the keys of a section's classes by all their names, normalized."""
    known = catalog.catalog()
    keys = known.sections[section]
    found = {
        normalize(catalog.short_name(alias)): key
        for alias, key in known.aliases.items()
        if key in keys
    }
    found.update({normalize(catalog.short_name(key)): key for key in reversed(keys)})
    found.update({normalize(key): key for key in keys})
    if section == "layers":
        for short, name in SHORT_NAMES.items():
            key = found.get(normalize(name))
            if key is not None:
                found.setdefault(short, key)
    return found


def normalize(text: str) -> str:
    """Return a text in lower case with letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def checked_object(entry: Entry, arguments: dict[str, Value]) -> ObjectSpec:
    """Return an object with its arguments checked and in the order of the class.

    Raises:
        QuickError: an argument is unknown or cannot have that value.
    """
    try:
        checked = fields.check_arguments(ObjectSpec(entry["key"], arguments)).arguments
    except fields.FieldError as error:
        raise QuickError(str(error)) from None
    order = [parameter["name"] for parameter in entry["parameters"]]
    return ObjectSpec(entry["key"], {name: checked[name] for name in order if name in checked})


def unknown_class_error(word: str, section: str) -> QuickError:
    """Return the error that a section has no such class, with similar names."""
    names = keys_by_name(section)
    near = difflib.get_close_matches(normalize(word), names, n=6, cutoff=0.6)
    keys = list(dict.fromkeys(names[name] for name in near))[:3]
    shown = [catalog.short_name(key) for key in keys]
    if shown:
        hint = fields.did_you_mean(shown)
    else:
        first = [catalog.short_name(key) for key in catalog.catalog().sections[section][:3]]
        *others, last = USUAL_LAYERS if section == "layers" else first
        hint = t("Try %1.", t("%1 or %2", ", ".join(others), last))
    return QuickError(f"{fields.unknown_name(word, section)} {hint}")
