"""Defines the steps of 04_object_detection: write the parts of an anchor-free detector."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kwidgets.tutorials.check_values import finite_array, finite_float, is_close, short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed

_PAIRS = (
    ("the same box twice", (2, 3, 12, 9), (2, 3, 12, 9), 1.0),
    ("half of each box is shared", (0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
    ("one box inside the other", (0, 0, 10, 10), (2, 2, 7, 6), 0.2),
    ("boxes side by side", (0, 0, 10, 10), (20, 0, 30, 10), 0.0),
    ("boxes apart in both directions", (0, 0, 10, 10), (20, 20, 30, 30), 0.0),
)


def _check_iou(user_ns: UserNamespace) -> Iterator[CheckResult]:
    for case, a, b, expected in _PAIRS:
        value = user_ns.iou(a, b)
        yield expect(
            is_close(value, expected),
            f"{case}: {expected:.2f}",
            f"{case}: `iou({a}, {b})` should be about {expected:.2f}; it is {short_repr(value)}.",
        )


_BOXES = (
    ((10, 20, 20, 34), (3, 1, 0.875, 0.375)),
    ((0, 0, 12, 12), (0, 0, 0.75, 0.75)),
    ((34, 5, 48, 19), (1, 5, 0.125, 0.5)),
)


def _check_cell(user_ns: UserNamespace) -> Iterator[CheckResult]:
    for box, expected in _BOXES:
        value = user_ns.cell_of(box)
        row, column, right, down = expected
        found = finite_array(value, (4,))
        if found is None:
            yield failed(f"`cell_of({box})` should be four numbers; it is {short_repr(value)}.")
        elif is_close(found[:2], (column, row)) and row != column:
            yield failed(f"The row comes first: it is counted downwards. Got {short_repr(value)}.")
        elif not is_close(found[:2], (row, column)):
            yield failed(f"The cell of {box}: it is not in row {found[0]:g}, column {found[1]:g}.")
        else:
            yield expect(
                is_close(found[2:], (right, down)),
                f"the box {box}: the cell and the place in it",
                f"The box {box}: the cell is right; the centre's place in it should be parts of a "
                f"cell, first to the right, then down. Got {short_repr(value)}.",
            )


def _check_focal(user_ns: UserNamespace) -> Iterator[CheckResult]:
    cases = ((0.9, 1), (0.1, 0), (0.3, 1), (0.8, 0))
    for objectness, is_there in cases:
        p = objectness if is_there else 1 - objectness
        expected = -((1 - p) ** 2) * np.log(p)
        value = user_ns.focal(objectness, is_there)
        what = "a digit" if is_there else "no digit"
        yield expect(
            is_close(value, expected),
            f"objectness {objectness} where there is {what}: {expected:.4f}",
            f"Objectness {objectness} where there is {what}: what is true has the probability "
            f"{p:.1f}, so the loss should be {expected:.4f}; it is {short_repr(value)}.",
        )


def _check_suppress(user_ns: UserNamespace) -> Iterator[CheckResult]:
    cases = (
        (
            "Of two boxes on one digit the better one stays",
            [(10, 10, 20, 20), (11, 10, 21, 20), (30, 30, 40, 40)],
            [0, 2],
        ),
        ("Boxes apart all stay", [(0, 0, 9, 9), (10, 10, 20, 20), (30, 0, 40, 9)], [0, 1, 2]),
        (
            "A box stays if all that it overlaps with has gone",
            [(0, 0, 10, 10), (3, 0, 13, 10), (6, 0, 16, 10)],
            [0, 2],
        ),
    )
    for case, boxes, expected in cases:
        value = user_ns.suppress(np.array(boxes, float))
        kept = finite_array(value, (len(expected),))
        yield expect(
            kept is not None and sorted(kept.astype(int)) == expected,
            f"{case}.",
            f"{case}: for {boxes} the boxes {expected} should stay; it gave {short_repr(value)}.",
        )
    value = user_ns.suppress(np.zeros((0, 4)))
    yield expect(
        value is not None and len(value) == 0,
        "Without any box there is nothing to keep.",
        f"Without any box the answer should be empty; it is {short_repr(value)}.",
    )


def _check_bound(user_ns: UserNamespace) -> Iterator[CheckResult]:
    bound = finite_float(user_ns.bound)
    if bound is None or not 0 <= bound <= 1:
        yield failed(f"`bound` should be a number from 0 to 1; it is {short_repr(user_ns.bound)}.")
        return
    hits, wrong = user_ns.count_at(bound)
    found = hits / user_ns.digits_in_test
    precision = hits / max(1, hits + wrong)
    yield expect(
        found >= 0.75,
        f"{found:.0%} of the digits are found",
        f"Only {found:.0%} of the digits are found: {bound:g} is too strict.",
    )
    yield expect(
        precision >= 0.85,
        f"{precision:.0%} of the boxes are right",
        f"Only {precision:.0%} of the boxes are right: {bound:g} lets too much through.",
    )


def _check_canvas(user_ns: UserNamespace) -> Iterator[CheckResult]:
    canvas = user_ns.my_canvas
    size = user_ns.CANVAS
    pixels = finite_array(canvas, (size, size))
    if pixels is None:
        came = getattr(canvas, "shape", None)
        yield failed(
            f"`my_canvas` should be {size} × {size} numbers; it is "
            f"{f'an array of {came}' if came else short_repr(canvas)}."
        )
        return
    yield expect(
        pixels.min() >= 0 and 0.2 < pixels.max() <= 1.0001,
        "its values are from 0 to 1",
        f"Its values should reach from 0 (dark) to 1 (light); they are {pixels.min():g} to "
        f"{pixels.max():g}. The model knows no other.",
    )
    boxes, _, _ = user_ns.detect(user_ns.model, pixels[None, ..., None].astype("float32"), 0.3)[0]
    yield expect(
        len(boxes) >= 2,
        f"the model finds {len(boxes)} digits on it",
        f"The model finds {len(boxes)} digits on it; there should be two or more. Digits of 10 to "
        "18 pixels that do not touch are what it has learned.",
    )


def _check_better(user_ns: UserNamespace) -> Iterator[CheckResult]:
    better = user_ns.better
    shape = getattr(better, "output_shape", None)
    if shape is None:
        yield failed(f"`better` should be a trained model; it is {short_repr(better)}.")
        return
    if better is user_ns.model:
        yield failed("`better` is the first model itself. Copy it, so that you can compare.")
        return
    value = user_ns.mean_average_precision(better)
    yield expect(
        value > user_ns.first_map,
        f"the mAP rose from {user_ns.first_map:.3f} to {value:.3f}",
        f"Its mAP is {value:.3f}; the first model had {user_ns.first_map:.3f}. More canvases of "
        "another seed help most.",
    )


STEPS = [
    Step(
        key="iou",
        title="the IoU of two boxes",
        cell_id="your-iou",
        check=_check_iou,
        hints=(
            "The shared part begins at the larger of the two left edges and ends at the smaller "
            "of the two right edges; the same for top and bottom.",
            "Where the end comes before the beginning, nothing is shared: `max(0, …)` for the "
            "width and for the height, each by itself.",
            "The area covered together is the sum of both areas less the shared one, which is in "
            "both.",
        ),
        solution='''def iou(a, b):
    """The intersection over union of two boxes (x0, y0, x1, y1)."""
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = width * height
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return shared / (area_a + area_b - shared)


print(iou((0, 0, 10, 10), (5, 0, 15, 10)))  # shares 50 of 150 pixels
''',
    ),
    Step(
        key="cell",
        title="the cell of a box",
        cell_id="your-cell",
        check=_check_cell,
        hints=(
            "Begin with the centre: half of left plus right, half of top plus bottom.",
            "Divided by `CELL`, its whole part is the number of the cell and the rest is the place "
            "in it. `divmod(value, 1)` gives both.",
            "x counts columns and y counts rows; the row is to come first.",
        ),
        solution='''CELL = 8  # pixels
GRID = CANVAS // CELL


def cell_of(box):
    """Row, column, and the centre's place within that cell: (row, column, right, down)."""
    x0, y0, x1, y1 = box
    column, right = divmod((x0 + x1) / 2 / CELL, 1)
    row, down = divmod((y0 + y1) / 2 / CELL, 1)
    return int(row), int(column), right, down


