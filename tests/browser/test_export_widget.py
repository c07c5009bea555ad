"""The export panel drawn by its anywidget module, in a page without JupyterLab."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from playwright.sync_api import Page, expect

from kwidgets.formats.page.request_handler import RequestHandler
from kwidgets.formats.page.saved import saved_bundle
from kwidgets.formats.protocol import EXPORT_ANSWER, MIME_TYPE
from kwidgets.library_widgets import STATIC
from kwidgets.protocol import PROTOCOL_VERSION

# What a front end of anywidget gives to a module, with the kernel behind `ask`.
HARNESS = """
async ({code, saved}) => {
  const url = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
  const {draw} = await import(url);
  const listeners = {};
  const model = {
    get: () => saved,
    on: (event, receive) => (listeners[event] ??= []).push(receive),
    off: () => {},
    send: async (message) => {
      const answer = JSON.parse(await ask(JSON.stringify(message)));
      for (const receive of listeners["msg:custom"] ?? []) receive(answer, []);
    },
  };
  const library = {get: () => ({}), on: () => {}, off: () => {}};
  draw({model, el: document.getElementById("output")}, library);
}
"""


def two_inputs() -> Any:
    age, photo = keras.Input((1,), name="age"), keras.Input((4, 4, 1), name="photo")
    joined = keras.layers.Concatenate()([age, keras.layers.Flatten()(photo)])
    return keras.Model([age, photo], keras.layers.Dense(3)(joined), name="two_inputs")


def test_a_front_end_without_our_extension_draws_the_panel_and_exports(
    page: Page, tmp_path: Path
) -> None:
    model = two_inputs()
    x_test = {"age": np.ones((8, 1)), "photo": np.ones((8, 4, 4, 1))}
    handler = RequestHandler(lambda: {"model": model, "x_test": x_test})

    def ask(text: str) -> str:
        message = json.loads(text)
        payload = handler.answer(message["kind"], message["payload"])
        answer = {"v": PROTOCOL_VERSION, "kind": EXPORT_ANSWER, "payload": payload}
        return json.dumps({**answer, "id": message["id"]})

    page.expose_function("ask", ask)
    page.set_content('<div id="output" style="max-width: 700px"></div>')
    code = gzip.decompress((STATIC / "export-view.js.gz").read_bytes()).decode()
    saved = saved_bundle(model)[MIME_TYPE]
    page.evaluate(HARNESS, {"code": code, "saved": saved})
    view = page.get_by_role("region", name="Export model")
    expect(view.get_by_label("Samples to compare")).to_have_value("x_test")
    for box in view.get_by_role("checkbox").all():
        box.uncheck()
    view.get_by_role("checkbox", name="Keras").check()
    view.get_by_label("Folder").fill(str(tmp_path / "exports"))
    view.get_by_role("button", name="Export", exact=True).click()
    rows = view.get_by_role("table", name="Exports").get_by_role("row")
    expect(rows.filter(has_text="two_inputs.keras")).to_contain_text("✓ Identical", timeout=120_000)
    assert (tmp_path / "exports" / "two_inputs.keras").exists()
