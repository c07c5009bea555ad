"""Runs the benchmarks and prints their tables: ``make bench``, ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse

from benchmarks import (
    builder,
    distributed,
    export,
    insight,
    million_steps,
    namespace,
    page,
    panel,
    runs,
    step_overhead,
    traffic,
    training_loop,
)

BENCHMARKS = {
    "steps": step_overhead.measure,
    "loop": training_loop.measure,
    "traffic": traffic.measure,
    "page": page.measure,
    "million_steps": million_steps.measure,
    "builder": builder.measure,
    "namespace": namespace.measure,
    "panel": panel.measure,
    "record": step_overhead.measure_record,
    "runs": runs.measure,
    "insight": insight.measure,
    "export": export.measure,
    "distributed": distributed.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        choices=BENCHMARKS,
        help="steps: what watching costs a fit; loop: what it costs a training loop; "
        "traffic: what a fit of twenty metrics publishes; page: what a user waits for, and "
        "drawing; million_steps: a million steps; builder: what an edit of a model costs; "
        "namespace: what finding and describing models "
        "costs; panel: what a user waits for at the side panel; "
        "record: what recording and checkpoints cost a fit; "
        "runs: what a user waits for at the recorded runs; "
        "insight: what reading predictions costs a validation; "
        "export: twelve models in each format: parity, size and latency; "
        "distributed: what watching two workers costs, and a desk with a thousand",
    )
    step_overhead.add_arguments(parser)
    million_steps.add_arguments(parser)
    export.add_arguments(parser)
    arguments = parser.parse_args()
    for name, measure in BENCHMARKS.items():
        if arguments.only in (None, name):
            measure(arguments)


if __name__ == "__main__":
    main()
