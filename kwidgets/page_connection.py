"""Connect this kernel's models and fits to the pages with our JupyterLab extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Service(Protocol):
    """A service that sends messages to connected pages without a request."""

    def start(self) -> None:
        """Start sending; has no effect if already started."""

    def stop(self) -> None:
        """Stop sending."""


# By name, because %reload_ext runs the module that adds them again.
_services: dict[str, Callable[[], Service]] = {}


def add_service(load: Callable[[], Service]) -> None:
    """Start the service that ``load`` returns whenever the pages are connected.

    ``kwidgets/__init__.py`` adds the services, so that this module does not import them.
    """
    _services[load.__qualname__] = load


def connect() -> None:
    """Open the channel and start the services, if there is a kernel and they are not running.

    Does not import Keras: ``%load_ext kwidgets`` calls it before the user has chosen a backend.
    """
    from kwidgets.kernel.channel import channel

    if channel.open():
        for load in _services.values():
            load().start()


def disconnect() -> None:
    """Undo :func:`connect`."""
    from kwidgets.kernel.channel import channel

    if channel.is_open:
        for load in _services.values():
            load().stop()
        channel.close()
