// A page that draws widgets with @jupyter-widgets/html-manager, as VS Code and Colab do, and has
// nothing of JupyterLab. `sendToKernel` is the test's; the test calls `receive` for each message.

"use strict";

require.config({ paths: { anywidget: "/anywidget" } });

const VIEW = "application/vnd.jupyter.widget-view+json";
const outputs = new Map();
let manager;
// One message after the other: a model is made before the messages to it are handled.
let handled = new Promise((resolve) => {
  require(["@jupyter-widgets/html-manager"], ({ HTMLManager }) => {
    manager = new HTMLManager({
      loader: (name) => new Promise((loaded, failed) => require([name], loaded, failed)),
    });
    resolve();
  });
});

class Comm {
  constructor(id) {
    this.comm_id = id;
    this.target_name = "jupyter.widget";
  }
  on_msg(listener) {
    this.listener = listener;
  }
  on_close(listener) {
    this.closed = listener;
  }
  send(data) {
    sendToKernel(this.comm_id, data);
    return "";
  }
  close() {}
}

const comms = new Map();

function receive(message) {
  message.buffers = message.buffers.map((text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new DataView(bytes.buffer);
  });
  handled = handled.then(() => handle(message)).catch((error) => console.error(error));
}

async function handle(message) {
  const { content } = message;
  if (message.msg_type === "comm_open" && content.target_name === "jupyter.widget") {
    const comm = new Comm(content.comm_id);
    comms.set(content.comm_id, comm);
    await manager.handle_comm_open(comm, message);
  } else if (message.msg_type === "comm_msg") {
    await comms.get(content.comm_id)?.listener?.(message);
  } else if (message.msg_type === "comm_close") {
    comms.get(content.comm_id)?.closed?.(message);
  } else if (content.data) {
    await show(content.data, content.transient?.display_id);
  }
}

async function show(bundle, id) {
  const element = outputs.get(id) ?? document.body.appendChild(document.createElement("div"));
  if (id) outputs.set(id, element);
  element.replaceChildren();
  if (bundle[VIEW]) {
    const model = await manager.get_model(bundle[VIEW].model_id);
    await manager.display_view(await manager.create_view(model), element);
  } else {
    element.innerHTML = bundle["text/html"] ?? "";
  }
}
