"""Measures the live view's waiting times and its cost of drawing, in JupyterLab in Chromium."""

from __future__ import annotations

import argparse
import statistics
import time

from playwright.sync_api import CDPSession, Locator, Page, expect

from benchmarks.lab import open_page
from tests.browser.notebook import Notebook

SETUP = """
from benchmarks import variants
import kwidgets as kw
model, x, y = variants.make(2000)
"""
FIT = """
live = kw.LivePlot()
model.fit(x, y, batch_size=32, epochs={epochs}, validation_split=0.1, callbacks=[live], verbose=0)
"""
CLICKS = 20
WATCH_SECONDS = 15


def measure(arguments: argparse.Namespace) -> None:
    with open_page() as (page, server):
        notebook = Notebook.create(
            page, server, "page.ipynb", [SETUP, FIT.format(epochs=1), FIT.format(epochs=100_000)]
        )
        notebook.run_and_wait(0, 120)
        # TensorFlow's words below the first cell would push our charts off the screen.
        page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        rows = [("cell start to first point painted, library to load", first_point(notebook, 1))]
        notebook.wait(1, 120)
        rows.append(("cell start to first point painted, library loaded", first_point(notebook, 2)))
        region = notebook.outputs(2).get_by_role("region", name="Live training")
        waits = click_to_effect(region)
        rows.append((f"click to effect, median of {len(waits)}", statistics.median(waits)))
        rows.append(("click to effect, p95", statistics.quantiles(waits, n=20)[-1]))
        print("\n| what a user waits for | s |\n|---|---|")
        for name, seconds in rows:
            print(f"| {name} | {seconds:.2f} |")

        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        shown = busy_share(page, session)
        region.evaluate("element => { element.querySelector('.kw-grid').style.display = 'none'; }")
        hidden = busy_share(page, session)
        print("\n| share of the page's main thread while two charts run | |\n|---|---|")
        print(f"| charts on screen | {shown:.1%} |\n| charts hidden | {hidden:.1%} |")
        print(f"| drawing | {shown - hidden:.1%} |")
        region.get_by_role("button", name="Stop").click()
        notebook.wait(2, 60)


def first_point(notebook: Notebook, cell: int) -> float:
    """Seconds from starting the cell until a line of a chart is in the page."""
    began = time.perf_counter()
    notebook.run(cell)
    output = notebook.outputs(cell)
    expect(output.get_by_role("region", name="Live training")).to_be_attached(timeout=60_000)
    output.evaluate("element => element.scrollIntoView({ block: 'center' })")
    expect(output.locator(".js-line").first).to_be_attached(timeout=60_000)
    return time.perf_counter() - began


def click_to_effect(region: Locator) -> list[float]:
    """Seconds from each click on Pause or Resume until the kernel's state says so."""
    waits = []
    for i in range(CLICKS):
        name, status = (("Pause", "paused"), ("Resume", "running"))[i % 2]
        button = region.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled()
        began = time.perf_counter()
        button.click()
        expect(region.get_by_role("status")).to_have_text(status, timeout=30_000)
        waits.append(time.perf_counter() - began)
    return waits


def busy_share(page: Page, session: CDPSession) -> float:
    """The share of the next seconds that the page's main thread is at work."""

    def read() -> tuple[float, float]:
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        return metrics["TaskDuration"], metrics["Timestamp"]

    busy, began = read()
    page.wait_for_timeout(WATCH_SECONDS * 1000)
    busy_then, ended = read()
    return (busy_then - busy) / (ended - began)
