"""Runs cells in a Jupyter QtConsole without a screen, and prints what it shows.

``python qtconsole_session.py KERNEL CELL ...``, in an environment with qtconsole.
"""

import sys

from qtconsole.manager import QtKernelManager
from qtconsole.rich_jupyter_widget import RichJupyterWidget
from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QApplication

WAIT_SECONDS = 120


def main(kernel, cells):
    application = QApplication([])
    manager = QtKernelManager(kernel_name=kernel)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    console = RichJupyterWidget()
    console.kernel_manager, console.kernel_client = manager, client
    console.show()
    for number, cell in enumerate(cells, start=1):
        wait_until(lambda number=number: f"In [{number}]: " in text(console))
        console.execute(cell)
    wait_until(lambda: f"In [{len(cells) + 1}]: " in text(console))
    print(text(console))
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    application.quit()


def text(console):
    return console._control.toPlainText()


def wait_until(condition):
    """Let Qt work until ``condition`` holds."""
    loop, timer, end = QEventLoop(), QTimer(), QTimer()
    timer.timeout.connect(lambda: condition() and loop.quit())
    timer.start(50)
    end.setSingleShot(True)
    end.timeout.connect(lambda: sys.exit("what was waited for did not come"))
    end.start(WAIT_SECONDS * 1000)
    loop.exec()
    timer.stop()
    end.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
