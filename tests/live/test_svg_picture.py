"""Test the saved picture: valid and small, for all numbers and names."""

import json
import math
from xml.etree import ElementTree

import pytest

from kwidgets.language import message
from kwidgets.live import protocol
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.saved_output import earlier_snapshot, saved_bundle
from kwidgets.live.page.svg_picture import draw_picture
from tests.live.test_protocol import PROGRESS, RUN

NASTY = '<script>&"\x00name'


def filled(num_metrics: int, epochs: int, value=lambda epoch: 1 / epoch) -> MetricStore:
    store = MetricStore()
    names = [f"{NASTY}{i}" for i in range(num_metrics)]
    for name in names:
        store.declare(protocol.MetricInfo(name=name, kind="mean", direction="min", group=None))
    for epoch in range(1, epochs + 1):
        values = dict.fromkeys(names, value(epoch))
        store.add_batches(epoch, epoch, epoch, values, 1)
        store.add_epoch(epoch, epoch, epoch, values | {f"val_{n}": v for n, v in values.items()})
    return store


@pytest.mark.parametrize(
    "value",
    [
        lambda epoch: 1 / epoch,
        lambda epoch: math.nan,
        lambda epoch: math.inf if epoch % 2 else -1.0,
        lambda epoch: 0.0,
        lambda epoch: 1e-13 * epoch,
        lambda epoch: 1e300 * epoch,
    ],
)
@pytest.mark.parametrize("epochs", [0, 1, 3, 200])
def test_the_picture_is_valid_xml_with_finite_coordinates(value, epochs):
    picture = draw_picture(filled(2, epochs, value), RUN, PROGRESS)
    ElementTree.fromstring(picture)
    assert "nan" not in picture.replace("name", "")
    assert "<script" not in picture


def test_the_picture_says_why_a_run_failed_and_what_to_look_at():
    failed = {**PROGRESS, "status": "failed", "detail": "ValueError: broken row 7"}
    picture = draw_picture(filled(1, 1), RUN, failed)
    assert "broken row 7" in picture
    assert "The live view failed" in picture  # PROGRESS's notice


def test_the_picture_counts_epochs_as_its_axis_does():
    run = {**RUN, "epochs": 5, "epochs_before": 12}
    picture = draw_picture(filled(1, 17), run, {**PROGRESS, "epoch": 3})
    assert "epoch 15 of 17 (Keras: 3 of 5)" in picture


def test_the_picture_numbers_what_was_done_and_says_it():
    store = filled(1, 3)
    text = message("Learning rate %1 → %2", "0.01", "<b>0.1</b>")
    store.add_mark(protocol.Mark(kind="user", text=text, step=2, epoch=2.0, seconds=2))
    picture = draw_picture(store, RUN, PROGRESS)
    ElementTree.fromstring(picture)
    assert "1  Learning rate 0.01 → &lt;b&gt;0.1&lt;/b&gt;" in picture


def test_marks_at_one_place_have_one_label_with_all_their_numbers():
    store = filled(1, 9)
    for epoch in (3.0, 3.0, 7.0):
        text = message("Stop")
        store.add_mark(protocol.Mark(kind="user", text=text, step=3, epoch=epoch, seconds=3))
    picture = draw_picture(store, RUN, PROGRESS)
    assert ">1–2</text>" in picture and ">3</text>" in picture


def test_the_picture_of_a_run_that_diverged_has_the_axis_of_its_finite_part():
    store = filled(1, 9, lambda epoch: 80.0 if epoch < 3 else math.nan)
    text = message("%1 became NaN", "loss")
    store.add_mark(protocol.Mark(kind="diverged", text=text, step=3, epoch=3.0, seconds=3))
    picture = draw_picture(store, RUN, {**PROGRESS, "diverged": True})
    assert "running, diverged" in picture and "1  loss became NaN" in picture
    assert ">1</text>" in picture, "the place is marked"
    assert ">8</text>" in picture, "the x axis is that of the whole run"


def test_the_legend_names_only_what_is_drawn():
    store = MetricStore()
    store.add_epoch(1, 1, 1, {"loss": 1.0})
    picture = draw_picture(store, RUN, PROGRESS)
    assert ">training<" in picture
    assert ">validation<" not in picture and ">batches<" not in picture


@pytest.mark.parametrize(("num_metrics", "epochs"), [(1, 20), (20, 10_000), (60, 300)])
def test_a_saved_run_is_small(num_metrics, epochs):
    store = filled(num_metrics, epochs)
    for i in range(300):
        text = message("%1: learning rate %2 → %3", "ReduceLROnPlateau", "0.001", "0.0005")
        store.add_mark(protocol.Mark(kind="callback", text=text, step=i, epoch=i, seconds=i))
    bundle = saved_bundle(store, RUN, {**PROGRESS, "status": "finished"})
    assert len(json.dumps(bundle, allow_nan=False)) <= 150_000


def test_the_fits_of_a_loop_are_a_table_with_names_epochs_and_values():
    def fit(number, name, losses):
        store = MetricStore()
        loss = protocol.MetricInfo(name="loss", kind="mean", direction="min", group=None)
        store.declare(loss)
        for epoch, value in enumerate(losses, start=1):
            store.add_epoch(epoch, epoch, epoch, {"loss": value, "val_loss": 2 * value})
        run = {**RUN, "fit": number, "model_name": name, "epochs": 3, "metrics": [loss]}
        return store, run, {**PROGRESS, "status": "finished", "elapsed_seconds": 75.0}

    earlier = [earlier_snapshot(*fit(1, "<b>lstm</b>", [0.5, 0.25, 0.375]))]
    bundle = saved_bundle(*fit(2, "gru", [math.nan]), earlier=earlier)
    table = ElementTree.fromstring(bundle["text/html"][bundle["text/html"].index("<table>") :])
    assert [[cell.text for cell in row] for row in table.iter("tr")] == [
        ["fit", "name", "status", "epochs", "loss", "val_loss", "best loss", "time"],
        ["1", "<b>lstm</b>", "finished", "3 of 3", "0.375", "0.75", "0.5", "1:15"],
        ["2", "gru", "finished", "1 of 3", "nan", "nan", "–", "1:15"],
    ]
    assert "Fit 1, <b>lstm</b>: Training finished" in bundle["text/plain"]


def test_values_outside_of_the_axis_have_a_sign():
    store = filled(1, 30, lambda epoch: 40 if epoch == 1 else 1 / epoch)
    assert ">▲ 40<" in draw_picture(store, RUN, PROGRESS)
    assert "▲" not in draw_picture(filled(1, 30), RUN, PROGRESS)


def test_an_epoch_that_was_stopped_early_is_hollow():
    store = filled(1, 3)
    assert "<circle" not in draw_picture(store, RUN, PROGRESS)
    name = next(iter(store.metrics))
    store.add_epoch(4, 4, 4, {name: 0.1}, complete=False)
    partial = draw_picture(store, RUN, PROGRESS)
    assert partial.count("<circle") == 1
    assert "epoch 3<" in partial, "the best one is a whole one"
