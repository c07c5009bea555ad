"""Measures what LivePlot and its peers add to a step, interleaved in one run in a real kernel.

One part has what watching costs, another what recording costs.

Prints a table: time a step against a bare fit in the same round (median over rounds), and the
messages and bytes that the kernel publishes.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass, field

from jupyter_client.manager import start_new_kernel

from benchmarks.kernel import execute

BARE = "bare fit(verbose=0)"


@dataclass
class Variant:
    ratios: list[float] = field(default_factory=list)
    cpu_ratios: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)
    own: list[dict[str, float]] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds (default 9)")
    parser.add_argument("--steps", type=int, default=5000, help="batches a fit (default 5000)")
    parser.add_argument(
        "--backend",
        choices=["tensorflow", "jax", "torch"],
        default="tensorflow",
        help="of --only steps and --only record; its GPU is used where there is one",
    )


def measure(arguments: argparse.Namespace) -> None:
    """Measure what watching costs."""
    _measure("steps", arguments)


def measure_record(arguments: argparse.Namespace) -> None:
    """Measure what recording and checkpoints cost."""
    _measure("record", arguments)


def _measure(part: str, arguments: argparse.Namespace) -> None:
    manager, client = start_new_kernel()
    try:
        backend = arguments.backend
        execute(client, f"import os; os.environ['KERAS_BACKEND'] = {backend!r}")
        execute(client, "import json; from benchmarks import variants")
        execute(client, f"model, x, y = variants.make({arguments.steps})")
        about = execute(client, "print(variants.describe())").output.strip()
        listed = f"print('\\n'.join(variants.available({part!r})))"
        names = execute(client, listed).output.split("\n")
        names = [name for name in names if name]
        variants: defaultdict[str, Variant] = defaultdict(Variant)
        for round_number in range(arguments.rounds + 1):
            order = random.sample(names, len(names))
            results, own = {}, {}
            for name in order:
                code = (
                    f"print('seconds', json.dumps(variants.run({part!r}, {name!r}, model, x, y)))"
                )
                result = execute(client, code)
                own[name] = json.loads(result.output.rsplit("seconds", 1)[1].splitlines()[0])
                result.seconds = own[name]["wall"]
                results[name] = result
            print(f"round {round_number} of {arguments.rounds}", file=sys.stderr, flush=True)
            if not round_number:
                # The first round also pays for imports and for what is sent once a kernel.
                first = results
                continue
            for name, result in results.items():
                variant = variants[name]
                variant.seconds.append(result.seconds)
                variant.ratios.append(result.seconds / results[BARE].seconds)
                variant.cpu_ratios.append(own[name]["cpu"] / own[BARE]["cpu"])
                variant.own.append(own[name])
                variant.messages.append(result.messages - 1)  # the printed time
                variant.kilobytes.append(result.num_bytes / 1000)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

    median = statistics.median
    bare_ms = median(variants[BARE].seconds) / arguments.steps * 1000
    print(
        f"\n{about}; {arguments.steps:,} steps a fit, {arguments.rounds} interleaved rounds; "
        f"a bare step takes {bare_ms:.2f} ms (median).\n"
    )
    print(
        "| variant | time against bare: median (95 % interval) | CPU time against bare "
        "| messages/s | kB/s | kB of a first fit | "
        "of the training thread: recording, checkpoints, once a fit |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in names:
        variant = variants[name]
        rate = [m / s for m, s in zip(variant.messages, variant.seconds, strict=True)]
        traffic = [k / s for k, s in zip(variant.kilobytes, variant.seconds, strict=True)]
        print(
            f"| {name} | {median(variant.ratios):.3f}x "
            f"{interval(variant.ratios)} | {median(variant.cpu_ratios):.3f}x "
            f"{interval(variant.cpu_ratios)} | {median(rate):.1f} "
            f"| {median(traffic):.1f} | {first[name].num_bytes / 1000:,.0f} "
            f"| {_share(variant, 'record')}, {_share(variant, 'checkpoints')}, "
            f"{1000 * median(own['start'] for own in variant.own):.0f} ms |"
        )


def _share(variant: Variant, of: str) -> str:
    return f"{statistics.median(100 * own[of] / own['wall'] for own in variant.own):.2f} %"


def interval(ratios: list[float], draws: int = 2000) -> str:
    """The 95 % interval of the median, by bootstrap."""
    rng = random.Random(0)
    medians = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(draws))
    return f"({medians[draws // 40]:.3f}–{medians[-draws // 40 - 1]:.3f})"
