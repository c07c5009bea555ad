"""Connect this kernel's models and fits to the pages with our JupyterLab extension."""

from __future__ import annotations


def connect() -> None:
    """Open the channel and watch the namespace, if there is a kernel and they are not open yet.

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
