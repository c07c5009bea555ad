"""Write the catalog's table for the installed Keras: ``python tools/make_catalog.py``.

The table holds what ``kwidgets.builder.catalog.signatures`` finds, corrected by the overrides
below, which are the only place for such corrections. Defaults and help texts are not in it: they
come from the installed Keras at run time. ``--check`` writes nothing and fails if the table is not
up to date.
"""

from __future__ import annotations

import fnmatch
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import keras

from kwidgets.builder import catalog
from kwidgets.builder.catalog import signatures

FOLDER = Path(catalog.__file__).parent / "data"

INTERPOLATIONS = ["nearest", "bilinear"]
ALL_INTERPOLATIONS = [*INTERPOLATIONS, "bicubic", "lanczos3", "lanczos5"]

# Users rarely set these; learners never do.
HIDDEN: dict[str, Any] = {"field": "reference", "basic": False}

# Later lines win. Patterns are "section.Class.parameter".
OVERRIDES: dict[str, dict[str, Any]] = {
    # Layers.
    "layers.*.quantization_config": HIDDEN,
    "layers.*.gptq_unpacked_column_size": HIDDEN,
    "layers.*.lora_alpha": {"field": "float"},
    "layers.*.lora_rank": {"field": "int", "minimum": 1},
    "layers.*.flash_attention": {"field": "bool"},
    "layers.*.idf_weights": {"field": "numbers"},
    "layers.*.max_tokens": {"field": "int", "minimum": 1, "basic": True},
    "layers.*.output_mode": {"basic": True},
    "layers.*.recurrent_dropout": {"basic": False},
    "layers.*.recurrent_activation": {"basic": False},
    "layers.*.use_cudnn": {"field": "choice", "choices": ["auto", True, False]},
    "layers.*.weights": {"field": "reference"},
    "layers.*.window": {"field": "choice", "choices": ["hann", "hamming"]},
    "layers.*.value_range": {"basic": True},
    "layers.*.num_heads": {"minimum": 1},
    # Keras's docstrings grant it to DepthwiseConv1D and SeparableConv1D too, which refuse it.
    "layers.Conv1D.padding": {"choices": ["valid", "same", "causal"]},
    "layers.Activation.activation": {"nullable": False},
    "layers.ActivityRegularization.l?": {"basic": True, "minimum": 0},
    "layers.Adaptive*.output_size": {"basic": True},
    "layers.AugMix.interpolation": {"field": "choice", "choices": INTERPOLATIONS},
    "layers.BatchNormalization.momentum": {"basic": True},
    "layers.BatchNormalization.renorm_clipping": {"field": "python"},
    "layers.Bidirectional.backward_layer": {"nullable": True},
    "layers.Bidirectional.merge_mode": {"basic": True},
    "layers.CategoryEncoding.num_tokens": {"basic": True, "minimum": 1},
    "layers.Cropping?D.cropping": {"basic": True},
    "layers.Cropping[23]D.cropping": {"field": "python"},
    "layers.Discretization.bin_boundaries": {"field": "numbers", "basic": True},
    "layers.Discretization.num_bins": {"basic": True, "minimum": 1},
    "layers.EinsumDense.equation": {"field": "text"},
    "layers.EinsumDense.output_shape": {"basic": True},
    "layers.ELU.alpha": {"basic": True},
    "layers.Embedding.mask_zero": {"basic": True},
    "layers.Embedding.weights": {"field": "reference"},
    "layers.GlobalAveragePooling?D.keepdims": {"basic": True},
    "layers.GlobalMaxPooling?D.keepdims": {"basic": True},
    "layers.GroupNormalization.groups": {"basic": True, "minimum": -1},
    "layers.GroupedQueryAttention.*_heads": {"field": "int", "minimum": 1},
    "layers.GroupedQueryAttention.head_dim": {"field": "int", "minimum": 1},
    "layers.Hashing.mask_value": {"field": "python"},
    "layers.Hashing.salt": {"field": "ints"},
    "layers.Hash*.num_bins": {"field": "int", "minimum": 1},
    "layers.InputLayer.batch_size": {"field": "int", "minimum": 1},
    "layers.InputLayer.dtype": {"basic": True},
    "layers.InputLayer.input_tensor": HIDDEN,
    "layers.InputLayer.ragged": {"field": "bool"},
    "layers.InputLayer.shape": {"basic": True},
    "layers.InputLayer.sparse": {"field": "bool"},
    "layers.*Lookup.mask_token": {"field": "text"},
    "layers.*Lookup.salt": {"field": "ints"},
    "layers.*Lookup.vocabulary": {"basic": True},
    "layers.IntegerLookup.mask_token": {"field": "int"},
    "layers.IntegerLookup.vocabulary": {"field": "ints"},
    "layers.IntegerLookup.vocabulary_dtype": {"field": "dtype", "choices": ["int64"]},
    "layers.StringLookup.vocabulary": {"field": "texts"},
    "layers.Lambda.arguments": {"field": "python"},
    "layers.Lambda.function": {"field": "reference", "basic": True},
    "layers.Lambda.mask": {"field": "reference"},
    "layers.Lambda.output_shape": {"field": "shape"},
    "layers.LeakyReLU.negative_slope": {"basic": True},
    "layers.Masking.mask_value": {"basic": True},
    "layers.MultiHeadAttention.attention_axes": {"field": "ints"},
    "layers.MultiHeadAttention.key_dim": {"minimum": 1},
    "layers.MultiHeadAttention.value_dim": {"minimum": 1},
    "layers.Normalization.axis": {"field": "ints", "nullable": True, "basic": True},
    "layers.Normalization.mean": {"field": "numbers", "basic": True},
    "layers.Normalization.variance": {"field": "numbers", "basic": True},
    "layers.*Normalization.axis": {"field": "ints"},
    "layers.BatchNormalization.axis": {"field": "int"},
    "layers.GroupNormalization.axis": {"field": "int"},
    "layers.PReLU.shared_axes": {"field": "ints", "basic": True},
    "layers.RandAugment.interpolation": {"field": "choice", "choices": INTERPOLATIONS},
    "layers.Random*.interpolation": {"field": "choice", "choices": INTERPOLATIONS},
    "layers.Random[STZ]*.fill_mode": {"choices": ["reflect", "wrap", "constant", "nearest"]},
    "layers.Random*.*factor": {"field": "numbers", "basic": True},
    "layers.RandomErasing.fill_value": {"field": "numbers"},
    "layers.RandomErasing.scale": {"basic": True},
    "layers.RandomFlip.mode": {"basic": True},
    "layers.RandomGaussianBlur.kernel_size": {"field": "ints"},
    "layers.RandomGaussianBlur.sigma": {"basic": True},
    "layers.RandomGrayscale.factor": {"field": "float", "minimum": 0},
    "layers.RandomPosterization.factor": {"field": "int", "minimum": 1},
    "layers.ReLU.max_value": {"basic": True},
    "layers.ReLU.negative_slope": {"basic": True},
    "layers.Rescaling.scale": {"field": "numbers"},
    "layers.Rescaling.offset": {"field": "numbers", "basic": True},
    "layers.Resizing.interpolation": {"choices": ALL_INTERPOLATIONS, "basic": True},
    "layers.Resizing.fill_mode": {"field": "choice", "choices": ["constant"]},
    "layers.*.height": {"field": "int", "minimum": 1},
    "layers.*.width": {"field": "int", "minimum": 1},
    "layers.ReversibleEmbedding.logit_soft_cap": {"field": "float"},
    "layers.ReversibleEmbedding.reverse_dtype": {"field": "dtype", "choices": signatures.DTYPES},
    "layers.STFTSpectrogram.mode": {
        "field": "choice",
        "choices": ["log", "magnitude", "psd", "real", "imag", "angle", "stft"],
    },
    "layers.STFTSpectrogram.scaling": {"field": "choice", "choices": ["density", "spectrum"]},
    "layers.Softmax.axis": {"basic": True},
    "layers.Solarization.*_factor": {"basic": True},
    "layers.TFSMLayer.call_training_endpoint": {"field": "text"},
    "layers.TextVectorization.ngrams": {"field": "ints"},
    "layers.TextVectorization.output_mode": {
        "field": "choice",
        "choices": ["int", "multi_hot", "count", "tf_idf"],
    },
    "layers.TextVectorization.output_sequence_length": {
        "field": "int",
        "minimum": 1,
        "basic": True,
    },
    "layers.TextVectorization.split": {"nullable": True},
    "layers.TextVectorization.standardize": {"nullable": True},
    "layers.TextVectorization.vocabulary": {"field": "texts", "basic": True},
    "layers.UpSampling?D.size": {"field": "ints", "minimum": 1, "basic": True},
    "layers.UpSampling1D.size": {"field": "int"},
    "layers.UpSampling2D.interpolation": {"basic": True},
    "layers.ZeroPadding?D.padding": {"basic": True},
    "layers.ZeroPadding[23]D.padding": {"field": "python"},
    "layers.*LSTM*.dropout": {"basic": True},
    "layers.GRU.dropout": {"basic": True},
    "layers.SimpleRNN.dropout": {"basic": True},
    # Optimizers.
    "optimizers.*.momentum": {"basic": True},
    "optimizers.*.nesterov": {"basic": True},
    "optimizers.*.beta_?": {"basic": True},
    "optimizers.*.weight_decay": {"field": "float", "basic": True, "minimum": 0},
    "optimizers.*.clip*": {"field": "float"},
    "optimizers.*.global_clipnorm": {"field": "float"},
    "optimizers.*.ema_overwrite_frequency": {"field": "int", "minimum": 1},
    "optimizers.*.gradient_accumulation_steps": {"field": "int", "minimum": 2},
    "optimizers.*.loss_scale_factor": {"field": "float"},
    "optimizers.Muon.exclude_layers": {"field": "texts"},
    # Losses.
    "losses.*.axis": {"field": "ints"},
    "losses.*.reduction": {
        "choices": ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"]
    },
    "losses.*.from_logits": {"basic": True},
    "losses.*.label_smoothing": {"field": "float", "basic": True, "minimum": 0},
    "losses.*.delta": {"basic": True},
    "losses.*.alpha": {"field": "numbers", "basic": True},
    "losses.*.gamma": {"field": "float", "basic": True},
    "losses.BinaryFocalCrossentropy.alpha": {"field": "float"},
    "losses.Tversky.alpha": {"field": "float"},
    "losses.Tversky.beta": {"field": "float", "basic": True},
    "losses.Circle.margin": {"basic": True},
    "losses.CategoricalGeneralizedCrossEntropy.q": {"basic": True},
    "losses.*.ignore_class": {"field": "int"},
    # Metrics.
    "metrics.*.thresholds": {"field": "numbers", "basic": True},
    "metrics.*.from_logits": {"basic": True},
    "metrics.*.label_smoothing": {"field": "float", "minimum": 0},
    "metrics.*.threshold": {"field": "float", "basic": True},
    "metrics.*.average": {
        "field": "choice",
        "choices": ["micro", "macro", "weighted"],
        "basic": True,
    },
    "metrics.*.top_k": {"field": "int", "minimum": 1},
    "metrics.*.k": {"basic": True, "minimum": 1},
    "metrics.*.target_class_ids": {"field": "shape"},
    "metrics.*.num_classes": {"minimum": 1},
    "metrics.AUC.curve": {"basic": True},
    "metrics.AUC.num_thresholds": {"minimum": 2},
    "metrics.AUC.label_weights": {"field": "numbers"},
    "metrics.FBetaScore.beta": {"basic": True},
    "metrics.MeanMetricWrapper.fn": {"field": "reference"},
    "metrics.R2Score.num_regressors": {"minimum": 0},
    # Callbacks.
    "callbacks.*.monitor": {"field": "text", "basic": True},
    "callbacks.*.patience": {"basic": True, "minimum": 0},
    "callbacks.*.mode": {"basic": True},
    "callbacks.*.verbose": {"field": "choice", "choices": [0, 1]},
    "callbacks.*.save_freq": {"field": "python"},
    "callbacks.*.update_freq": {"field": "python"},
    "callbacks.*.profile_batch": {"field": "ints"},
    "callbacks.CSVLogger.append": {"basic": True},
    "callbacks.CSVLogger.filename": {"field": "text"},
    "callbacks.EarlyStopping.baseline": {"field": "float"},
    "callbacks.EarlyStopping.min_delta": {"field": "float"},
    "callbacks.EarlyStopping.restore_best_weights": {"basic": True},
    "callbacks.EarlyStopping.start_from_epoch": {"basic": True, "minimum": 0},
    "callbacks.LambdaCallback.on_*": {"field": "reference", "basic": True},
    "callbacks.LearningRateScheduler.schedule": {"basic": True},
    "callbacks.*.save_*_only": {"basic": True},
    "callbacks.ReduceLROnPlateau.min_lr": {"basic": True, "minimum": 0},
    "callbacks.TensorBoard.histogram_freq": {"basic": True, "minimum": 0},
    "callbacks.TensorBoard.log_dir": {"basic": True},
    # These have so few arguments that their forms show all of them.
    "initializers.*.*": {"basic": True},
    "initializers.*.seed": {"basic": True},
    "initializers.*.input_axes": {**HIDDEN},
    "initializers.*.output_axes": {**HIDDEN},
    "initializers.STFT.scaling": {"nullable": True},
    "initializers.STFT.window": {"field": "choice", "choices": ["hann", "hamming"]},
    "regularizers.*.*": {"basic": True},
    "regularizers.*.l?": {"minimum": 0},
    "constraints.*.*": {"basic": True},
    "constraints.*.axis": {"field": "ints"},
    "constraints.*.m??_value": {"field": "float"},
    "schedules.*.*": {"basic": True},
    "schedules.*.name": {"basic": False},
    "schedules.*.decay_steps": {"field": "int", "minimum": 1},
    "schedules.*.warmup_target": {"field": "float"},
    "schedules.*.warmup_steps": {"minimum": 0},
}

