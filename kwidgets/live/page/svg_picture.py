"""Draw the picture of a fit that is saved in the notebook, as an SVG.

It has no scripts and no external styles. A white background of its own makes it readable on light
and dark pages.
"""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from kwidgets.language import t, translated
from kwidgets.live import protocol
from kwidgets.live.numbers.axis_ticks import format_tick, linear_ticks, log_ticks
from kwidgets.live.numbers.batch_curve import BatchCurve, batch_curve
from kwidgets.live.numbers.batch_spans import MAX_SPANS
from kwidgets.live.numbers.bounded_table import FloatArray
from kwidgets.live.numbers.chart_range import FitValues, Points, padded_range, y_bounds
from kwidgets.live.numbers.mark_labels import place_mark_labels
from kwidgets.live.numbers.metric_store import PARTIAL, MetricStore
from kwidgets.live.page.status_labels import epoch_label, progress_label

WIDTH = 960
COLUMNS = 3
CHART_HEIGHT = 220
HEADER = 56
PADDING = 16
TRAINING = "#1f5fbf"
VALIDATION = "#b8500c"
INK = "#1f2328"
MUTED = "#59636e"
GRID = "#e4e7eb"
MARK = "#6e4fa3"

# Keras's names for the learning rate among the logs.
LEARNING_RATES = ("learning_rate", "lr")

STYLES = {
    "batches": f'stroke="{TRAINING}" stroke-opacity=".35"',
    "training": f'stroke="{TRAINING}" stroke-width="2"',
    "validation": f'stroke="{VALIDATION}" stroke-width="2" stroke-dasharray="5 3"',
}

# About 60 kB of picture at most, however many metrics and epochs.
MAX_POINTS = 1_500  # of all lines together
MAX_BATCH_ROWS = 500
MAX_CHARTS = 20
MARKER_PIXELS = 14  # dots closer than this hide the line
MAX_MARKS = 40  # the latest
MAX_NUMBERED_MARKS = 12
MAX_CHARACTERS = 130  # characters that fit in a line


def draw_picture(store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress) -> str:
    """Return the SVG of a run: a header and one chart a metric, x in epochs."""
    with store.lock:
        metrics = dict(store.metrics)
        names = list(metrics)[:MAX_CHARTS]
        left_out = len(metrics) - len(names)
        max_points = max(18, min(300, MAX_POINTS // max(3 * len(names), 1)))
        # Its spans have fewer points than that.
        batch = store.batch.view(MAX_BATCH_ROWS).columns
        epoch = store.epoch.view(max_points).columns
        best = dict(store.best)
        marks = store.marks[-MAX_MARKS:]
    columns = min(COLUMNS, max(len(names), 1))
    chart_width = (WIDTH - PADDING * (columns + 1)) / columns
    rows = -(-len(names) // columns)
    notices = [progress["detail"], *(notice["text"] for notice in progress["notices"])]
    if left_out:
        notices.append(t("%1 more metrics are in the data but not in this picture.", left_out))
    lines = [(text, VALIDATION) for text in notices if text]
    lines += [(f"{number}  {text}", MARK) for number, text in _numbered(marks)]
    top = HEADER + 20 * len(lines)
    height = top + rows * (CHART_HEIGHT + PADDING)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="system-ui,sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#fff" stroke="{GRID}"/>',
        _header(run, progress),
        _legend(
            ("batches", t("batches"), bool(batch["step"].size)),
            ("training", t("training"), any(name.startswith("training/") for name in epoch)),
            ("validation", t("validation"), any(name.startswith("validation/") for name in epoch)),
            ("best", t("best epoch"), bool(best)),
        ),
    ]
    for i, (text, color) in enumerate(lines):
        short = text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 1]}…"
        y = HEADER + 20 * i + 8
        parts.append(f'<text x="{PADDING}" y="{y}" fill="{color}">{_text(short)}</text>')
    for i, name in enumerate(names):
        row, column = divmod(i, columns)
        x = PADDING + column * (chart_width + PADDING)
        y = top + row * (CHART_HEIGHT + PADDING)
        chart = _Chart(metrics[name], i, chart_width, run["options"]["log_scale"], max_points)
        parts.append(f'<g transform="translate({x:.0f},{y})">')
        parts.append(chart.draw(batch, epoch, run["first_epoch"], best.get(name), marks))
        parts.append("</g>")
    parts.append("</svg>")
    return "".join(parts)


