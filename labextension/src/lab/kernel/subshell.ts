/**
 * Finds or creates a subshell of a kernel, and sends comm messages to it, so that a kernel receives
 * them while a cell runs. The requests use the control channel, on which a busy kernel answers.
 *
 * The messages are built here because JupyterLab's own methods wait for the kernel's info, which a
 * kernel that is busy when the page loads sends only at the end of the cell.
 */

import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { CHANNEL } from "../../protocol";
import { newId } from "../../shared/newId";

// A kernel answers at once, unless it is starting, or its cell runs compiled code that blocks all
// other Python threads.
const TIMEOUT_MS = 8000;

/** A kernel connection's private method, which can bypass the queue for a kernel without info. */
interface Unqueued {
  _sendMessage?(message: KernelMessage.IMessage, queue: boolean): void;
}

/**
 * Return the id of a subshell that this page may use, null where there are none, or undefined when
 * the kernel does not answer.
 */
export async function findSubshell(
  kernel: Kernel.IKernelConnection,
): Promise<string | null | undefined> {
  const key = `kwidgets.subshell.${kernel.id}`;
  // ipykernel 6 never answers the first request. It handles requests in order: the answer to the
  // second shows that there will be none.
  const listing = sendControlRequest(kernel, "list_subshell_request");
  const next = hasComm(kernel, CHANNEL);
  const listed = await Promise.race([listing, next.then(() => null)]);
  if (listed === null) return (await next) === null ? undefined : null;
  const known = (listed as { subshell_id?: unknown }).subshell_id;
  if (!Array.isArray(known)) return null;
  // Otherwise each page load would create one more.
  const earlier = sessionStorage.getItem(key);
  if (earlier && known.includes(earlier)) return earlier;
  const created = (await sendControlRequest(kernel, "create_subshell_request")) as {
    subshell_id?: unknown;
  } | null;
  const id = created?.subshell_id;
  if (typeof id !== "string") return undefined;
  sessionStorage.setItem(key, id);
  return id;
}

/** Return whether the kernel has a comm of this target; null if it does not answer. */
export async function hasComm(
  kernel: Kernel.IKernelConnection,
  target: string,
): Promise<boolean | null> {
  const answer = await sendControlRequest(kernel, "comm_info_request", { target_name: target });
  if (answer === null) return null;
  return Object.keys((answer as { comms?: object }).comms ?? {}).length > 0;
}

/** Return the reply on the control channel; null if none comes, or the kernel shuts down. */
function sendControlRequest(
  kernel: Kernel.IKernelConnection,
  type: string,
  content: object = {},
): Promise<unknown> {
  return new Promise((resolve) => {
    const request = makeMessage(kernel, "control", type, content);
    const done = (value: unknown) => {
      clearTimeout(timer);
      kernel.anyMessage.disconnect(listen);
      kernel.disposed.disconnect(giveUp);
      resolve(value);
    };
    const giveUp = () => done(null);
    const listen = (_: unknown, { msg, direction }: Kernel.IAnyMessageArgs) => {
      const parent = msg.parent_header as Partial<KernelMessage.IHeader>;
      if (
        direction === "recv" &&
        msg.channel === "control" &&
        parent.msg_id === requestId(request)
      ) {
        done(msg.content);
      }
    };
    const timer = setTimeout(giveUp, TIMEOUT_MS);
    kernel.anyMessage.connect(listen);
    kernel.disposed.connect(giveUp);
    try {
      sendUnqueued(kernel, request);
    } catch {
      giveUp();
    }
  });
}

function requestId(message: KernelMessage.IMessage): string {
  return message.header.msg_id;
}

/** Send a comm message to the subshell, or to the main shell where there is none. */
export function sendToComm(
  kernel: Kernel.IKernelConnection,
  subshell: string | null,
  commId: string,
  data: object,
): void {
  const extra = subshell === null ? {} : { subshell_id: subshell };
  sendUnqueued(kernel, makeMessage(kernel, "shell", "comm_msg", { comm_id: commId, data }, extra));
}

function sendUnqueued(kernel: Kernel.IKernelConnection, message: KernelMessage.IMessage): void {
  const unqueued = kernel as unknown as Unqueued;
  if (unqueued._sendMessage) unqueued._sendMessage(message, false);
  else if (message.channel === "control") kernel.sendControlMessage(message as never);
  else kernel.sendShellMessage(message as never);
}

function makeMessage(
  kernel: Kernel.IKernelConnection,
  channel: KernelMessage.Channel,
  type: string,
  content: object,
  extra: object = {},
): KernelMessage.IMessage {
  return {
    channel,
    header: {
      msg_id: newId(),
      msg_type: type,
      session: kernel.clientId,
      username: kernel.username,
      date: new Date().toISOString(),
      version: "5.3",
      ...extra,
    },
    parent_header: {},
    metadata: {},
    content,
    buffers: [],
  } as unknown as KernelMessage.IMessage;
}
