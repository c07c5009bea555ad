"""What charts show, worked out alike in Python (the saved picture) and TypeScript (the live view).

``KWIDGETS_WRITE_GOLDEN=1 pytest tests/live/test_chart_golden.py`` writes the examples again, which
``labextension/test/live/chartGolden.test.ts`` reads.
"""

import dataclasses
import json
import math
import os
import pathlib
import random

from kwidgets.live.numbers.axis_ticks import format_tick, linear_ticks, log_ticks
from kwidgets.live.numbers.batch_spans import equal_spans, span_width
from kwidgets.live.numbers.chart_range import FitValues, Points, padded_range, y_bounds
from kwidgets.live.numbers.mark_labels import place_mark_labels

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "charts.json"

# (low, high) in powers of ten, and about how many ticks are wanted.
LOG_AXES = [(-1.1, 0.4, 5), (-4.6, -2.9, 5), (-1, 0, 5), (-0.2, 0.1, 5), (-7, 3, 6), (-30, 4, 5)]
LOG_AXES += [(-2.2, 1.3, 8), (0.9, 1.05, 4), (2, 2, 5), (-0.6, -0.1, 5)]
LINEAR_AXES = [(-0.1, 2.3, 5), (0.91, 0.985, 4), (-1e-7, 3e-7, 4), (0, 12_345, 5), (1, 1, 5)]
TICKS = [0, 0.5, 0.05, 0.0001, 1e-5, 2.5e-7, 20, 10_000, 123_456, 1e6, 3e9, -0.25, 0.1 + 0.2]
# Samples by the clock: the steps where rows end.
ROWS = {
    "sawtooth": [step for epoch in range(12) for step in (20 * epoch + 1, 20 * epoch + 20)],
    "slow": list(range(1, 31)),
    "uneven": [3, 11, 12, 40, 41, 60, 83, 100, 101],
    "long": [50 * (i + 1) for i in range(180)],
    "one": [7],
}
MARKS = [
    [10.0, 100, 104, 109, 300],
    [0.0, 1, 2, 3, 399, 400],
    [-5.0, 200, 500],
    [4.0 * i for i in range(100)],
    [],
]


def decay(epochs: int, start: float, floor: float) -> list[float]:
    return [round(floor + (start - floor) * math.exp(-0.4 * i), 4) for i in range(epochs)]


def fit(epochs: int, y: list[float], batches: list[float], best: float | None = None) -> FitValues:
    """Return a fit with a training and a slightly higher validation curve."""
    numbers = [float(epoch) for epoch in range(1, epochs + 1)]
    ends = [max(epochs, 1) * (i + 1) / len(batches) for i in range(len(batches))]
    return FitValues(
        first_epoch=0,
        curves=[Points(numbers, y), Points(numbers, [round(1.1 * value, 4) for value in y])],
        spans=Points(ends, batches),
        always=[] if best is None else [best],
        others=[],
    )


def fits() -> dict[str, FitValues]:
    noise = random.Random(0)
    noisy = [round(0.5 + 0.3 * noise.random(), 2) for _ in range(40)]
    high = [12.0, 9.0, 6.0, *noisy]
    spike = decay(40, 1, 0.2)
    spike[17] = 300.0
    diverging = [*decay(20, 1, 0.2), 5.0, 80.0, 1e5]
    base = fit(20, decay(20, 1, 0.2), noisy)
    return {
        "high first batches": fit(12, decay(12, 1.2, 0.4), high),
        "high first epoch": fit(12, [9.0, *decay(11, 0.8, 0.4)], noisy),
        "few epochs": fit(3, [4.0, 0.9, 0.7], high),
        "first epoch only": fit(0, [], high),
        "one epoch": fit(1, [2.5], high),
        "smooth decay": fit(60, decay(60, 2.3, 0.1), decay(40, 2.6, 0.1)),
        "one epoch alone": fit(40, spike, noisy),
        "one batch alone": fit(20, decay(20, 1, 0.2), [*noisy[:20], 90.0, *noisy[21:]]),
        "diverging": fit(23, diverging, noisy),
        "not finite": fit(4, [1.0, math.nan, math.inf, 0.5], [math.nan, 1.0, -math.inf]),
        "zero and negative": fit(4, [1.0, 0.0, -2.0, 0.5], [0.0]),
        "constant": fit(6, [0.25] * 6, [0.25] * 6),
        "stopped early": dataclasses.replace(base, others=[50.0]),
        "best": fit(20, decay(20, 1, 0.2), noisy, best=0.05),
        "nothing": fit(0, [], []),
    }


