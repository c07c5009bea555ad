"""Write golden_real.npz: what OpenCV computes for the nets of real_files.py.

Run as make_golden.py, with a folder for the downloads::

    golden/bin/python -m tests.formats.caffe.make_golden_real folder

The input is :func:`tests.formats.caffe.real_files.make_input` with the shape in the prototxt. Of
each output, in Caffe's order, the file has some 200 numbers; detections are kept as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.formats.caffe.real_files import NETS, download, find, kept, make_input

GOLDEN = Path(__file__).parent / "golden_real.npz"
# What the prototxt of each net says.
SHAPES = {
    "res10_ssd": (1, 3, 300, 300),
    "open_nsfw": (1, 3, 224, 224),
    "HorizonalFinemapping": (1, 3, 16, 66),
    "SegmenationFree-Inception": (1, 3, 160, 40),
    "mininet_ssd_v1": (1, 3, 512, 512),
    "refinenet": (1, 3, 48, 120),
}


def main(folder: Path) -> None:
    import cv2

    if not any(folder.glob("*.caffemodel")):
        download(folder)
    arrays = {}
    for name in NETS:
        net = cv2.dnn.readNetFromCaffe(*map(str, find(folder, name)))
        net.enableFusion(False)
        net.setInput(make_input(SHAPES[name]))
        outputs = net.getUnconnectedOutLayersNames()
        for output, values in zip(outputs, net.forward(outputs), strict=True):
            print(name, output, values.shape)
            found = np.array(values, np.float32)
            is_detections = found.ndim == 4 and found.shape[-1] == 7
            arrays[f"{name}/{output}"] = found if is_detections else kept(found)
    np.savez_compressed(GOLDEN, **arrays)
    print(f"{len(arrays)} outputs, {GOLDEN.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