SEVERAL = "requires two or more inputs, but a layer of a Sequential gets one input"
SAME_INPUTS = "requires a query and a value, but a layer of a Sequential gets one input"
CELL = "a cell computes one step of a recurrent layer. Put it inside RNN"
FRAMEWORK = "wraps an object of another framework, which the form cannot create"

# Why a Sequential cannot contain a class, or why a form cannot create it.
UNUSABLE: dict[str, str] = {
    "layers.Add": SEVERAL,
    "layers.Average": SEVERAL,
    "layers.Concatenate": SEVERAL,
    "layers.Dot": SEVERAL,
    "layers.Maximum": SEVERAL,
    "layers.Minimum": SEVERAL,
    "layers.Multiply": SEVERAL,
    "layers.Subtract": SEVERAL,
    "layers.HashedCrossing": SEVERAL,
    "layers.Attention": SAME_INPUTS,
    "layers.AdditiveAttention": SAME_INPUTS,
    "layers.GroupedQueryAttention": SAME_INPUTS,
    "layers.MultiHeadAttention": SAME_INPUTS,
    "layers.*Cell": CELL,
    "layers.*Cells": CELL,
    "layers.InputLayer": "the input is set in the input card",
    "layers.JaxLayer": FRAMEWORK,
    "layers.FlaxLayer": FRAMEWORK,
    "layers.TorchModuleWrapper": FRAMEWORK,
    "layers.TFSMLayer": "loads a model from a file, which the form cannot check",
    "layers.MaxNumBoundingBoxes": "requires images with bounding boxes",
}

