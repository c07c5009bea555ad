"""Write golden.npz: what OpenCV computes for the nets of nets.py.

OpenCV 4 is the last program to be had from PyPI that runs Caffe files; OpenCV 5 does not read them
any more. It is no dependency of the project, but has an environment of its own. From the root of a
checkout::

    python -m venv golden && golden/bin/pip install "opencv-python-headless<5"
    golden/bin/python -m tests.formats.caffe.make_golden

The file in the repository was made with OpenCV 4.14.0 on x86-64. Each array is the output of the
layer "out", float32, in Caffe's order (batch, channels, height, width), for the input and the
weights of :class:`tests.formats.caffe.nets.Case`. "detections" are those of ``DETECTOR``.

Where OpenCV deviates from Caffe's definition (LRN's ``k``, ``round_mode: FLOOR``) or does not have
the layer, nets.py has a reference in NumPy instead.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tests.formats.caffe.detector import DETECTOR
from tests.formats.caffe.nets import OPENCV, Case

GOLDEN = Path(__file__).parent / "golden.npz"


def run(case: Case) -> np.ndarray:
    """Return the output of the layer "out" in OpenCV."""
    import cv2

    with tempfile.TemporaryDirectory() as folder:
        prototxt, weights = case.write(Path(folder))
        net = cv2.dnn.readNetFromCaffe(str(prototxt), *([str(weights)] if weights else []))
    # Fused layers round otherwise, and crash on a few of these nets.
    net.enableFusion(False)
    net.setInput(case.x())
    return np.array(net.forward("out"), np.float32)


def main() -> None:
    arrays = {}
    for name, case in {**OPENCV, "detections": DETECTOR}.items():
        try:
            arrays[name] = run(case)
        except Exception as error:
            print(f"{name}: {str(error)[:200]}")
    np.savez_compressed(GOLDEN, **arrays)
    print(f"{len(arrays)} outputs, {GOLDEN.stat().st_size} bytes")


if __name__ == "__main__":
    main()