def _numbered(marks: list[protocol.Mark]) -> list[tuple[int, str]]:
    """Return the numbers and texts of the marks for above the charts, or none if too many."""
    shown = list(enumerate((translated(mark["text"]) for mark in marks), start=1))
    return shown if len(shown) <= MAX_NUMBERED_MARKS else []


def _header(run: protocol.RunInfo, progress: protocol.Progress) -> str:
    title = " · ".join(filter(None, (run["model_name"], progress_label(progress))))
    facts = [run["backend"], run["device"]]
    if run["epochs"] or progress["epoch"]:
        # The epochs of the x axis: those of earlier fits of the model included.
        facts.append(epoch_label(run, progress["epoch"]))
    return (
        f'<text x="{PADDING}" y="24" font-size="15" font-weight="600" fill="{INK}">'
        f"{_text(title)}</text>"
        f'<text x="{PADDING}" y="42" fill="{MUTED}">{_text(" · ".join(filter(None, facts)))}</text>'
    )


def _legend(*entries: tuple[str, str, bool]) -> str:
    """Return the legend, right-aligned, with the entries that are shown."""
    parts = []
    x = WIDTH - PADDING
    for style, label, shown in reversed(entries):
        if not shown:
            continue
        x -= _width(label) + 44
        if style in STYLES:
            parts.append(f'<path d="M{x} 26h22" {STYLES[style]}/>')
        else:
            parts.append(f'<text x="{x + 6}" y="31" font-size="15" fill="{INK}">★</text>')
        parts.append(f'<text x="{x + 28}" y="30" fill="{INK}">{_text(label)}</text>')
    return "".join(parts)


def _width(text: str) -> int:
    """Return the approximate width of ``text`` in pixels: Chinese characters are wide."""
    return sum(12 if ord(character) > 0x2E80 else 7 for character in text)


