"""Define the steps of 04_object_detection: write the parts of an anchor-free detector."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kwidgets.tutorials.check_values import finite_array, finite_float, is_close, short_repr
from kwidgets.tutorials.step import CheckResult, Step, UserNamespace, expect, failed

_PAIRS = (
    ("the same box twice", (2, 3, 12, 9), (2, 3, 12, 9), 1.0),
    ("half of each box overlaps", (0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
    ("one box inside the other", (0, 0, 10, 10), (2, 2, 7, 6), 0.2),
    ("boxes side by side", (0, 0, 10, 10), (20, 0, 30, 10), 0.0),
    ("boxes that differ in both directions", (0, 0, 10, 10), (20, 20, 30, 30), 0.0),
)


def _check_iou(user_ns: UserNamespace) -> Iterator[CheckResult]:
    for case, a, b, expected in _PAIRS:
        value = user_ns.iou(a, b)
        yield expect(
            is_close(value, expected),
            f"{case.capitalize()}: {expected:.2f}.",
            f"{case.capitalize()}: `iou({a}, {b})` should be about {expected:.2f}, not "
            f"{short_repr(value)}.",
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
            yield failed(f"`cell_of({box})` should return four numbers, not {short_repr(value)}.")
        elif is_close(found[:2], (column, row)) and row != column:
            yield failed(f"Return the row first, then the column; got {short_repr(value)}.")
        elif not is_close(found[:2], (row, column)):
            yield failed(f"The cell of {box} is not in row {found[0]:g}, column {found[1]:g}.")
        else:
            yield expect(
                is_close(found[2:], (right, down)),
                f"The cell of {box} and the position in it are correct.",
                f"The cell of {box} is correct. The position of the center should be in fractions "
                f"of a cell, first to the right, then down; got {short_repr(value)}.",
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
            f"Objectness {objectness} with {what}: {expected:.4f}.",
            f"Objectness {objectness} with {what}: the probability of the correct answer is "
            f"{p:.1f}, so the loss should be {expected:.4f}, not {short_repr(value)}.",
        )


def _check_suppress(user_ns: UserNamespace) -> Iterator[CheckResult]:
    cases = (
        (
            "Of two boxes on one digit, the better one is kept",
            [(10, 10, 20, 20), (11, 10, 21, 20), (30, 30, 40, 40)],
            [0, 2],
        ),
        (
            "Boxes that do not overlap are kept",
            [(0, 0, 9, 9), (10, 10, 20, 20), (30, 0, 40, 9)],
            [0, 1, 2],
        ),
        (
            "A box is kept if it overlaps only with removed boxes",
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
            f"{case}. For {boxes}, return {expected}, not {short_repr(value)}.",
        )
    value = user_ns.suppress(np.zeros((0, 4)))
    yield expect(
        value is not None and len(value) == 0,
        "Without boxes, the result is empty.",
        f"Without boxes, the result should be empty, not {short_repr(value)}.",
    )


def _check_bound(user_ns: UserNamespace) -> Iterator[CheckResult]:
    bound = finite_float(user_ns.bound)
    if bound is None or not 0 <= bound <= 1:
        yield failed(f"`bound` should be a number from 0 to 1, not {short_repr(user_ns.bound)}.")
        return
    hits, wrong = user_ns.count_at(bound)
    found = hits / user_ns.digits_in_test
    precision = hits / max(1, hits + wrong)
    yield expect(
        found >= 0.75,
        f"{found:.0%} of the digits are found.",
        f"Only {found:.0%} of the digits are found. Lower the bound of {bound:g}.",
    )
    yield expect(
        precision >= 0.85,
        f"{precision:.0%} of the boxes are correct.",
        f"Only {precision:.0%} of the boxes are correct. Raise the bound of {bound:g}.",
    )


def _check_canvas(user_ns: UserNamespace) -> Iterator[CheckResult]:
    canvas = user_ns.my_canvas
    size = user_ns.CANVAS
    pixels = finite_array(canvas, (size, size))
    if pixels is None:
        came = getattr(canvas, "shape", None)
        yield failed(
            f"`my_canvas` should be an array of {size} × {size} numbers, not "
            f"{f'of shape {came}' if came else short_repr(canvas)}."
        )
        return
    yield expect(
        pixels.min() >= 0 and 0.2 < pixels.max() <= 1.0001,
        "Its values range from 0 to 1.",
        f"Its values range from {pixels.min():g} to {pixels.max():g}. They should range from 0 "
        "(dark) to 1 (light), as in training.",
    )
    boxes, _, _ = user_ns.detect(user_ns.model, pixels[None, ..., None].astype("float32"), 0.3)[0]
    yield expect(
        len(boxes) >= 2,
        f"The model finds {len(boxes)} digits.",
        f"The model finds {len(boxes)} digits. Draw at least two, with 10 to 18 pixels each and "
        "without overlap.",
    )


def _check_better(user_ns: UserNamespace) -> Iterator[CheckResult]:
    better = user_ns.better
    shape = getattr(better, "output_shape", None)
    if shape is None:
        yield failed(f"`better` should be a trained model, not {short_repr(better)}.")
        return
    if better is user_ns.model:
        yield failed("`better` is the first model itself. Train a copy, so that you can compare.")
        return
    value = user_ns.mean_average_precision(better)
    yield expect(
        value > user_ns.first_map,
        f"The mAP increased from {user_ns.first_map:.3f} to {value:.3f}.",
        f"Its mAP is {value:.3f}, but that of the first model is {user_ns.first_map:.3f}. Train on "
        "more canvases, with another seed.",
    )


STEPS = [
    Step(
        key="iou",
        title="the IoU of two boxes",
        cell_id="your-iou",
        check=_check_iou,
        hints=(
            "The intersection starts at the larger of the two left edges and ends at the smaller "
            "of the two right edges; the same applies to top and bottom.",
            "If the end is before the start, the boxes do not overlap: use `max(0, …)` for the "
            "width and for the height separately.",
            "The union is the sum of both areas minus the intersection, which is part of both.",
        ),
        solution='''def iou(a, b):
    """Return the intersection over union of two boxes (x0, y0, x1, y1)."""
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
            "Compute the center first: half of left plus right, half of top plus bottom.",
            "Divide it by `CELL`: the integer part is the index of the cell, and the fraction is "
            "the position in it. `divmod(value, 1)` returns both.",
            "x determines the column and y the row. Return the row first.",
        ),
        solution='''CELL = 8  # pixels
GRID = CANVAS // CELL


def cell_of(box):
    """Return the cell of a box and the position in it: (row, column, right, down)."""
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
            "`p` is already the probability of the correct answer.",
            "Multiply the loss by `(1 - p) ** 2`.",
        ),
        solution='''def focal(objectness, is_there):
    """Return the focal loss of one cell."""
    p = objectness if is_there else 1 - objectness
    return -((1 - p) ** 2) * np.log(p)


print(f"confident and correct: {focal(0.1, 0):.4f}, confident and wrong: {focal(0.1, 1):.4f}")
''',
    ),
    Step(
        key="suppress",
        title="non-maximum suppression",
        cell_id="your-suppress",
        check=_check_suppress,
        hints=(
            "Keep a list of indices, empty at first, and go through the boxes in order.",
            "Add a box if its overlap with each box *in the list* is at most `limit`. Ignore boxes "
            "that were removed.",
            "`if all(iou(box, boxes[k]) <= limit for k in keep): keep.append(index)`",
        ),
        solution='''def suppress(boxes, limit=0.5):
    """Return the indices of the boxes to keep; the boxes are sorted, best first."""

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
        title="choose the threshold",
        cell_id="your-bound",
        check=_check_bound,
        hints=(
            "Try 0.9, 0.5 and 0.1, and read the printed line.",
            "A range of values around the middle meets both conditions. Duplicates count as wrong, "
            "so the range is larger if your `suppress` works.",
        ),
        solution="""bound = 0.5

right, wrong = count_at(bound)
print(f"found {right} of {digits_in_test} digits; {wrong} of {right + wrong} boxes are wrong")
""",
    ),
    Step(
        key="canvas",
        title="draw and detect",
        cell_id="your-canvas",
        check=_check_canvas,
        hints=(
            "Assign to a slice: `my_canvas[y : y + size, x : x + size] = enlarged[size][number]`.",
            "Use indices from `for_testing`, sizes from 10 to 18, and positions without overlap.",
            "`my_canvas[4:20, 4:20] = enlarged[16][for_testing[0]]`, and two more.",
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
        title="increase the mAP",
        cell_id="your-better",
        check=_check_better,
        hints=(
            "`draw_canvases(for_training, 2000, seed=3)` returns new canvases.",
            "`better = build_detector()` and `better.set_weights(model.get_weights())` copy the "
            "model. Then compile it and train with a lower learning rate.",
            "A cosine that falls from 0.002 to 0 over a few epochs works well.",
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
