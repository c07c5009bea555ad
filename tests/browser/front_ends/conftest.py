"""Servers of other environments, whose kernels are this environment's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.browser.server import LabServer
from tests.front_ends.environments import environment

Serve = Callable[..., LabServer]


@pytest.fixture
def serve(tmp_path: Path, quick_kernels: dict[str, str]) -> Iterator[Serve]:
    """``serve("jupyterlab-4.4")``: a server of that environment; None: of this one."""
    with contextlib.ExitStack() as servers:

        def serve(
            name: str | None,
            *,
            own_kernel: bool = False,
            base_url: str = "/",
            arguments: Sequence[str] = (),
        ) -> LabServer:
            options = {"python": environment(name) / "bin" / "python"} if name else {}
            return servers.enter_context(
                LabServer.start(
                    tmp_path / (name or "own"),
                    environment={} if own_kernel else quick_kernels,
                    base_url=base_url,
                    arguments=arguments,
                    **options,
                )
            )

        yield serve