class _Chart:
    """One metric's chart in a box of ``width`` × ``height``."""

    def __init__(
        self,
        metric: protocol.MetricInfo,
        number: int,
        width: float,
        log_scale: bool,
        max_points: int,
    ) -> None:
        self._name = metric["name"]
        self._kind = metric["kind"]
        self._max_spans = min(MAX_SPANS, max_points)
        self._clip = f"chart{number}"
        self._left, self._top = 48.0, 36.0
        self._width, self._height = width - self._left - 6, CHART_HEIGHT - self._top - 34
        # The scale of a learning rate is its own.
        self._log_scale = log_scale or self._name in LEARNING_RATES

    def draw(
        self,
        batch: dict[str, FloatArray],
        epoch: dict[str, FloatArray],
        first_epoch: float,
        best: protocol.BestEpoch | None,
        marks: list[protocol.Mark],
    ) -> str:
        curve = batch_curve(batch, self._name, self._kind, "epoch", first_epoch, self._max_spans)
        nothing = np.zeros(len(epoch["epoch"]))
        partial = epoch.get(PARTIAL, nothing) == 1
        splits = {
            split: (epoch["epoch"], epoch[column])
            for split in ("training", "validation")
            if (column := f"{split}/{self._name}") in epoch
        }
        outside = self._fit_axes(curve, splits, partial, first_epoch, best)
        parts = [
            f'<text x="0" y="14" font-weight="600" fill="{INK}">{_text(self._name)}</text>',
            self._axes(),
            self._marks(marks),
            f'<g clip-path="url(#{self._clip})">',
        ]
        for style, (x, y) in ({"batches": curve.line()} | splits).items():
            path = self._path(x, y)
            if path:
                parts.append(
                    f'<path fill="none" stroke-linejoin="round" {STYLES[style]} d="{path}"/>'
                )
            parts.append(self._dots(style, x, y, partial))
        if best is not None:
            parts.append(
                f'<text x="{self._x(best["epoch"]):.1f}" y="{self._y(best["value"]) + 5:.1f}" '
                f'text-anchor="middle" font-size="15" fill="{INK}">★</text>'
            )
        parts.append("</g>")
        right = f'x="{self._left + self._width:.0f}" text-anchor="end" fill="{MUTED}"'
        if best is not None:
            label = t("best %1 · epoch %2", f"{best['value']:.4g}", best["epoch"])
            parts.append(f'<text y="14" {right}>{_text(label)}</text>')
        # Over and under the numbers of the y axis, where no mark can be.
        axis = f'x="{self._left - 6:.0f}" text-anchor="end" font-size="11" fill="{MUTED}"'
        for place, text in zip((self._top - 4, CHART_HEIGHT - 4), outside, strict=True):
            if text:
                parts.append(f'<text y="{place:.0f}" {axis}>{text}</text>')
        return "".join(parts)

    def _fit_axes(
        self,
        curve: BatchCurve,
        splits: dict[str, tuple[FloatArray, FloatArray]],
        partial: npt.NDArray[np.bool_],
        first_epoch: float,
        best: protocol.BestEpoch | None,
    ) -> tuple[str, str]:
        """Set the ranges; return the signs for what lies above and below, or ""."""
        xs = np.concatenate([curve.end, *(x for x, _ in splits.values())])
        values = FitValues(
            first_epoch=first_epoch,
            curves=[
                Points(x.tolist(), np.where(partial, np.nan, y).tolist())
                for x, y in splits.values()
            ],
            spans=Points(curve.epoch.tolist(), curve.y.tolist()),
            always=[] if best is None else [best["value"]],
            others=[value for _, y in splits.values() for value in y[partial].tolist()],
        )
        every = [value for points in [*values.curves, values.spans] for value in points.y]
        self._log_scale &= any(math.isfinite(value) for value in every) and not any(
            value <= 0 for value in every
        )
        bounds = y_bounds(values, self._log_scale)
        low, high = float(xs.min(initial=first_epoch)), float(xs.max(initial=first_epoch))
        self._x_range = (low, high if high > low else low + 1)
        self._y_range = (0.0, 1.0)
        if bounds is None:
            return "", ""
        self._y_range = padded_range(bounds.low, bounds.high, self._log_scale)
        lowest, highest = bounds.lowest, bounds.highest
        if self._log_scale:
            lowest, highest = 10**lowest, 10**highest
        above, below = bounds.highest > self._y_range[1], bounds.lowest < self._y_range[0]
        return (
            f"▲ {format_tick(float(f'{highest:.3g}'))}" if above else "",
            f"▼ {format_tick(float(f'{lowest:.3g}'))}" if below else "",
        )

    def _axes(self) -> str:
        bottom = self._top + self._height
        lines, left_labels, bottom_labels = "", "", ""
        ticks = log_ticks(*self._y_range, 5) if self._log_scale else linear_ticks(*self._y_range, 4)
        for tick in ticks:
            y = self._y(tick)
            label = format_tick(tick)
            lines += f"M{self._left} {y:.1f}h{self._width:.1f}"
            left_labels += f'<text x="{self._left - 6}" y="{y + 4:.1f}">{label}</text>'
        for tick in linear_ticks(*self._x_range, 5):
            x = self._x(tick)
            bottom_labels += f'<text x="{x:.1f}" y="{bottom + 16:.1f}">{format_tick(tick)}</text>'
        middle = self._left + self._width / 2
        return (
            f'<clipPath id="{self._clip}"><rect x="{self._left}" y="{self._top}" '
            f'width="{self._width:.1f}" height="{self._height:.1f}"/></clipPath>'
            f'<path stroke="{GRID}" d="{lines}"/>'
            f'<g fill="{MUTED}" text-anchor="end">{left_labels}</g>'
            f'<g fill="{MUTED}" text-anchor="middle">{bottom_labels}'
            f'<text x="{middle:.1f}" y="{bottom + 30:.1f}">{_text(t("epoch"))}</text></g>'
        )

    def _marks(self, marks: list[protocol.Mark]) -> str:
        """Return dotted lines at the marks, with the numbers of the texts above the charts."""
        low, high = self._left, self._left + self._width
        positions = [self._x(mark["epoch"]) for mark in marks]
        lines = "".join(
            f"M{x:.1f} {self._top:.0f}v{self._height:.0f}" for x in positions if low <= x <= high
        )
        if not lines:
            return ""
        numbers = ""
        if len(marks) <= MAX_NUMBERED_MARKS:
            numbers = "".join(
                f'<text x="{x:.1f}" y="{self._top - 4:.0f}">{text}</text>'
                for x, text in place_mark_labels(positions, low, high)
            )
        return (
            f'<path stroke="{MARK}" stroke-dasharray="1 3" d="{lines}"/>'
            f'<g font-size="10" fill="{MARK}" text-anchor="middle">{numbers}</g>'
        )

    def _dots(
        self, style: str, x: FloatArray, y: FloatArray, partial: npt.NDArray[np.bool_]
    ) -> str:
        """Return a dot at each epoch while they have room, and where a line would be invisible."""
        color = VALIDATION if style == "validation" else TRAINING
        known = np.isfinite(y)
        if style == "batches":
            shown = known & (known.sum() == 1)
            partial = np.zeros(len(x), bool)
        elif known.sum() * MARKER_PIXELS <= self._width:
            shown = known
        else:
            left = np.concatenate([[False], known[:-1]])
            shown = known & (partial | ~(left | np.concatenate([known[1:], [False]])))
        dots = "".join(
            f"M{self._x(x[i]):.1f} {self._y(y[i]):.1f}h0" for i in np.flatnonzero(shown & ~partial)
        )
        # An epoch that was stopped early is no epoch like the others.
        hollow = "".join(
            f'<circle cx="{self._x(x[i]):.1f}" cy="{self._y(y[i]):.1f}" r="3" fill="#fff" '
            f'stroke="{color}"/>'
            for i in np.flatnonzero(shown & partial)
        )
        if dots:
            dots = f'<path stroke="{color}" stroke-width="5" stroke-linecap="round" d="{dots}"/>'
        return dots + hollow

    def _path(self, x: FloatArray, y: FloatArray) -> str:
        parts = []
        pen = "M"
        for x_value, y_value in zip(x, y, strict=True):
            if not math.isfinite(y_value):
                pen = "M"
                continue
            parts.append(f"{pen}{self._x(x_value):.1f} {self._y(y_value):.1f}")
            pen = "L"
        return "".join(parts) if len(parts) > 1 else ""

    def _x(self, value: float) -> float:
        return self._left + self._width * _share(value, self._x_range)

    def _y(self, value: float) -> float:
        if self._log_scale:
            value = math.log10(value) if value > 0 else self._y_range[0]
        # Far outside, SVG's numbers would not be exact.
        share = max(-9.0, min(9.0, _share(value, self._y_range)))
        return self._top + self._height * (1 - share)


def _share(value: float, bounds: tuple[float, float]) -> float:
    return (value - bounds[0]) / (bounds[1] - bounds[0])


def _text(text: str) -> str:
    # Characters that XML forbids would make the whole picture invalid.
    return escape("".join(c for c in text if c.isprintable()))
