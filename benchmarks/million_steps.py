"""Measures a fit of a million steps in JupyterLab: memory, drawing, traffic, size of the file."""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from playwright.sync_api import CDPSession, Locator, Page, expect

from benchmarks.lab import open_page
from benchmarks.page import busy_share
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.encode import TablePatcher
from kwidgets.live.protocol import MetricInfo
from tests.browser.live_view import View
from tests.browser.notebook import Notebook

# The cheapest real step that there is: JAX, fifty steps between two hooks.
SETUP = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np, psutil, kwidgets as kw
def megabytes():
    return psutil.Process().memory_info().rss / 1e6
x = np.random.default_rng(0).random((40_000, 4), dtype="float32")
y = x.sum(axis=1, keepdims=True)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse", metrics=["mae", "mape", "msle"], steps_per_execution=50)
def fit(steps, *callbacks):
    # 10,000 batches of 4 an epoch
    model.fit(x, y, batch_size=4, epochs=steps // 10_000, callbacks=[*callbacks], verbose=0)
fit(10_000, kw.LivePlot())
"""
RUN = """
before = megabytes()
fit({steps}, {callback})
print("grew", megabytes() - before)
"""
NUM_SAMPLES = 1_000_000
NUM_METRICS = 20

# Counts the frames that the page shows.
COUNT_FRAMES = """
window.kwFrames = { count: 0, began: performance.now() };
const tick = () => { kwFrames.count++; kwFrames.next = requestAnimationFrame(tick); };
tick();
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--million-steps", type=int, default=1_000_000, help="steps of --only million_steps"
    )


def measure(arguments: argparse.Namespace) -> None:
    steps = arguments.million_steps
    rows = [*measure_store(), *measure_page(steps)]
    print(f"\n| a fit of {steps:,} steps, four metrics | | budget |\n|---|---|---|")
    for name, value, budget in rows:
        print(f"| {name} | {value} | {budget} |")


def measure_store() -> list[tuple[str, str, str]]:
    """Measure the store with a million samples: a fit of a day, ten samples a second."""
    rng = np.random.default_rng(0)
    names = [f"metric_{i}" for i in range(NUM_METRICS)]
    store = MetricStore()
    for name in names:
        store.declare(MetricInfo(name=name, kind="mean", direction="min", group=None))
    patcher = TablePatcher(store.batch)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    values = [dict(zip(names, row, strict=True)) for row in rng.random((1000, NUM_METRICS))]
    began = time.perf_counter()
    for i in range(NUM_SAMPLES):
        store.add_batches(i, i / 1e4, i / 10, values[i % 1000], 1)
    append = (time.perf_counter() - began) / NUM_SAMPLES
    began = time.perf_counter()
    for i in range(100):
        store.add_batches(NUM_SAMPLES + i, i / 1e4, i / 10, values[i], 1)
        patcher.patch()
    patch = (time.perf_counter() - began) / 100
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
    what = f"{NUM_SAMPLES:,} samples of {NUM_METRICS} metrics"
    return [
        (f"the store with {what}: memory", f"{grew:.0f} MB", "≤ 50 MB"),
        ("… a sample added", f"{append * 1e6:.0f} µs", "–"),
        ("… a message made of it", f"{patch * 1e3:.1f} ms", "–"),
    ]


def measure_page(steps: int) -> list[tuple[str, str, str]]:
    with open_page() as (page, server):
        notebook = Notebook.create(
            page,
            server,
            "million.ipynb",
            [
                SETUP,
                RUN.format(steps=steps, callback=""),
                RUN.format(steps=steps, callback="kw.LivePlot()"),
            ],
        )
        notebook.run_and_wait(0, 120)
        notebook.run_and_wait(1, 1200)
        notebook.save()
        size_before = notebook.path.stat().st_size
        notebook.run(2)
        view = View(notebook.outputs(2))
        view.expect_status("running")
        view.show()
        view.expect_step_above(page, steps * 0.05)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        heap = heap_megabytes(session)
        traffic = measure_traffic(page, session)
        shown = busy_share(page, session)
        show_charts(view.region, False)
        hidden = busy_share(page, session)
        show_charts(view.region, True)
        frames = frames_while_panning(page, view.chart("loss"))
        expect(view.status).to_have_text("finished", timeout=1_200_000)
        page.wait_for_timeout(1000)
        heap = heap_megabytes(session) - heap
        notebook.wait(2, 60)
        notebook.save()
        size = notebook.path.stat().st_size - size_before
        bare, watched = (float(notebook.text(cell).split("grew")[1].split()[0]) for cell in (1, 2))
    return [
        ("kernel memory: growth of a bare fit", f"{bare:.1f} MB", "–"),
        ("kernel memory: growth of a watched fit", f"{watched:.1f} MB", "≤ 50 MB"),
        ("page: growth of its heap", f"{heap:.1f} MB", "≤ 50 MB"),
        ("page: drawing, as a share of its main thread", f"{shown - hidden:.1%}", "≤ 10 %"),
        ("… with all that JupyterLab does meanwhile", f"{shown:.1%}", "–"),
        ("page: frames a second while panning", f"{frames:.0f}", "≥ 30"),
        ("messages a second, on the page's socket", f"{traffic[0]:.1f}", "≤ 10"),
        ("kB a second, on the page's socket", f"{traffic[1]:.1f}", "≤ 20"),
        ("the notebook's file grows by", f"{size / 1000:.0f} kB", "≤ 150 kB"),
    ]


def show_charts(region: Locator, shown: bool) -> None:
    region.evaluate(
        "(element, display) => { element.querySelector('.kw-grid').style.display = display; }",
        "" if shown else "none",
    )


def heap_megabytes(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize") / 1e6


def measure_traffic(page: Page, session: CDPSession, seconds: float = 15) -> tuple[float, float]:
    """Messages and kB a second that the page receives about the fit."""
    sizes: list[int] = []

    def take(event: dict) -> None:
        sizes.append(len(event["response"]["payloadData"]))

    session.on("Network.webSocketFrameReceived", take)
    session.send("Network.enable")
    page.wait_for_timeout(seconds * 1000)
    session.send("Network.disable")
    # The browser reports binary frames in base64: a third longer.
    return len(sizes) / seconds, sum(sizes) * 0.75 / 1000 / seconds


def frames_while_panning(page: Page, chart: Locator) -> float:
    """Frames a second that the page shows while the user drags the chart, zoomed in."""
    chart.scroll_into_view_if_needed()
    box = chart.locator(".nsewdrag").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=3)
    page.mouse.up()
    chart.hover()
    chart.locator('[data-title="Pan"]').click()
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(COUNT_FRAMES)
    for i in range(120):
        page.mouse.move(x + 80 * np.sin(i / 10), y)
    frames = page.evaluate("kwFrames.count / (performance.now() - kwFrames.began) * 1000")
    page.evaluate("cancelAnimationFrame(kwFrames.next)")
    page.mouse.up()
    return float(frames)
