"""Functions that use hidden state: the global random generators and the working folder.

Each such state has a name here, as if it were a variable: seeding assigns it, drawing random
numbers reads and changes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

NUMPY: Final = "<random numbers of numpy>"
PYTHON: Final = "<random numbers of python>"
TENSORFLOW: Final = "<random numbers of tensorflow>"
TORCH: Final = "<random numbers of torch>"
RANDOM_STATES: Final = frozenset({NUMPY, PYTHON, TENSORFLOW, TORCH})
FOLDER: Final = "<the working folder>"

_TRAINING: Final = frozenset(
    {"epochs", "batch_size", "callbacks", "validation_data", "validation_split", "steps_per_epoch"}
)
_HAS_OWN_STATE: Final = frozenset(
    {"default_rng", "RandomState", "Random", "Generator", "SeedSequence", "SystemRandom", "PCG64",
     "MT19937", "get_state", "getstate", "SeedGenerator", "BitGenerator"}
)  # fmt: skip
_SKLEARN_DRAWS: Final = re.compile(
    r"^(make_.*|train_test_split|shuffle|resample|cross_val.*|permutation_.*|learning_curve)$"
)
# Layers without random weights, with which data is made.
_KERAS_PREPROCESSING: Final = frozenset(
    {"TextVectorization", "StringLookup", "IntegerLookup", "Normalization", "Discretization",
     "CategoryEncoding", "Hashing", "HashedCrossing", "Rescaling", "Resizing", "CenterCrop"}
)  # fmt: skip
_FILES: Final = re.compile(
    r"^(open|fdopen|read_.*|load.*|genfromtxt|fromfile|memmap|imread|i?glob|rglob|listdir|scandir|"
    r"walk|.*_from_directory|flow_from_.*|Path|PurePath|ImageFolder|DatasetFolder|File|ZipFile|"
    r"exists|isfile|isdir|connect|get_file|extractall|TextLineDataset|TFRecordDataset|CsvDataset|"
    r"make_csv_dataset|list_files|read|from_csv|cwd|getcwd|abspath|resolve|parquet_file|Dataset|"
    r"read|imread_collection|fetch_.*|AudioSegment|from_file)$"
)


def seeded_by(dotted: str) -> frozenset[str]:
    """Return the states that a function sets to a known value."""
    root, _, name = dotted.rpartition(".")
    if name == "set_random_seed" and "keras" in root:
        return frozenset({NUMPY, PYTHON, TENSORFLOW, TORCH})
    if name in ("seed", "set_state", "setstate"):
        if root == "numpy.random":
            return frozenset({NUMPY})
        if root == "random":
            return frozenset({PYTHON})
    if name in ("set_seed", "set_random_seed") and dotted.startswith("tensorflow"):
        return frozenset({TENSORFLOW})
    if dotted in ("torch.manual_seed", "torch.random.manual_seed", "torch.cuda.manual_seed_all"):
        return frozenset({TORCH})
    if name in ("seed_everything", "set_seed", "set_random_seed", "set_all_seeds"):
        # Those of Lightning, Transformers and others seed all.
        return RANDOM_STATES
    return frozenset()


def drawn_by(dotted: str, keywords: Collection[str]) -> frozenset[str]:
    """Return the states that a function of a library draws from."""
    root, _, name = dotted.rpartition(".")
    if name in _HAS_OWN_STATE:
        return frozenset()
    if dotted.startswith("scipy.") and name == "rvs":
        return frozenset() if "random_state" in keywords else frozenset({NUMPY})
    if dotted.startswith("numpy.random."):
        return frozenset({NUMPY})
    if dotted.startswith("random."):
        return frozenset({PYTHON})
    if dotted.startswith("sklearn."):
        given = "random_state" in keywords
        return frozenset() if given or not _SKLEARN_DRAWS.match(name) else frozenset({NUMPY})
    if "keras" in root:
        # An initializer without a seed draws one from Python's generator.
        if ".random" in root:
            return frozenset({PYTHON, TENSORFLOW})
        draws = name[:1].isupper() and name not in _KERAS_PREPROCESSING
        return frozenset({PYTHON}) if draws else frozenset()
    if dotted.startswith(
        ("tensorflow.random.", "tensorflow.image.random", "tensorflow.image.stat")
    ):
        return frozenset() if "stateless" in name else frozenset({TENSORFLOW})
    if dotted.startswith("torch.") and (name.startswith("rand") or name in _TORCH_DRAWS):
        return frozenset({TORCH})
    return frozenset()


_TORCH_DRAWS: Final = frozenset(
    {"normal", "multinomial", "bernoulli", "random_split", "DataLoader"}
)


def kept_by(dotted: str) -> frozenset[str]:
    """Return the states that a function returns."""
    known = {"numpy.random.get_state": NUMPY, "random.getstate": PYTHON}
    return frozenset({known[dotted]}) if dotted in known else frozenset()


def drawn_by_method(name: str, origin: str, keywords: Collection[str]) -> frozenset[str]:
    """Return the states that a method draws from.

    Args:
        name: of the method.
        origin: what created the object, if that is known: ``sklearn.cluster.KMeans``.
        keywords: the names of its keyword arguments.
    """
    if name == "shuffle":
        return frozenset() if "seed" in keywords else frozenset({TENSORFLOW})
    if name in ("sample", "rvs"):
        return frozenset() if "random_state" in keywords else frozenset({NUMPY})
    if name.startswith("fit") or name in ("train_on_batch", "split", "get_n_splits"):
        if set(keywords) & _TRAINING or "keras" in origin:
            return RANDOM_STATES
        if origin.startswith("sklearn.preprocessing") or not origin.startswith("sklearn"):
            return frozenset()
        return frozenset({NUMPY})
    return frozenset()


def reads_files(name: str) -> bool:
    """Whether a function of that name may read files, and so depends on the working folder."""
    return _FILES.match(name) is not None