print(cell_of((10, 20, 20, 34)))
''',
    ),
    Step(
        key="focal",
        title="the focal loss",
        cell_id="your-focal",
        check=_check_focal,
        hints=(
            "`p` is there already: the probability that the model gives to what is true.",
            "Multiply the loss by `(1 - p) ** 2`.",
        ),
        solution='''def focal(objectness, is_there):
    """The focal loss of one cell."""
    p = objectness if is_there else 1 - objectness
    return -((1 - p) ** 2) * np.log(p)


print(f"sure and right: {focal(0.1, 0):.4f}, sure and wrong: {focal(0.1, 1):.4f}")
''',
    ),
    Step(
        key="suppress",
        title="non-maximum suppression",
        cell_id="your-suppress",
        check=_check_suppress,
        hints=(
            "Keep a list of indices, empty at first, and go through the boxes in order.",
            "A box joins the list when its overlap with each box *in the list* is at most `limit`. "
            "Boxes that were dropped do not count any more.",
            "`if all(iou(box, boxes[k]) <= limit for k in keep): keep.append(index)`",
        ),
        solution='''def suppress(boxes, limit=0.5):
    """The indices of the boxes to keep; boxes are sorted, best first."""

    def overlap(a, b):
        width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
        height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
        areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
        return width * height / (areas - width * height)

    keep = []
    for index, box in enumerate(boxes):
        if all(overlap(box, boxes[kept]) <= limit for kept in keep):
            keep.append(index)
    return keep


