"""Groups of Keras layers that several rules treat in the same way."""

from __future__ import annotations

from typing import Final

CONVOLUTIONS: Final = ("Conv1D", "Conv2D", "Conv3D")
ALL_CONVOLUTIONS: Final = (
    *CONVOLUTIONS,
    *(f"Conv{rank}DTranspose" for rank in (1, 2, 3)),
    *(f"SeparableConv{rank}D" for rank in (1, 2)),
    *(f"DepthwiseConv{rank}D" for rank in (1, 2)),
)
RECURRENT: Final = ("LSTM", "GRU", "SimpleRNN")
ACTIVATION_LAYERS: Final = ("Activation", "Softmax", "ReLU", "LeakyReLU", "PReLU", "ELU")
DROPOUTS: Final = (
    "Dropout",
    "AlphaDropout",
    "GaussianDropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
)
# Layers that change nothing during inference.
IDENTITY_AT_INFERENCE: Final = (*DROPOUTS, "GaussianNoise", "ActivityRegularization", "Identity")
GLOBAL_AVERAGE_POOLINGS: Final = tuple(f"GlobalAveragePooling{rank}D" for rank in (1, 2, 3))
NORMALIZATIONS: Final = (
    "Rescaling",
    "Normalization",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "RMSNormalization",
    "UnitNormalization",
)
WITH_UNITS: Final = ("Dense", *RECURRENT)
WITH_FILTERS: Final = tuple(name for name in ALL_CONVOLUTIONS if "Depthwise" not in name)
# Layers that pass values on nearly unchanged; they may precede the first layer that learns.
PREPROCESSING: Final = (
    *DROPOUTS,
    "GaussianNoise",
    "Flatten",
    "Reshape",
    "Permute",
    "Identity",
    "Masking",
    "Resizing",
    "CenterCrop",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "RandomContrast",
    "RandomBrightness",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "Cropping1D",
    "Cropping2D",
)
