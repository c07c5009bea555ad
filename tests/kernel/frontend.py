"""A front end for tests, without a browser or subshells, like VS Code."""

from __future__ import annotations

import time

from kwidgets import protocol
from kwidgets.live.protocol import MIME_TYPE

# A cell that trains for a long time, and prints the result at its end.
FIT = """
import keras, numpy as np, kwidgets as kw
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
live = kw.LivePlot()
history = model.fit(np.ones((64, 4)), np.ones((64, 1)), batch_size=8, epochs=100_000,
                    callbacks=[live], verbose=0)
print("fit returned", live.status, float(model.optimizer.learning_rate))
"""

# The same as a loop of the user's own.
LOOP = """
import keras, numpy as np, kwidgets as kw
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
batches = [(np.ones((8, 4)), np.ones((8, 1)))] * 8
with kw.LiveLoop(epochs=100_000, model=model) as live:
    for epoch in live.epochs():
        for batch in live.steps(batches):
            live.log(loss=model.train_on_batch(*batch))
        live.log(val_loss=model.test_on_batch(*batch))
print("fit returned", live.status, float(model.optimizer.learning_rate))
"""


class Frontend:
    """Reads the kernel's messages, and sends messages on the live view's comm."""

    def __init__(self, client):
        self.client = client
        self.comm_id = None
        self.displays = []
        self.updates = []
        self.texts = []
        self.on_channel = []

    def read_until(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=end - time.monotonic())
            self.take(message)
            if message["msg_type"] == "error":
                raise AssertionError("\n".join(message["content"]["traceback"]))
            if condition():
                return
        raise AssertionError("it did not come")

    def read_until_idle(self, request, seconds=60):
        """Read until the cell of ``request`` has ended, also by an exception."""
        while True:
            message = self.client.get_iopub_msg(timeout=seconds)
            self.take(message)
            content = message["content"]
            ours = message["parent_header"].get("msg_id") == request
            if ours and content.get("execution_state") == "idle":
                return

    def take(self, message):
        """Record one message."""
        content, kind = message["content"], message["msg_type"]
        if kind == "comm_open" and "snapshot" in content["data"].get("state", {}):
            self.comm_id = content["comm_id"]
        elif kind == "comm_msg" and content["comm_id"] == self.comm_id:
            if content["data"].get("method") == "custom":
                self.updates.append(content["data"]["content"])
        elif kind == "comm_msg" and content["comm_id"] == protocol.CHANNEL:
            self.on_channel.append(content["data"])
        elif kind in ("display_data", "update_display_data"):
            content["parent"] = message["parent_header"]["msg_id"]
            self.displays.append((kind, content))
        elif kind == "clear_output":
            self.displays.append((kind, {**content, "data": {}}))
        elif kind == "stream":
            self.texts.append(content["text"])

    def send(self, kind, payload=None, id="m1", v=protocol.PROTOCOL_VERSION):
        envelope = {"v": v, "kind": kind, "id": id, "payload": payload or {}}
        data = {"method": "custom", "content": envelope}
        self.send_to_comm(self.comm_id, data)

    def send_to_comm(self, comm_id, data, **header):
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        message["header"].update(header)
        self.client.shell_channel.send(message)

    def channel(self, kind):
        return [data for data in self.on_channel if data["kind"] == kind]

    def latest(self):
        progress = [u["payload"]["progress"] for u in self.updates if u["kind"] == "update"]
        return progress[-1] if progress else None

    def answers(self, kind, id):
        return [u for u in self.updates if u["kind"] == kind and u.get("id") == id]


def live_views(frontend):
    """Return the last version of each output that shows a run, by its display id."""
    views = {}
    for _, content in frontend.displays:
        if MIME_TYPE in content["data"]:
            views[content["transient"]["display_id"]] = content["data"]
    return list(views.values())
