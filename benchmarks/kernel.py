"""Runs a cell in a real kernel, and counts the messages and bytes that it publishes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from jupyter_client.blocking.client import BlockingKernelClient


@dataclass
class Result:
    seconds: float = 0.0
    messages: int = 0
    num_bytes: int = 0
    output: str = ""
    error: str = ""


def execute(client: BlockingKernelClient, code: str) -> Result:
    """Run ``code`` and count what its cell publishes, but for the kernel's busy and idle."""
    result = Result()
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=600)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status":
            if content["execution_state"] == "idle":
                break
            continue
        if kind == "execute_input":
            continue
        if kind == "error":
            result.error = "\n".join(content["traceback"])
        if kind == "stream":
            result.output += content["text"]
        result.messages += 1
        result.num_bytes += len(json.dumps(content, default=str))
        result.num_bytes += sum(len(buffer) for buffer in message["buffers"])
    if result.error:
        sys.exit(result.error)
    return result
