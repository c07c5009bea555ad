"""Measures an edit in the builder: in the kernel, beside Keras's own way, and until it is shown."""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from benchmarks.lab import open_page
from tests.browser.notebook import Notebook

SIZES = (20, 200)
EDITS = 100
# Convolution, normalization, activation, dropout, over and over; "same", so that no depth ends it.
BLOCK = ("conv2d {filters} 3 same", "bn", "activation relu", "dropout 0.1")

SETUP = """
import keras, kwidgets as kw
from benchmarks.builder import stack
kw.SequentialBuilder
"""
SHOW = "builder = kw.SequentialBuilder(stack({size}), input_shape=(32, 32, 3)); builder"


def stack(size: int) -> list[str]:
    """Texts of ``size`` layers, no two convolutions alike."""
    return [BLOCK[i % 4].format(filters=8 + i // 4) for i in range(size)]


def measure(arguments: argparse.Namespace) -> None:
    in_the_kernel()
    on_the_page()


# --- the kernel ----------------------------------------------------------------------------------


def in_the_kernel() -> None:
    """Time an edit until all shapes are known, and count the bytes sent; and a rebuild by Keras."""
    import keras

    from kwidgets.builder.page.state import difference
    from kwidgets.builder.sequential import SequentialBuilder

    print("\n| an edit, in the kernel | layers | ms median | ms p95 | kB median | kB p95 |")
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        for name, edits in (("random edit", random_edit), ("another input size", resize)):
            bench = SequentialBuilder(stack(size), input_shape=(32, 32, 3))._bench
            state, draw = bench._describe_edits(), random.Random(0)
            times, sizes = [], []
            for number in range(EDITS):
                edit = edits(bench.editor.spec, draw, number)
                began = time.perf_counter()
                bench.editor.apply(edit)
                after = bench._describe_edits()
                message = json.dumps(difference(state, after))
                times.append((time.perf_counter() - began) * 1000)
                sizes.append(len(message) / 1000)
                state = after
            row("SequentialBuilder: " + name, size, times, sizes)
        times = []
        for number in range(5):
            began = time.perf_counter()
            model = keras.Sequential([keras.Input((32 + number, 32, 3))])
            for layer in SequentialBuilder(stack(size)).layers:
                model.add(layer, rebuild=False)
            model.build()
            times.append((time.perf_counter() - began) * 1000)
        row("Keras: a new model, built", size, times, None)


def row(name: str, size: int, times: list[float], sizes: list[float] | None) -> None:
    def both(values: list[float]) -> str:
        return f"{statistics.median(values):,.1f} | {statistics.quantiles(values, n=20)[-1]:,.1f}"

    print(f"| {name} | {size} | {both(times)} | {both(sizes) if sizes else '– | –'} |", flush=True)


def random_edit(spec, draw: random.Random, number: int) -> dict:
    """Something that a user does, somewhere in the stack."""
    uids = [entry.uid for entry in spec.layers]
    uid = draw.choice(uids)
    convolutions = [entry.uid for entry in spec.layers if entry.title == "Conv2D"]
    return draw.choice(
        [
            {
                "action": "set",
                "target": draw.choice(convolutions),
                "path": ["filters"],
                "text": str(draw.randint(4, 64)),
            },
            {"action": "move", "uid": uid, "parent": None, "index": draw.randrange(len(uids))},
            {"action": "enable", "uid": uid, "enabled": draw.random() < 0.5},
            {"action": "duplicate", "uid": uid},
            {"action": "remove", "uid": uid},
            {"action": "add", "text": "dense 16 relu", "parent": None, "index": draw.randrange(9)},
            {"action": "undo"} if number else {"action": "duplicate", "uid": uid},
        ]
    )


def resize(spec, draw: random.Random, number: int) -> dict:
    """The one edit that changes every shape, to a size not seen before."""
    return {"action": "set", "target": "input", "path": ["shape"], "text": f"{33 + number}, 32, 3"}


# --- the page ------------------------------------------------------------------------------------

# Presses Enter in a field and waits until the last card has been painted with its new shape; gives
# the milliseconds between.
ENTER_AND_WAIT = """
async ([field, card]) => {
    const before = card.getAttribute('aria-label');
    const began = performance.now();
    const changed = new Promise((done, fail) => {
        setTimeout(() => fail(new Error(`no change of ${before}`)), 30000);
        const observer = new MutationObserver(() => {
            if (card.getAttribute('aria-label') === before) return;
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(done));
        });
        observer.observe(card, { attributes: true });
    });
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await changed;
    return performance.now() - began;
}
"""


def on_the_page() -> None:
    with open_page() as (page, server):
        cells = [SETUP, "kw.SequentialBuilder()", *(SHOW.format(size=size) for size in SIZES)]
        notebook = Notebook.create(page, server, "builder.ipynb", cells)
        notebook.run_and_wait(0, 120)
        print("\n| cell start to the editor on screen | s |\n|---|---|")
        print(f"| empty, library to load | {seconds_to_show(notebook, 1):.2f} |")
        shown = {size: seconds_to_show(notebook, 2 + i) for i, size in enumerate(SIZES)}
        for size, seconds in shown.items():
            print(f"| {size} layers, library loaded | {seconds:.2f} |", flush=True)
        print("\n| Enter in a field to all shapes painted | layers | ms median | ms p95 |")
        print("|---|---|---|---|")
        for i, size in enumerate(SIZES):
            region = region_of(notebook, 2 + i)
            region.evaluate("element => element.scrollIntoView()")
            cards = region.get_by_role("list", name="Layers", exact=True).get_by_role("listitem")
            print_times("another input size", size, times_of(region, cards, resize_text))


def region_of(notebook: Notebook, cell: int) -> Locator:
    return notebook.outputs(cell).get_by_role("region", name="Sequential builder")


def seconds_to_show(notebook: Notebook, cell: int) -> float:
    began = time.perf_counter()
    notebook.run(cell)
    expect(region_of(notebook, cell)).to_be_visible(timeout=60_000)
    return time.perf_counter() - began


def resize_text(number: int) -> str:
    return f"{33 + number}, 32, 3"


def times_of(region: Locator, cards: Locator, text: Callable[[int], str]) -> list[float]:
    region.get_by_role("button", name=re.compile("^Input")).click()
    field = region.get_by_label("shape", exact=True)
    expect(field).to_be_visible()
    times = []
    for number in range(EDITS):
        expect(field).to_be_enabled()
        field.fill(text(number))
        handles = [field.element_handle(), cards.last.element_handle()]
        times.append(field.page.evaluate(ENTER_AND_WAIT, handles))
    return times


def print_times(name: str, size: int, times: list[float]) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"| {name} | {size} | {statistics.median(times):.0f} | {p95:.0f} |", flush=True)