print(suppress(np.array([(10, 10, 20, 20), (11, 10, 21, 20), (30, 30, 40, 40)])))
''',
    ),
    Step(
        key="bound",
        title="which boxes to show",
        cell_id="your-bound",
        check=_check_bound,
        hints=(
            "Try 0.9, 0.5 and 0.1, and read the printed line.",
            "Both goals are met in a range around the middle; doubles count as wrong, so a "
            "`suppress` that works widens it.",
        ),
        solution="""bound = 0.5

right, wrong = count_at(bound)
print(f"found {right} of {digits_in_test} digits; {wrong} of {right + wrong} boxes are wrong")
""",
    ),
    Step(
        key="canvas",
        title="a canvas of your own",
        cell_id="your-canvas",
        check=_check_canvas,
        hints=(
            "A slice is a place: `my_canvas[y : y + size, x : x + size] = enlarged[size][number]`.",
            "Take numbers from `for_testing`, a size from 10 to 18, and places that do not touch.",
            "`my_canvas[4:20, 4:20] = enlarged[16][for_testing[0]]`, and two more like that.",
        ),
        solution="""my_canvas = np.zeros((CANVAS, CANVAS))
my_canvas[3:19, 3:19] = enlarged[16][for_testing[0]]
my_canvas[5:19, 28:42] = enlarged[14][for_testing[1]]
my_canvas[28:44, 12:28] = enlarged[16][for_testing[2]]

my_boxes, my_scores, my_labels = detect(model, my_canvas[None, ..., None], least=0.3)[0]
pictures([my_canvas[..., None]], [my_boxes], [my_labels], f"{len(my_boxes)} found")
""",
    ),
    Step(
        key="better",
        title="raise the mAP",
        cell_id="your-better",
        check=_check_better,
        hints=(
            "`draw_canvases(for_training, 2000, seed=3)` are canvases that `model` has not seen.",
            "`better = build_detector()` and `better.set_weights(model.get_weights())` copy the "
            "model; then compile it and go on with a lower rate.",
            "A cosine that falls from 0.002 to 0 over some more epochs works well.",
        ),
        solution="""more_x, more_boxes, more_labels = draw_canvases(for_training, 4000, seed=3)
better = build_detector()
better.set_weights(model.get_weights())
rate = keras.optimizers.schedules.CosineDecay(2e-3, 3 * len(more_x) // BATCH)
better.compile(keras.optimizers.Adam(rate), detection_loss)
better.fit(more_x, encode(more_boxes, more_labels), epochs=3, batch_size=BATCH)

if better is not None:
    print(f"mAP before: {first_map:.3f}, now: {mean_average_precision(better):.3f}")
""",
    ),
]
