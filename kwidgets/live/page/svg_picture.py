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
from kwidgets.live.numbers.bounded_table import FloatArray
from kwidgets.live.numbers.metric_store import PARTIAL, MetricStore
from kwidgets.live.page.status_labels import progress_label

WIDTH = 960
COLUMNS = 3
CHART_HEIGHT = 210
HEADER = 56
PADDING = 16
TRAINING = "#1f5fbf"
VALIDATION = "#b8500c"
INK = "#1f2328"
MUTED = "#59636e"
GRID = "#e4e7eb"
MARK = "#6e4fa3"

STYLES = {
    "batches": f'stroke="{TRAINING}" stroke-opacity=".35"',
    "training": f'stroke="{TRAINING}" stroke-width="2"',
    "validation": f'stroke="{VALIDATION}" stroke-width="2" stroke-dasharray="5 3"',
}

# About 60 kB of picture at most, however many metrics and epochs.
MAX_POINTS = 1_500  # of all lines together
MAX_CHARTS = 20
MAX_MARKED_POINTS = 40  # a line with more shows no mark at each epoch
MAX_MARKS = 40  # the latest
MAX_NUMBERED_MARKS = 12
MAX_CHARACTERS = 130  # characters that fit in a line


def draw_picture(store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress) -> str:
    """Return the SVG of a run: a header and one chart a metric, x in epochs."""
    with store.lock:
        names = list(store.metrics)[:MAX_CHARTS]
        left_out = len(store.metrics) - len(names)
        max_points = max(18, min(300, MAX_POINTS // max(3 * len(names), 1)))
        batch = store.batch.view(max_points).columns
        epoch = store.epoch.view(max_points).columns
        best = dict(store.best)
        marks = store.marks[-MAX_MARKS:]
    columns = min(COLUMNS, max(len(names), 1))
    chart_width = (WIDTH - PADDING * (columns + 1)) / columns
    rows = -(-len(names) // columns)
    notices = [progress["detail"], *(notice["text"] for notice in progress["notices"])]
    if left_out:
        notices.append(t("%1 more metrics are in the data, not in this picture.", left_out))
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
        chart = _Chart(name, chart_width, CHART_HEIGHT, run["options"]["log_scale"])
        parts.append(f'<g transform="translate({x:.0f},{y})">')
        parts.append(chart.draw(batch, epoch, best.get(name), marks))
        parts.append("</g>")
    parts.append("</svg>")
    return "".join(parts)


def _numbered(marks: list[protocol.Mark]) -> list[tuple[int, str]]:
    """Return the numbers and texts of the marks for above the charts, or none if too many."""
    shown = list(enumerate((translated(mark["text"]) for mark in marks), start=1))
    return shown if len(shown) <= MAX_NUMBERED_MARKS else []


def _header(run: protocol.RunInfo, progress: protocol.Progress) -> str:
    title = f"{run['model_name']} · {progress_label(progress)}"
    facts = [f"{run['backend']} · {run['device']}", t("step %1", f"{progress['step']:,}")]
    return (
        f'<text x="{PADDING}" y="24" font-size="15" font-weight="600" fill="{INK}">'
        f"{_text(title)}</text>"
        f'<text x="{PADDING}" y="42" fill="{MUTED}">{_text(" · ".join(facts))}</text>'
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

    def __init__(self, name: str, width: float, height: float, log_scale: bool) -> None:
        self._name = name
        self._left, self._top = 48.0, 26.0
        self._width, self._height = width - self._left - 6, height - self._top - 34
        self._log_scale = log_scale

    def draw(
        self,
        batch: dict[str, FloatArray],
        epoch: dict[str, FloatArray],
        best: protocol.BestEpoch | None,
        marks: list[protocol.Mark],
    ) -> str:
        name = self._name
        lines = {
            "batches": (batch["epoch"], batch.get(f"mean/{name}")),
            "training": (epoch["epoch"], epoch.get(f"training/{name}")),
            "validation": (epoch["epoch"], epoch.get(f"validation/{name}")),
        }
        known = {key: (x, y) for key, (x, y) in lines.items() if y is not None}
        self._fit_axes(known)
        parts = [
            f'<text x="0" y="14" font-weight="600" fill="{INK}">{_text(name)}</text>',
            self._axes(),
            self._marks(marks),
        ]
        partial = epoch.get(PARTIAL, np.zeros(len(epoch["epoch"]))) == 1
        for key, (x, y) in known.items():
            path = self._path(x, y)
            if path:
                parts.append(
                    f'<path fill="none" stroke-linejoin="round" {STYLES[key]} d="{path}"/>'
                )
            finite = np.flatnonzero(np.isfinite(y))
            # A line of one point is invisible; each epoch is marked if there are few.
            if len(finite) == 1 or (key != "batches" and len(finite) <= MAX_MARKED_POINTS):
                color = VALIDATION if key == "validation" else TRAINING
                parts.append(self._dots(x, y, finite, color, 5))
                if key != "batches":
                    # A white middle makes the dot of an epoch hollow that was stopped early.
                    parts.append(self._dots(x, y, finite[partial[finite]], "#fff", 2.5))
        if best is not None:
            label = t("best %1 · epoch %2", f"{best['value']:.4g}", best["epoch"])
            parts.append(
                f'<text x="{self._x(best["epoch"]):.1f}" y="{self._y(best["value"]) + 5:.1f}" '
                f'text-anchor="middle" font-size="15" fill="{INK}">★</text>'
                f'<text x="{self._left + self._width:.0f}" y="14" text-anchor="end" '
                f'fill="{MUTED}">{_text(label)}</text>'
            )
        return "".join(parts)

    def _fit_axes(self, lines: dict[str, tuple[FloatArray, FloatArray]]) -> None:
        xs = np.concatenate([x for x, _ in lines.values()] or [np.zeros(0)])
        ys = np.concatenate([y for _, y in lines.values()] or [np.zeros(0)])
        ys = ys[np.isfinite(ys)]
        self._log_scale = self._log_scale and bool(len(ys)) and bool((ys > 0).all())
        if self._log_scale:
            ys = np.log10(ys)
        self._x_range = _range(xs, 0.0)
        self._y_range = _range(ys, 0.06)

    def _axes(self) -> str:
        bottom = self._top + self._height
        lines, left_labels, bottom_labels = "", "", ""
        for tick in _ticks(*self._y_range, 4):
            y = self._top + self._height * (1 - _share(tick, self._y_range))
            label = f"{10**tick:.3g}" if self._log_scale else f"{tick:.5g}"
            lines += f"M{self._left} {y:.1f}h{self._width:.1f}"
            left_labels += f'<text x="{self._left - 6}" y="{y + 4:.1f}">{label}</text>'
        for tick in _ticks(*self._x_range, 5):
            x = self._x(tick)
            bottom_labels += f'<text x="{x:.1f}" y="{bottom + 16:.1f}">{tick:g}</text>'
        middle = self._left + self._width / 2
        return (
            f'<path stroke="{GRID}" d="{lines}"/>'
            f'<g fill="{MUTED}" text-anchor="end">{left_labels}</g>'
            f'<g fill="{MUTED}" text-anchor="middle">{bottom_labels}'
            f'<text x="{middle:.1f}" y="{bottom + 30:.1f}">{_text(t("epoch"))}</text></g>'
        )

    def _marks(self, marks: list[protocol.Mark]) -> str:
        """Return dotted lines at the marks, with the numbers of the texts above the charts."""
        low, high = self._x_range
        # Marks that are nearer to each other than their numbers are wide have one label.
        groups: list[tuple[float, list[int]]] = []
        lines = ""
        for number, mark in enumerate(marks, start=1):
            if not low <= mark["epoch"] <= high:
                continue
            x = self._x(mark["epoch"])
            lines += f"M{x:.1f} {self._top:.0f}v{self._height:.0f}"
            if groups and abs(x - groups[-1][0]) < 10 * len(groups[-1][1]):
                groups[-1][1].append(number)
            else:
                groups.append((x, [number]))
        if not lines:
            return ""
        numbers = "".join(
            f'<text x="{x + 2:.1f}" y="{self._top + 8:.0f}">{", ".join(map(str, group))}</text>'
            for x, group in groups
            if len(marks) <= MAX_NUMBERED_MARKS
        )
        return (
            f'<path stroke="{MARK}" stroke-dasharray="1 3" d="{lines}"/>'
            f'<g font-size="9" fill="{MARK}">{numbers}</g>'
        )

    def _dots(
        self,
        x: FloatArray,
        y: FloatArray,
        rows: npt.NDArray[np.intp],
        color: str,
        width: float,
    ) -> str:
        dots = "".join(f"M{self._x(x[i]):.1f} {self._y(y[i]):.1f}h0" for i in rows)
        if not dots:
            return ""
        return f'<path stroke="{color}" stroke-width="{width}" stroke-linecap="round" d="{dots}"/>'

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
        return self._top + self._height * (1 - _share(value, self._y_range))


def _range(values: FloatArray, margin: float) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if not high > low:
        pad = abs(low) * 0.1 or 0.5
        return low - pad, high + pad
    return low - margin * (high - low), high + margin * (high - low)


def _share(value: float, bounds: tuple[float, float]) -> float:
    return (value - bounds[0]) / (bounds[1] - bounds[0])


def _ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return about ``wanted`` round numbers between ``low`` and ``high``."""
    rough = (high - low) / wanted
    if not (math.isfinite(rough) and rough > 0):
        return []
    power = 10 ** math.floor(math.log10(rough))
    step = next(step for step in (1, 2, 5, 10) if step * power >= rough) * power
    first = math.ceil(low / step)
    count = math.floor(high / step) - first + 1
    return [float(f"{(first + i) * step:.12g}") for i in range(min(count, 20))]


def _text(text: str) -> str:
    # Characters that XML forbids would make the whole picture invalid.
    return escape("".join(c for c in text if c.isprintable()))