# By the module of the class, below keras.src; the first that fits.
GROUPS: dict[str, str] = {
    "layers.Rescaling": "Image preprocessing",
    "layers.Resizing": "Image preprocessing",
    "layers.CenterCrop": "Image preprocessing",
    "layers.AutoContrast": "Image preprocessing",
    "layers.Equalization": "Image preprocessing",
    "layers.ContrastLimited*": "Image preprocessing",
    "layers.MelSpectrogram": "Audio",
    "layers.STFTSpectrogram": "Audio",
    "layers.Pipeline": "Wrappers",
    "layers.Bidirectional": "Wrappers",
    "layers.TimeDistributed": "Wrappers",
    "layers.SpectralNormalization": "Wrappers",
    "layers/layers.activations": "Activation",
    "layers/layers.attention": "Attention",
    "layers/layers.convolutional": "Convolution",
    "layers/layers.core": "Core",
    "layers/layers.merging": "Merging",
    "layers/layers.normalization": "Normalization",
    "layers/layers.pooling": "Pooling",
    "layers/layers.preprocessing.image_preprocessing": "Image augmentation",
    "layers/layers.preprocessing": "Text and features",
    "layers/layers.regularization": "Regularization",
    "layers/layers.reshaping": "Reshaping",
    "layers/layers.rnn": "Recurrent",
    "layers/": "Other frameworks",
    "losses.*Squared*Error": "Regression",
    "losses.*Absolute*Error": "Regression",
    "losses.Huber": "Regression",
    "losses.LogCosh": "Regression",
    "losses.CosineSimilarity": "Regression",
    "losses.*inge": "Hinge",
    "losses.Dice": "Segmentation",
    "losses.Tversky": "Segmentation",
    "losses.CTC": "Sequences and embeddings",
    "losses.Circle": "Sequences and embeddings",
    "losses/": "Classification",
    "metrics/metrics.accuracy": "Accuracy",
    "metrics/metrics.confusion": "True and false positives",
    "metrics/metrics.f_score": "True and false positives",
    "metrics/metrics.iou": "Segmentation",
    "metrics/metrics.hinge": "Hinge",
    "metrics/metrics.probabilistic": "Probabilities",
    "metrics/metrics.regression": "Regression",
    "metrics/metrics.correlation": "Regression",
    "metrics/metrics.reduction": "Plain",
    "optimizers/": "Optimizer",
    "callbacks/": "Callback",
    "initializers.Constant": "Constant",
    "initializers/initializers.constant": "Constant",
    "initializers/": "Random",
    "regularizers/": "Regularizer",
    "constraints/": "Constraint",
    "schedules/": "Schedule",
}

