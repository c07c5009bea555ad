"""Lets the pages with our JupyterLab extension hear of this kernel's models and fits."""

from __future__ import annotations


def connect() -> None:
    """Open the channel and watch the namespace, where there is a kernel. Again: nothing.

    Imports no Keras: ``%load_ext kwidgets`` calls it before the user has chosen a backend.
    """
    from kwidgets.kernel.channel import channel

    if channel.open():
        from kwidgets.models.panel import panel

        panel.start()


def disconnect() -> None:
    """Undo :func:`connect`."""
    from kwidgets.kernel.channel import channel

    if channel.is_open:
        from kwidgets.models.panel import panel

        panel.stop()
        channel.close()
