"""Compare messages about predictions, layers and data with a golden file.

The TypeScript tests parse it too.
``KWIDGETS_WRITE_GOLDEN=1 pytest tests/insight/test_insight_protocol.py`` writes it again.
"""

import base64
import json
import os
import pathlib
from typing import Any, get_args

import numpy as np

from kwidgets import protocol as wire
from kwidgets.insight import protocol
from kwidgets.language import message
from kwidgets.live.protocol import INSIGHT

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "insight_messages.json"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgAB"
    "SK+kcQAAAABJRU5ErkJggg=="
)


def packed(values: Any, dtype: str) -> str:
    return base64.b64encode(np.asarray(values, dtype).tobytes()).decode()


SAMPLE = protocol.Sample(
    key="v2135",
    index=2135,
    code="x_test[2135]",
    true="4",
    predicted="<b>9</b>",
    right=False,
    probability=0.98,
    loss=7.1,
    looks=protocol.Looks(kind="picture", picture="1f0c"),
)
UNKNOWN = protocol.Sample(
    key="w0",
    index=None,
    code="",
    true="12.3",
    predicted="NaN",
    right=None,
    probability=None,
    loss="NaN",
    looks=None,
)
LOOKS = [
    protocol.Looks(
        kind="picture",
        picture="1f0c",
        true_picture="1f0c",
        predicted_picture="1f0c",
        true_boxes=[(0.1, 0.2, 0.5, 0.6, "cat", None)],
        predicted_boxes=[(0.1, 0.2, 0.4, 0.6, "cat", 0.9)],
    ),
    protocol.Looks(kind="text", text="a <i>bad</i> film"),
    protocol.Looks(kind="row", row=[("age", "31", False), ("income", "1e9", True)]),
    protocol.Looks(
        kind="series",
        series=[[0.0, 1.0, "NaN"]],
        true_series=[[2.0, 3.0]],
        predicted_series=[[2.5, 2.5]],
    ),
    protocol.Looks(kind="sound", series=[[0.0, 0.5, -0.5]], sample_rate=16_000),
    protocol.Looks(kind="values", text="(8, 8, 8) · 0 … 1"),
]
DETAILS = protocol.Details(
    classes=protocol.ClassesTable(
        names=["cat", "<b>dog</b>"],
        names_from=message("from %1", "class_names"),
        support=[3, 2],
        predicted=[4, 1],
        precision=[0.5, 1.0],
        recall=[0.667, 0.5],
        f1=[0.571, 0.667],
        iou=[0.4, 0.5],
        history_of="recall",
        history=[[0.333, 0.667], ["NaN", 0.5]],
        scores=protocol.Scores(
            bins=2,
            positive_u32=packed([[1, 2], [1, 1]], "<u4"),
            negative_u32=packed([[2, 0], [3, 0]], "<u4"),
            threshold=0.5,
        ),
    ),
    confusion=protocol.Confusion(
        classes=2,
        counts_u32=packed([[2, 1], [1, 1]], "<u4"),
        before_u32=packed([[1, 2], [1, 1]], "<u4"),
        pairs=[protocol.Pair(true=0, predicted=1, count=1)],
    ),
    curves=protocol.ClassCurves(
        reliability=[(0.95, 0.9, 10), ("NaN", "NaN", 0)],
        roc=[(0.0, 0.0), (0.5, 1.0), (1.0, 1.0)],
        precision_recall=[(0.5, 1.0), (1.0, 0.8)],
    ),
    regression=protocol.Regression(
        columns=["price"],
        column=0,
        true_f32=packed([1, 2], "<f4"),
        predicted_f32=packed([1.5, np.nan], "<f4"),
        residual_low=-1.0,
        residual_high=1.0,
        residual_counts=[0] * 63 + [2],
    ),
    mistakes=[
        SAMPLE,
        *({**SAMPLE, "key": f"v{i}", "looks": looks} for i, looks in enumerate(LOOKS)),
    ],
    mistake_count=661,
    watched=[UNKNOWN],
)
PREDICTIONS = protocol.PredictionsPart(
    state="ready",
    reason=None,
    source="validation",
    outputs=["output"],
    output="output",
    task="classification",
    tasks=["classification", "regression"],
    task_note=message("Read as classification because of the loss %1.", "CategoricalCrossentropy"),
    epochs=[1, 2],
    epoch=2,
    last_epoch=20,
    samples=10_000,
    figures=[
        protocol.Figure(name="accuracy", value=0.934, change=0.012, direction="max"),
        protocol.Figure(name="loss", value="NaN", change=None, direction="min"),
    ],
    details=None,
)
LAYERS = protocol.LayersPart(
    state="ready",
    reason=None,
    step=120,
    findings=[
        protocol.Finding(
            id="dead:dense",
            level="error",
            title="Dead units",
            text="12 of 16 units of “dense” are zero for every sample.",
            where="dense",
            code="",
            rows=[],
            row_count=0,
        )
    ],
    layers=[
        protocol.LayerReading(
            name="dense",
            class_name="Dense",
            size=1000,
            sampled=1000,
            norm=3.2,
            norm_history=[3.0, 3.2],
            update=1e-3,
            gradient=None,
            zeros=0.0,
            low=-1.0,
            high="Infinity",
            histograms_u8=packed([0] * 63 + [255], "u1"),
            measured=protocol.Measured(
                gradient=1e-4, mean=0.1, deviation=0.2, zeros=0.75, dead=0.75
            ),
        )
    ],
    measure="measured",
    measure_reason=None,
)
DATA = protocol.DataPart(
    state="ready",
    reason=None,
    part_of=message("first %1 batches", "8"),
    findings=[
        protocol.Finding(
            id="nan:x",
            level="error",
            title="x has NaN",
            text="3 rows of x have NaN.",
            where="",
            code="x[[4, 8, 15]]",
            rows=[4, 8, 15],
            row_count=3,
        )
    ],
    dismissed=1,
    balance=protocol.Balance(names=["cat", "dog"], training=[10, 2], validation=None),
    inputs=[
        protocol.ValueRange(
            name="x",
            shape=[None, 28, 28],
            dtype="float32",
            split="training",
            low=0.0,
            high="NaN",
            mean="NaN",
            deviation="NaN",
            nan=3,
            infinite=0,
        )
    ],
    samples=[SAMPLE],
)
PARTS: dict[str, list[protocol.Insight]] = {
    "predictions": [
        protocol.Insight(part="predictions", fit=1, predictions=PREDICTIONS),
        protocol.Insight(
            part="predictions", fit=1, predictions={**PREDICTIONS, "details": DETAILS}
        ),
        protocol.Insight(
            part="predictions",
            fit=2,
            predictions={
                **PREDICTIONS,
                "state": "off",
                "reason": message("The steps are compiled by torch.compile."),
                "task": "unknown",
                "tasks": [],
                "task_note": None,
                "outputs": [],
                "output": "",
                "epochs": [],
                "epoch": 0,
                "samples": 0,
                "figures": [],
            },
        ),
    ],
    "samples": [
        protocol.Insight(
            part="samples",
            fit=1,
            samples=protocol.SamplesPart(
                output="output", epoch=2, true=4, predicted=None, count=23, samples=[SAMPLE]
            ),
        )
    ],
    "sample": [
        protocol.Insight(
            part="sample",
            fit=1,
            sample=protocol.SampleDetails(
                sample=SAMPLE,
                top=[("9", 0.98), ("4", 0.02)],
                history=[(1, "4", 0.1), (2, "9", "NaN")],
                explanation=protocol.Explanation(
                    method="grad_cam",
                    text=message("What counts for %1", "9"),
                    picture="1f0c",
                    shares=[0.5, -1.0, "NaN"],
                ),
            ),
        )
    ],
    "layers": [protocol.Insight(part="layers", fit=1, layers=LAYERS)],
    "data": [protocol.Insight(part="data", fit=1, data=DATA)],
    "pictures": [protocol.Insight(part="pictures", fit=1, pictures={"1f0c": PIXEL})],
}
REQUESTS: list[protocol.Request] = [
    protocol.Request(request="watch", tab="predictions", first=True, output="output", epoch=2),
    protocol.Request(request="show_samples", output="output", epoch=2, true=4, predicted=9),
    protocol.Request(request="show_sample", sample="v2135"),
    protocol.Request(request="set_task", output="output", task="regression"),
    protocol.Request(request="look_at_training_samples"),
    protocol.Request(request="explain", sample="v2135"),
    protocol.Request(request="measure_layers"),
    protocol.Request(request="look_at_data"),
    protocol.Request(request="dismiss_finding", finding="nan:x"),
]


def test_messages_are_as_the_golden_file_says():
    assert {request["request"] for request in REQUESTS} == set(get_args(protocol.RequestName))
    assert set(PARTS) == set(get_args(protocol.PartName))
    messages = {
        "parts": {
            part: [wire.envelope(INSIGHT, example) for example in examples]
            for part, examples in PARTS.items()
        },
        "requests": {
            request["request"]: wire.envelope(INSIGHT, request, id=f"a{i}")
            for i, request in enumerate(REQUESTS)
        },
        "watch_seconds": protocol.WATCH_SECONDS,
        "repeat_seconds": protocol.REPEAT_SECONDS,
    }
    text = json.dumps(messages, indent=2, allow_nan=False) + "\n"
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()
