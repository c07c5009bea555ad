"""What front ends without our extension get of the view's code, and when."""

from __future__ import annotations

from kwidgets import protocol
from kwidgets.live.page.widget import Library, open_widget
from kwidgets.live.protocol import INSIGHT, RESYNC


def test_the_code_of_the_tabs_comes_when_one_is_opened():
    widget, _ = open_widget(dict, with_library=True)
    library = Library.shared()
    assert library.view and library.plotly
    assert library.insight == b"", "the first chart waits for none of it"

    widget._handle_custom_msg(protocol.envelope(RESYNC, {}), [])
    assert library.insight == b""
    request = protocol.envelope(INSIGHT, {"request": "watch", "tab": "data"}, id="a1")
    widget._handle_custom_msg(request, [])
    assert library.insight[:2] == b"\x1f\x8b", "gzip"
    assert widget.library_version, "by which pages know the code that they have"
