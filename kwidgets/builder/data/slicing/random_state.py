"""Random numbers come out of states, and files out of a folder, that no statement names.

Each such state goes by a name of its own here, as if it were a variable: to seed it is to bind it,
to draw from it is to read and to change it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

NUMPY: Final = "<random numbers of numpy>"
PYTHON: Final = "<random numbers of python>"
TENSORFLOW: Final = "<random numbers of tensorflow>"
TORCH: Final = "<random numbers of torch>"
STREAMS: Final = frozenset({NUMPY, PYTHON, TENSORFLOW, TORCH})
FOLDER: Final = "<the working folder>"

_TRAINING: Final = frozenset(
    {"epochs", "batch_size", "callbacks", "validation_data", "validation_split", "steps_per_epoch"}
)
_OWN_STATE: Final = frozenset(
    {"default_rng", "RandomState", "Random", "Generator", "SeedSequence", "SystemRandom", "PCG64",
     "MT19937", "get_state", "getstate", "SeedGenerator", "BitGenerator"}
)  # fmt: skip
_OF_SKLEARN: Final = re.compile(
    r"^(make_.*|train_test_split|shuffle|resample|cross_val.*|permutation_.*|learning_curve)$"
)
_FILES: Final = re.compile(
    r"^(open|fdopen|read_.*|load.*|genfromtxt|fromfile|memmap|imread|i?glob|rglob|listdir|scandir|"
    r"walk|.*_from_directory|flow_from_.*|Path|PurePath|ImageFolder|DatasetFolder|File|ZipFile|"
    r"exists|isfile|isdir|connect|get_file|extractall|TextLineDataset|TFRecordDataset|CsvDataset|"
    r"make_csv_dataset|list_files|read|from_csv|cwd|getcwd|abspath|resolve|parquet_file|Dataset|"
    r"read|imread_collection|fetch_.*|AudioSegment|from_file)$"
)


def seeded_by(dotted: str) -> frozenset[str]:
    """The states that a function puts to a known value."""
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
        # Of lightning, transformers and the like: they set them all.
        return STREAMS
    return frozenset()


def drawn_by(dotted: str, keywords: Collection[str]) -> frozenset[str]:
    """The states that a function of a library draws from."""
    root, _, name = dotted.rpartition(".")
    if name in _OWN_STATE:
        return frozenset()
    if dotted.startswith("scipy.") and name == "rvs":
        return frozenset() if "random_state" in keywords else frozenset({NUMPY})
    if dotted.startswith("numpy.random."):
        return frozenset({NUMPY})
    if dotted.startswith("random."):
        return frozenset({PYTHON})
    if dotted.startswith("sklearn."):
        given = "random_state" in keywords
        return frozenset() if given or not _OF_SKLEARN.match(name) else frozenset({NUMPY})
    if "keras" in root:
        # An initialiser without a seed takes one from Python's.
        if ".random" in root:
            return frozenset({PYTHON, TENSORFLOW})
        return frozenset({PYTHON}) if name[:1].isupper() else frozenset()
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
    """The states that a function returns."""
    known = {"numpy.random.get_state": NUMPY, "random.getstate": PYTHON}
    return frozenset({known[dotted]}) if dotted in known else frozenset()


def drawn_by_method(name: str, origin: str, keywords: Collection[str]) -> frozenset[str]:
    """The states that a method draws from.

    Args:
        name: of the method.
        origin: what made the object, as far as is known: ``sklearn.cluster.KMeans``.
        keywords: what it is given by name.
    """
    if name == "shuffle":
        return frozenset() if "seed" in keywords else frozenset({TENSORFLOW})
    if name in ("sample", "rvs"):
        return frozenset() if "random_state" in keywords else frozenset({NUMPY})
    if name.startswith("fit") or name in ("train_on_batch", "split", "get_n_splits"):
        if set(keywords) & _TRAINING or "keras" in origin:
            return STREAMS
        if origin.startswith("sklearn.preprocessing") or not origin.startswith("sklearn"):
            return frozenset()
        return frozenset({NUMPY})
    return frozenset()


def reads_files(name: str) -> bool:
    """Whether a function of that name may look at files, and so at the folder they are in."""
    return _FILES.match(name) is not None
