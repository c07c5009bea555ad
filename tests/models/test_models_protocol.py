"""The messages about models: one golden file, which the TypeScript suite parses too.

``KWIDGETS_WRITE_GOLDEN=1 pytest tests/models/test_models_protocol.py`` writes it.
"""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

from kwidgets import protocol as wire
from kwidgets.live import protocol as live_protocol
from kwidgets.models import protocol, summary_data
from kwidgets.models.summary import _saved_envelope

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "models.json"

LAYER = summary_data.LayerSummary(
    path="0",
    name="<b>dense",
    class_name="Dense",
    input_shapes=((None, 4),),
    output_shapes=((None, 3),),
    parameters=15,
    trainable_parameters=15,
    weight_bytes=60,
    dtype="float32",
    activation="relu",
    inbound=("input",),
)
ROOT = summary_data.LayerSummary(
    path="",
    name="net",
    class_name="Sequential",
    kind="model",
    output_shapes=None,
    parameters=None,
    trainable_parameters=None,
    weight_bytes=None,
    problem="why",
    children=(LAYER,),
)
COMPILED = summary_data.Compiled("Adam", "mse", ("mae",))
TRAINED = summary_data.Trained(steps=1200, epochs=3, seconds=1.5)
SUMMARY = summary_data.ModelSummary(
    root=ROOT,
    parameters=15,
    trainable_parameters=15,
    weight_bytes=60,
    optimizer_parameters=31,
    optimizer_bytes=124,
    compiled=COMPILED,
    trained=TRAINED,
    inferred_from="(4,)",
    guesses=(summary_data.InputGuess("(4,)", "x, float32"),),
    notes=("A note.",),
)
ENTRY = summary_data.ModelEntry(
    key="a1-1",
    names=("net", "nets[0]"),
    name="net",
    class_name="Sequential",
    built=True,
    parameters=15,
    weight_bytes=60,
    num_layers=1,
    compiled=COMPILED,
    trained=TRAINED,
    run_id="r1",
    revision="f00",
)
FAILED = summary_data.ModelEntry(
    key="a1-2", names=("bad",), name="bad", class_name="Bad", error="Cannot read it."
)
DETAIL = summary_data.LayerDetail(
    path="0",
    name="dense",
    class_name="Dense",
    module="keras.layers",
    config='{\n  "units": 3\n}',
    config_problem=None,
    weights=(
        summary_data.WeightDetail(
            name="kernel",
            shape=(4, 3),
            dtype="float32",
            parameters=12,
            trainable=True,
            nan=1,
            infinite=1,
            zero=2,
            looked_at=12,
            minimum=-1.0,
            maximum=1.0,
            mean=0.0,
            standard_deviation=0.5,
            histogram=summary_data.Histogram((-1.0, 0.0, 1.0), (5, 5)),
            units=3,
            dead_units=1,
        ),
    ),
    trainable=True,
    trainable_code="net.layers[0].trainable = False",
    when="now",
)


def answer(value: Any) -> wire.Envelope:
    return wire.envelope(protocol.ANSWER, protocol.Answer(ok=True, value=value), id="q1")


def request(kind: str, **payload: Any) -> wire.Envelope:
    return wire.envelope(kind, payload, id="q1")


def examples() -> dict[str, Any]:
    runs = [
        protocol.RunBrief(
            run_id="r1",
            model_name="net",
            model="a1-1",
            status="running",
            started_at=1_700_000_000.5,
            cell_id="c1",
            client="s1",
        ),
        protocol.RunBrief(
            run_id="r0",
            model_name="gone",
            model=None,
            status="failed",
            started_at=1_700_000_000.0,
            cell_id=None,
            client=None,
        ),
    ]
    frozen = protocol.TrainableSet(trainable=False, code="net.trainable = False", note="Compile.")
    return {
        "mime_type": protocol.MIME_TYPE,
        "channel": wire.CHANNEL,
        "pushed": {
            "welcome": wire.envelope(
                wire.WELCOME,
                wire.Welcome(kwidgets="0.1.0", keras_backend="jax", hears_while_busy=True),
            ),
            "goodbye": wire.envelope(wire.GOODBYE, {}),
            "refused": wire.envelope(wire.REFUSED, wire.Refused(message="Upgrade.", version=2)),
            "unknown_run": wire.envelope(live_protocol.UNKNOWN_RUN, {}, run="r9"),
            "bundle": wire.envelope(live_protocol.BUNDLE, {"text/plain": "Training"}, run="r1"),
            "models": wire.envelope(
                protocol.MODELS,
                protocol.Models(
                    entries=[summary_data.to_wire(ENTRY), summary_data.to_wire(FAILED)],
                    searched_in_part=["nets"],
                ),
            ),
            "runs": wire.envelope(protocol.RUNS, protocol.Runs(runs=runs)),
        },
        "requests": {
            protocol.DESCRIBE: request(protocol.DESCRIBE, model="a1-1"),
            protocol.INFER: request(protocol.INFER, model="a1-1", input_shapes="(4,)"),
            protocol.DETAIL: request(protocol.DETAIL, model="a1-1", layer="0"),
            protocol.SET_TRAINABLE: request(
                protocol.SET_TRAINABLE, model="a1-1", layers=["0"], trainable=False
            ),
            protocol.EXPORT: request(protocol.EXPORT, model="a1-1", format="markdown"),
            protocol.REFRESH: request(protocol.REFRESH),
        },
        "answers": {
            protocol.DESCRIBE: answer(summary_data.to_wire(SUMMARY)),
            protocol.INFER: answer(summary_data.to_wire(SUMMARY)),
            protocol.DETAIL: answer(summary_data.to_wire(DETAIL)),
            protocol.SET_TRAINABLE: answer(frozen),
            protocol.EXPORT: answer("| layer |"),
            protocol.REFRESH: answer(None),
        },
        "refused": wire.envelope(
            protocol.ANSWER, protocol.Answer(ok=False, message="It is gone."), id="q1"
        ),
        "saved": _saved_envelope(ENTRY, SUMMARY),
    }


def test_messages_are_as_the_golden_file_says() -> None:
    text = json.dumps(examples(), indent=2, allow_nan=False) + "\n"
    if os.environ.get("KWIDGETS_WRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text


def test_every_kind_has_an_example() -> None:
    golden = examples()
    assert set(golden["requests"]) == set(golden["answers"]) == set(protocol.REQUEST_KINDS)
    assert set(golden["pushed"]) == {
        *wire.CHANNEL_KINDS,
        *live_protocol.RUN_KINDS,
        *protocol.PUSHED_KINDS,
    }
