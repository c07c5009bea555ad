"""A small SSD: two feature maps, their boxes, and the detections among them."""

from __future__ import annotations

from tests.formats.caffe.nets import Case, layer


def _head(source: str, number: int, boxes: int, fields: str) -> str:
    parts = ""
    for kind, size in (("loc", 4), ("conf", 3)):
        name = f"{kind}{number}"
        parameters = f"convolution_param {{ num_output: {boxes * size} kernel_size: 1 }}"
        order = "permute_param { order: 0 order: 2 order: 3 order: 1 }"
        parts += layer("Convolution", parameters, source, name)
        parts += layer("Permute", order, name, f"{name}_perm")
        parts += layer("Flatten", "flatten_param { axis: 1 }", f"{name}_perm", f"{name}_flat")
    return parts + layer(
        "PriorBox", f"prior_box_param {{ {fields} }}", f"{source} data", f"prior{number}"
    )


DETECTOR = Case(
    layer("Pooling", "pooling_param { pool: AVE kernel_size: 4 stride: 4 }", name="p1")
    + layer("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }", "p1", "p2")
    + _head(
        "p1",
        1,
        4,
        "min_size: 8 max_size: 16 aspect_ratio: 2 flip: true clip: false "
        "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 offset: 0.5",
    )
    + _head(
        "p2",
        2,
        2,
        "min_size: 16 max_size: 24 clip: true step: 8 offset: 0.5 "
        "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2",
    )
    + layer("Concat", "concat_param { axis: 1 }", "loc1_flat loc2_flat", "loc")
    + layer("Concat", "concat_param { axis: 1 }", "conf1_flat conf2_flat", "conf")
    + layer("Concat", "concat_param { axis: 2 }", "prior1 prior2", "prior")
    + layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }", "conf", "conf_rows")
    + layer("Softmax", "softmax_param { axis: 2 }", "conf_rows", "conf_soft")
    + layer("Flatten", "flatten_param { axis: 1 }", "conf_soft", "conf_out")
    + layer(
        "DetectionOutput",
        "detection_output_param { num_classes: 3 share_location: true background_label_id: 0 "
        "nms_param { nms_threshold: 0.45 top_k: 100 } code_type: CENTER_SIZE keep_top_k: 20 "
        "confidence_threshold: 0.3 }",
        "loc conf_out prior",
    ),
    {
        "loc1": ((16, 3, 1, 1), (16,)),
        "conf1": ((12, 3, 1, 1), (12,)),
        "loc2": ((8, 3, 1, 1), (8,)),
        "conf2": ((6, 3, 1, 1), (6,)),
    },
    (2, 3, 32, 32),
    channels_last=False,
)