def examples() -> dict[str, object]:
    labels = [(low, high, wanted, log_ticks(low, high, wanted)) for low, high, wanted in LOG_AXES]
    return {
        "log_ticks": [
            {"low": low, "high": high, "wanted": wanted, "ticks": ticks, "text": texts(ticks)}
            for low, high, wanted, ticks in labels
        ],
        "linear_ticks": [
            {"low": low, "high": high, "wanted": wanted, "ticks": linear_ticks(low, high, wanted)}
            for low, high, wanted in LINEAR_AXES
        ],
        "tick_texts": [[value, format_tick(value)] for value in TICKS],
        "spans": [
            {"name": name, "steps": steps, "values": values, "from": start, "to": end}
            | {"spans": dataclasses.asdict(equal_spans(steps, values, start, end))}
            for name, steps in ROWS.items()
            for start, end in ((0, steps[-1]), (steps[-1] // 3, steps[-1] // 2 + 1))
            for values in [[math.nan if i == 4 else (i * 7) % 11 for i in range(len(steps))]]
        ],
        "bounds": [
            {"name": name, "fit": dataclasses.asdict(values), "log_scale": log_scale}
            | {"bounds": bounds and dataclasses.asdict(bounds)}
            | {"range": bounds and padded_range(bounds.low, bounds.high, log_scale)}
            for name, values in fits().items()
            for log_scale in (False, True)
            for bounds in [y_bounds(values, log_scale)]
        ],
        "mark_labels": [
            {"positions": positions, "labels": place_mark_labels(positions, 0, 400)}
            for positions in MARKS
        ],
    }


def texts(ticks: list[float]) -> list[str]:
    return [format_tick(tick) for tick in ticks]


def as_json(value: object) -> object:
    """Return ``value`` with words for numbers that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: as_json(entry) for key, entry in value.items()}
    return [as_json(entry) for entry in value] if isinstance(value, list | tuple) else value


def test_the_golden_file_has_what_python_works_out():
    text = json.dumps(as_json(examples()), allow_nan=False, ensure_ascii=False) + "\n"
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == json.loads(text)


def test_ticks_of_a_log_axis_are_written_out():
    assert texts(log_ticks(-1.1, 0.4, 5)) == ["0.1", "0.2", "0.5", "1", "2"]
    assert texts(log_ticks(-4.6, -2.9, 5)) == ["5e−5", "0.0001", "0.0002", "0.0005", "0.001"]
    # Less than a decade, where 1, 2, 5 would leave two numbers.
    assert texts(log_ticks(-0.6, -0.1, 5)) == ["0.3", "0.4", "0.5", "0.6", "0.7"]


def test_a_sawtooth_of_samples_becomes_means_over_equally_many_batches():
    steps = ROWS["sawtooth"]
    values = [9.0 if i % 2 == 0 else 1.0 for i in range(len(steps))]
    spans = equal_spans(steps, values, 0, steps[-1])
    assert spans.width == span_width(steps, 0, steps[-1]) == 20
    assert set(spans.batches) == {20}
    assert set(spans.mean) == {(9 + 19) / 20}


def test_high_first_batches_and_single_values_do_not_set_the_range():
    for name, below in {
        "high first batches": 2,
        "high first epoch": 2,
        "first epoch only": 6,
        "one epoch alone": 2,
        "one batch alone": 2,
        "stopped early": 2,
    }.items():
        bounds = y_bounds(fits()[name], log_scale=False)
        assert bounds is not None and bounds.high < below < bounds.highest, name


def test_what_matters_is_inside():
    def bounds(name):
        return y_bounds(fits()[name], log_scale=False)

    assert bounds("diverging").high > 1e5, "where it is now"
    assert bounds("best").low == 0.05
    assert bounds("few epochs").high >= 4, "of a few epochs all"
    assert bounds("constant").low == bounds("constant").lowest
    assert bounds("nothing") is None
