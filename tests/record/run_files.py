"""Write run files for tests, as a training would have written them."""

import json
import sqlite3
from pathlib import Path

from kwidgets.record.fit_facts.process import describe_process
from kwidgets.record.run_file import schema

RUN = {
    "kind": "fit",
    "created": 1_780_000_000.0,
    "ended": 1_780_000_060.0,
    "state": "finished",
    "diverged": False,
    "detail": "",
    "process": {"pid": 1, "started": 0.0, "boot_id": "another", "host": "elsewhere"},
    "name": "",
    "tags": [],
    "notes": "",
    "parent": None,
    "model_name": "digits",
    "optimizer": "Adam",
    "backend": "jax",
    "device": "CPU (2 cores)",
    "epochs": 2,
    "initial_epoch": 0,
    "batches": 2,
    "progress": {"epoch": 2, "batch": 2, "step": 4, "seconds": 60.0},
    "notebook": "/home/ann/digits.ipynb",
    "cell_id": "c1",
    "fit_in_cell": 1,
    "code": "model.fit(x, y, epochs=2)",
    "model_config": {
        "class_name": "Sequential",
        "config": {
            "name": "digits",
            "layers": [
                {"class_name": "InputLayer", "config": {"name": "input_layer"}},
                {"class_name": "Dense", "config": {"name": "dense", "units": 10}},
            ],
        },
    },
    "compile_config": {"optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.001}}},
    "fit_arguments": {"epochs": 2, "batch_size": 32},
    "data": {"x": {"type": "numpy.ndarray", "shape": [64, 64], "dtype": "float32", "crc32": 7}},
    "seeds": {"keras": 1},
    "variables": [["dense/kernel", [64, 10], "float32"], ["dense/bias", [10], "float32"]],
    "versions": {"keras": "3.15.1"},
    "environment": {"KERAS_BACKEND": "jax"},
    "best": {"loss": {"split": "validation", "epoch": 2, "step": 4, "seconds": 60.0, "value": 0.3}},
    "last": {
        "loss": {"training": 0.25, "validation": 0.3},
        "accuracy": {"training": 0.9, "validation": 0.875},
    },
    "metrics": [
        {"name": "loss", "kind": "mean", "direction": "min", "group": None},
        {"name": "accuracy", "kind": "mean", "direction": "max", "group": None},
    ],
}

POINTS = [
    (1, 0.5, 15.0, 1, {"loss": 1.0, "accuracy": 0.25}),
    (2, 1.0, 30.0, 1, {"loss": 0.5, "accuracy": 0.5}),
    (3, 1.5, 45.0, 1, {"loss": 0.375, "accuracy": 0.75}),
    (4, 2.0, 60.0, 1, {"loss": 0.125, "accuracy": 1.0}),
]
EPOCHS = [
    (2, 1, 30.0, 0, {"loss": 0.75, "accuracy": 0.375, "val_loss": 0.5, "val_accuracy": 0.75}),
    (4, 2, 60.0, 0, {"loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "val_accuracy": 0.875}),
]
#: Of the process that runs the tests.
RUNNING = {"state": "running", "ended": None, "process": describe_process()}


def write_run(
    folder: Path, run_id: str, points=POINTS, epochs=EPOCHS, marks=(), acts=(), **values
) -> Path:
    """Write the file of a run with ``values`` in place of those of ``RUN``; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run_id}{schema.SUFFIX}"
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("PRAGMA synchronous=OFF")
    file.execute("BEGIN")
    for statement in schema.TABLES.split(";"):
        file.execute(statement)
    file.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
    file.execute(f"PRAGMA user_version={schema.VERSION}")
    file.executemany(
        "INSERT INTO run VALUES (?, ?)",
        [
            (key, schema.stored_json(value))
            for key, value in {**RUN, "id": run_id, **values}.items()
        ],
    )
    _add_rows(file, "point", ("step", "epoch", "seconds", "batches"), points)
    _add_rows(file, "epoch", ("step", "epoch", "seconds", "partial"), epochs)
    file.executemany(
        "INSERT INTO mark (kind, text, step, epoch, seconds) VALUES (?, ?, ?, ?, ?)",
        [(kind, json.dumps(text), *place) for kind, text, *place in marks],
    )
    file.executemany(
        'INSERT INTO act (epoch, batch, iteration, "do", value, "by") VALUES (?, ?, ?, ?, ?, ?)',
        acts,
    )
    file.execute("COMMIT")
    file.close()
    return path


def _add_rows(file, table, axes, rows) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row[-1]))
    taken = set(schema.POINT_COLUMNS if table == "point" else schema.EPOCH_COLUMNS)
    columns = []
    for name in names:
        column = schema.free_column(name, taken)
        taken.add(column.lower())
        columns.append(column)
        file.execute(f"ALTER TABLE {table} ADD COLUMN {schema.quoted(column)} REAL")
        file.execute("INSERT INTO metric VALUES (?, ?, ?)", (table, name, column))
    stored = [schema.stored_axes(table, dict(zip(axes, row, strict=False))) for row in rows]
    stored_names = schema.stored_axes(table, dict.fromkeys(axes, 0.0))
    places = ", ".join("?" * (len(axes) + len(columns)))
    wanted = ", ".join([*stored_names, *map(schema.quoted, columns)])
    file.executemany(
        f"INSERT INTO {table} ({wanted}) VALUES ({places})",
        [
            (*place.values(), *(schema.stored_number(row[-1].get(name)) for name in names))
            for place, row in zip(stored, rows, strict=True)
        ],
    )