# Of several identifiers of a class, the one that people write.
USUAL_TEXTS = {"mse", "mae", "mape", "msle", "l1", "l2"}


def group_of(section: str, cls: type) -> str:
    module = cls.__module__.removeprefix("keras.src.")
    for pattern, group in GROUPS.items():
        of, slash, start = pattern.partition("/")
        if slash and of == section and module.startswith(start):
            return group
        if not slash and fnmatch.fnmatchcase(f"{section}.{cls.__name__}", pattern):
            return group
    raise LookupError(f"no group for {section}.{cls.__name__}: add one to GROUPS")


def unusable(section: str, cls: type) -> str:
    name = f"{section}.{cls.__name__}"
    return next((why for p, why in UNUSABLE.items() if fnmatch.fnmatchcase(name, p)), "")


def fields(section: str, cls: type, used: set[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for parameter in signatures.entry(cls, "", "")["parameters"]:
        row: dict[str, Any] = dict(parameter)
        name = f"{section}.{cls.__name__}.{parameter['name']}"
        for pattern, changes in OVERRIDES.items():
            if fnmatch.fnmatchcase(name, pattern):
                used.add(pattern)
                row.update(changes)
        if row["field"] not in {"choice", "dtype"}:
            row.pop("choices", None)
        if row["field"] == "dtype" and row["choices"] == signatures.DTYPES:
            del row["choices"]
        for known in ("name", "required", "default", "help"):
            row.pop(known, None)
        found[parameter["name"]] = {
            key: value for key, value in row.items() if value is not False or key == "field"
        }
    return found


def identifiers(section: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return which class each text stands for, and the usual text of each class."""
    if section in {"layers", "callbacks", "schedules"}:
        return {}, {}
    module = getattr(keras, section)
    private = sys.modules[f"keras.src.{section}"]
    known = catalog.public_classes(section)
    texts: dict[str, str] = {}
    for text, value in sorted(private.ALL_OBJECTS_DICT.items()):
        for key, cls in known.items():
            if value is cls or (not inspect.isclass(value) and wraps(cls, value)):
                texts[text] = key
    usual = {}
    for key, cls in known.items():
        mine = [t for t, of in texts.items() if of == key and t == t.lower() and accepts(module, t)]
        if section == "metrics":
            # A metric given as text is called by that text in the logs.
            mine = [text for text in mine if text == name_of(cls)]
        if mine:
            usual[key] = min(mine, key=lambda text: (text not in USUAL_TEXTS, -len(text), text))
    return texts, usual


def wraps(cls: type, function: Any) -> bool:
    """Whether a loss class computes this function."""
    try:
        return getattr(cls(), "fn", None) is function
    except TypeError:
        return False


def accepts(module: Any, text: str) -> bool:
    try:
        return module.get(text) is not None
    except (KeyError, TypeError, ValueError):
        return False


def name_of(metric: type) -> Any:
    """Return the name that instances have, or None where Keras numbers them."""
    if metric is keras.metrics.Accuracy:
        # compile takes "accuracy" for another class, by the shape of the targets.
        return None
    name = inspect.signature(metric).parameters.get("name")
    return None if name is None else name.default


def table() -> dict[str, Any]:
    used: set[str] = set()
    entries: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    usual: dict[str, Any] = {}
    for section in catalog.SECTIONS:
        for key, cls in sorted(catalog.public_classes(section).items()):
            entries[key] = {
                "group": group_of(section, cls),
                "unusable": unusable(section, cls),
                "parameters": fields(section, cls, used),
            }
        texts[section], usual[section] = identifiers(section)
    unneeded = sorted(set(OVERRIDES) - used)
    if unneeded:
        raise LookupError(f"overrides for arguments that no class has: {', '.join(unneeded)}")
    return {
        "keras_version": keras.__version__,
        "entries": entries,
        "identifiers": {section: found for section, found in texts.items() if found},
        "usual_identifiers": {section: found for section, found in usual.items() if found},
    }


def as_text(content: dict[str, Any]) -> str:
    """Write JSON with a line for each parameter and each identifier, so that diffs can be read."""

    def write(value: Any, depth: int) -> str:
        plain = not isinstance(value, dict) or not value
        if plain or (depth > 1 and "field" in value):
            return json.dumps(value)
        space = " " * (depth + 1)
        rows = [f"{space}{json.dumps(k)}: {write(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"

    return write(content, 0) + "\n"


def main() -> None:
    major, minor = keras.__version__.split(".")[:2]
    path = FOLDER / f"keras-{major}.{minor}.json"
    text = as_text(table())
    if "--check" not in sys.argv:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        sys.exit(f"{path.name} is not up to date: run python tools/make_catalog.py")


if __name__ == "__main__":
    main()
