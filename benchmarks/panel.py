"""Measures the waiting times at the side panel, in JupyterLab in Chromium."""

from __future__ import annotations

import argparse
import re
import statistics
import time

from playwright.sync_api import Page, expect

from benchmarks.lab import open_page
from benchmarks.page import click_to_effect
from tests.browser.live_view import FIT, SETUP, View
from tests.browser.notebook import Notebook
from tests.browser.panel import Panel

MODELS = ("MobileNetV3Small", "ResNet152V2", "EfficientNetV2L")
# Also one that no name folds: each row is a layer.
FLAT = """
flat = keras.Sequential([keras.layers.Dense(8, name=f"layer{i}") for i in range(2000)])
"""
ROUND_TRIPS = 20

# Clicks, and resolves with the milliseconds until the browser has painted the row.
PAINTED = """
([twist, name]) => new Promise(resolve => {
    const began = performance.now();
    const tree = twist.closest('[role=tree]');
    const look = () => {
        const row = tree.querySelector(`[aria-level="2"][aria-label^="${name}"]`);
        if (!row) return requestAnimationFrame(look);
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    };
    twist.click();
    look();
})
"""

# Scrolls from top to bottom in a second; resolves with the frames drawn and the longest wait.
SCROLLED = """
tree => new Promise(resolve => {
    const began = performance.now();
    let last = began, frames = 0, longest = 0;
    const step = now => {
        frames++;
        longest = Math.max(longest, now - last);
        last = now;
        const part = Math.min(1, (now - began) / 1000);
        tree.scrollTop = part * (tree.scrollHeight - tree.clientHeight);
        if (part < 1) requestAnimationFrame(step);
        else resolve([frames, longest]);
    };
    requestAnimationFrame(step);
})
"""


def measure(arguments: argparse.Namespace) -> None:
    with open_page() as (page, server):
        made = [f"{name} = keras.applications.{name}(weights=None)" for name in MODELS]
        notebook = Notebook.create(
            page,
            server,
            "panel.ipynb",
            [SETUP + "%load_ext kwidgets", "\n".join(made) + FLAT, FIT.format(epochs=100_000)],
        )
        notebook.run_and_wait(0, 120)
        panel = Panel(page)
        panel.open()
        notebook.run_and_wait(1, 120)
        print("\n| a model in the panel | click to painted, ms |\n|---|---|")
        firsts = {"MobileNetV3Small": "input_layer", "ResNet152V2": "conv1"}
        firsts |= {"EfficientNetV2L": "stem", "flat": "layer0"}
        for name, first in firsts.items():
            print(f"| {name} | {painted(page, panel, name, first):.0f} |")
        panel.unfold("flat")
        frames, longest = panel.tree.evaluate(SCROLLED)
        print(f"| flat: 2,000 rows scrolled in a second | {frames} frames, longest {longest:.0f} |")

        panel.tree.press("ArrowLeft")
        notebook.run(2)
        panel.live.expect_status("running")
        waits = click_to_effect(panel.live.region)
        panel.unfold("model")
        details = [detail_round_trip(panel, i) for i in range(ROUND_TRIPS)]
        notebook.save()
        before = panel.live.step()
        began = time.perf_counter()
        notebook.reload()
        shown = time.perf_counter()
        View(notebook.outputs(2)).expect_step_above(page, before)
        moving = time.perf_counter()
        panel.open()
        panel.live.expect_step_above(page, before)
        panel_moving = time.perf_counter()
        print("\n| while a fit runs | s |\n|---|---|")
        print(f"| click on Pause or Resume to effect, median | {statistics.median(waits):.2f} |")
        print(f"| click on Pause or Resume to effect, p95 | {p95(waits):.2f} |")
        print(f"| a layer's details, median | {statistics.median(details):.2f} |")
        print(f"| a layer's details, p95 | {p95(details):.2f} |")
        print(f"| reload: page loaded, notebook shown | {shown - began:.2f} |")
        print(f"| … then the curve in the cell moves | {moving - shown:.2f} |")
        print(f"| … then the curve in the panel moves | {panel_moving - shown:.2f} |")
        panel.live.button("Stop").click()
        panel.region.get_by_text(re.compile("Last training")).wait_for()


def painted(page: Page, panel: Panel, name: str, first: str) -> float:
    """Milliseconds from a click that unfolds a model to its layers on the screen."""
    twist = panel.expect_item(name).locator(".kw-twist")
    wait = page.evaluate(PAINTED, [twist.element_handle(), first])
    twist.click()
    return float(wait)


def detail_round_trip(panel: Panel, i: int) -> float:
    name = ("dense", "dense_1")[i % 2]
    item = panel.expect_item(name)
    began = time.perf_counter()
    item.click()
    details = panel.region.get_by_role("region", name=f"Details of {name}", exact=True)
    expect(details.get_by_role("list", name="Weights")).to_be_visible(timeout=30_000)
    return time.perf_counter() - began


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
