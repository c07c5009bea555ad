"""Export a run to CSV files: epochs, samples within the epochs and marks, and its parameters."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from kwidgets.record.export.exported import Exported
from kwidgets.record.export.exported_run import ExportedRun
from kwidgets.record.run_numbers import load_history


def export(run: ExportedRun, folder: Path | None) -> Exported:
    """Write the files into a folder that is called like the run's id.

    ``epochs.csv`` and ``batches.csv`` have the columns of ``History.to_csv``.
    """
    place = (folder or Path("exported-runs").absolute()) / run.info.id
    place.mkdir(parents=True, exist_ok=True)
    history = load_history(run.info)
    history.to_csv(place / "epochs.csv")
    history.to_csv(place / "batches.csv", batches=True)
    with open(place / "marks.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("kind", "text", "step", "epoch", "seconds"))
        writer.writerows(
            (mark["kind"], mark["text"], mark["step"], mark["epoch"], mark["seconds"])
            for mark in history.marks
        )
    facts = {"title": run.title, **run.facts, "parameters": run.parameters}
    text = json.dumps(facts, ensure_ascii=False, indent=2)
    (place / "run.json").write_text(f"{text}\n", encoding="utf-8")
    return Exported(place)
