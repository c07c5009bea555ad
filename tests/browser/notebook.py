"""A notebook open in JupyterLab or Notebook 7, driven the way a user does.

Waits are on conditions, never on time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import LabServer

OPEN_TIMEOUT_SECONDS = 60
# As long as an import of Keras may take where others use the machine too.
RUN_TIMEOUT_SECONDS = 90
# As the user does with "Reconnect to Kernel".
RECONNECT_SECONDS = 20

App = Literal["lab", "notebook"]

# JupyterLab does not know which of its tabs a test means: this is the panel of our notebook.
_PANEL = """
const panel = () => [...window.jupyterapp.shell.widgets('main')]
    // Without the drive, which jupyter-collaboration adds.
    .find(widget => widget.context?.localPath === PATH);
"""

# What a test has opened is closed, and nobody is asked whether to save it.
_CLOSE_ALL = """async () => {
    const { shell } = window.jupyterapp ?? {};
    if (!shell?.collapseRight) return false;
    // After a reload JupyterLab opens once more, and late, the notebook that its address names.
    if (performance.getEntriesByType("navigation")[0].type === "reload") return false;
    for (const widget of [...shell.widgets('main')]) widget.dispose();
    shell.collapseRight();
    // How the user chose to see the last fit: viewChoices.ts.
    delete globalThis[Symbol.for('kwidgets.choices@2')];
    // By then what the widgets leave behind them has gone too.
    await new Promise(resolve => setTimeout(resolve));
    return document.querySelector('.jp-Dialog') === null;
}"""


def close_all(page: Page) -> bool:
    """Close all that is open in JupyterLab; return whether it is then as it was when loaded."""
    if not page.evaluate(_CLOSE_ALL):
        return False
    # Where nothing opens at the sight of it.
    page.mouse.move(0, 0)
    page.emulate_media(reduced_motion="null", forced_colors="null")
    return True


class Notebook:
    """One notebook in one page. Cells are counted from 0."""

    def __init__(
        self,
        page: Page,
        server: LabServer,
        name: str,
        app: App = "lab",
        kernel: str = "python3",
    ) -> None:
        self.page = page
        self.server = server
        self.name = name
        self.app = app
        self.kernel = kernel

    @property
    def path(self) -> Path:
        """The file that JupyterLab saves to."""
        return self.server.root / self.name

    @classmethod
    def create(
        cls,
        page: Page,
        server: LabServer,
        name: str,
        sources: Sequence[str],
        app: App = "lab",
        kernel: str = "python3",
        *,
        is_remote: bool = False,
    ) -> Notebook:
        """Write a notebook of code cells and open it, its kernel started and idle.

        ``is_remote`` says that the server has its kernels from a gateway.
        """
        notebook = cls(page, server, name, app, kernel)
        notebook._write(sources)
        notebook.open(kernel_is_busy=is_remote)
        if is_remote:
            notebook.wait_for_remote_kernel()
        return notebook

    def open(self, *, kernel_is_busy: bool = False) -> None:
        """Open the file and wait for the kernel, unless it is busy.

        Where the page has no JupyterLab of this server, it is loaded, in a workspace of its own.
        """
        if self.app == "lab" and self.page.url.startswith(f"{self.server.url}/lab/"):
            self.activate()
            self._wait_until_shown()
            # A launcher has come when the last tab was closed.
            self._in_panel(
                """
                for (const widget of [...window.jupyterapp.shell.widgets('main')]) {
                    if (!widget.context) widget.dispose();
                }
                """
            )
        else:
            self._load()
            self._wait_until_shown()
        if not kernel_is_busy:
            self.wait_for_kernel()

    def _load(self) -> None:
        where = f"lab/workspaces/{Path(self.name).stem}/tree" if self.app == "lab" else "notebooks"
        self.page.goto(f"{self.server.url}/{where}/{self.name}?token={self.server.token}")

    @classmethod
    def beside(cls, other: Notebook, name: str, sources: Sequence[str]) -> Notebook:
        """Write another notebook and open it in the same page, in front."""
        notebook = cls(other.page, other.server, name, other.app)
        notebook._write(sources)
        notebook.activate()
        notebook._wait_until_shown()
        notebook.wait_for_kernel()
        return notebook

    def activate(self) -> None:
        """Bring the notebook to the front, opening it where it is not open."""
        self.page.evaluate(
            "path => window.jupyterapp.commands.execute('docmanager:open', { path })", self.name
        )

    # --- cells ---------------------------------------------------------------------------------

    def cell(self, index: int) -> Locator:
        return self._panel.locator(".jp-Notebook-cell").nth(index)

    def outputs(self, index: int) -> Locator:
        """The outputs below a cell; look for a widget's parts in here."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def prompt(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-InputArea-prompt").first

    def text(self, index: int) -> str:
        """What stands in a cell's outputs, as text."""
        return self.outputs(index).inner_text()

    # --- running -------------------------------------------------------------------------------

    def run(self, index: int) -> None:
        """Start a cell and return at once."""
        # The old number goes first, so that wait() cannot take it for the new one. The command's
        # promise ends with the cell, hence void.
        self._in_panel(
            """
            panel().content.deselectAll();
            panel().content.activeCellIndex = ARGUMENT;
            panel().content.activeCell.model.clearExecution();
            window.jupyterapp.shell.activateById(panel().id);
            void window.jupyterapp.commands.execute('notebook:run-cell');
            """,
            index,
        )

    def run_all(self) -> None:
        """Start all cells and return at once."""
        self._in_panel(
            """
            panel().content.widgets.forEach(cell => cell.model.clearExecution?.());
            window.jupyterapp.shell.activateById(panel().id);
            void window.jupyterapp.commands.execute('notebook:run-all-cells');
            """
        )

    def wait(self, index: int, timeout_seconds: float = RUN_TIMEOUT_SECONDS) -> None:
        """Wait until a started cell has ended: its prompt shows a number."""
        expect(self.prompt(index)).to_have_text(
            re.compile(r"^\[\d+\]:$"), timeout=timeout_seconds * 1000
        )

    def run_and_wait(self, index: int, timeout_seconds: float = RUN_TIMEOUT_SECONDS) -> None:
        self.run(index)
        self.wait(index, timeout_seconds)

    def is_running(self, index: int) -> bool:
        """Whether the prompt says that a cell runs or waits. After a reload it never does."""
        return "*" in self.prompt(index).inner_text()

    # --- the kernel ----------------------------------------------------------------------------

    def wait_for_kernel(self) -> None:
        """Wait until the kernel answers. A page loaded in mid-cell hears it at the cell's end."""
        self._in_panel(
            """
            await panel().sessionContext.ready;
            await panel().sessionContext.session.kernel.info;
            """
        )

    def wait_for_remote_kernel(self) -> None:
        """Wait for a kernel behind a gateway, and connect to it again if it does not answer.

        JupyterLab connects twice, first with a protocol that a gateway lacks. If the kernel starts
        slowly, the gateway may answer the connection that has been given up.
        """
        self._in_panel(
            """
            await panel().sessionContext.ready;
            const { kernel } = panel().sessionContext.session;
            const seconds = ARGUMENT;
            const late = () => new Promise(resolve => setTimeout(resolve, seconds * 1000));
            while (!await Promise.race([kernel.info, late()])) await kernel.reconnect();
            """,
            RECONNECT_SECONDS,
        )

    def interrupt(self) -> None:
        self._in_panel("await panel().sessionContext.session.kernel.interrupt();")

    def restart_kernel(self) -> None:
        self._in_panel("await panel().sessionContext.restartKernel();")
        self.wait_for_kernel()

    # --- the page and the file -----------------------------------------------------------------

    def reload(self) -> None:
        """Load the page anew, as F5 does: what was not saved is gone. Waits for no kernel."""
        self.page.reload()
        self._wait_until_shown()

    def trust(self) -> None:
        """Trust all cells, as the user does by running them in this page or by the command."""
        self._in_panel("for (const cell of panel().content.model.cells) cell.trusted = true;")

    def clear_outputs(self) -> None:
        """Remove the outputs of all cells."""
        self._in_panel(
            """
            window.jupyterapp.shell.activateById(panel().id);
            await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
            """
        )

    def save(self) -> None:
        self._in_panel("await panel().context.save();")

    def saved(self) -> nbformat.NotebookNode:
        """The file as it stands on disk."""
        return nbformat.read(self.path, as_version=4)

    def is_dirty(self) -> bool:
        """Whether there is something to save."""
        return bool(self._in_panel("return panel().context.model.dirty;"))

    def save_until(
        self,
        condition: Callable[[nbformat.NotebookNode], object],
        timeout_seconds: float = RUN_TIMEOUT_SECONDS,
    ) -> nbformat.NotebookNode:
        """Save until ``condition`` holds of the file, and return that.

        A view shows that a fit has ended before the kernel has sent what is to be saved of it.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            self.save()
            saved = self.saved()
            if condition(saved):
                return saved
            assert time.monotonic() < deadline, [cell.get("outputs") for cell in saved.cells]
            self.page.wait_for_timeout(200)

    def expect_save(self, action: Callable[[], object]) -> None:
        """Do ``action`` until it has saved the file: JupyterLab ignores it during another save."""
        self._in_panel(
            """
            window.hasSaved = false;
            panel().context.saveState.connect((_, state) => {
                window.hasSaved ||= state === 'completed';
            });
            """
        )
        deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
        while not self.page.evaluate("window.hasSaved"):
            assert time.monotonic() < deadline, "it was not saved"
            action()
            self.page.wait_for_timeout(500)

    def cells_and_selection(self) -> object:
        """Return what commands of the notebook change: its cells, and which of them is active."""
        return self._in_panel(
            """
            const { activeCellIndex, widgets } = panel().content;
            return [activeCellIndex, widgets.map(({ model }) => [model.type, model.id])];
            """
        )

    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        name = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}[theme]
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name
        )
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)

    def change_kernel(self, name: str) -> None:
        """Give the notebook another kernel, of this kernelspec."""
        self._in_panel("await panel().sessionContext.changeKernel({ name: ARGUMENT });", name)
        self.wait_for_kernel()

    def shut_down_kernel(self) -> None:
        """Leave the notebook without a kernel."""
        self._in_panel("await panel().sessionContext.shutdown();")

    # --- inside --------------------------------------------------------------------------------

    @property
    def _panel(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def _write(self, sources: Sequence[str]) -> None:
        node = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources],
            # Without a kernelspec JupyterLab asks for a kernel in a dialog.
            metadata={
                "kernelspec": {
                    "display_name": self.kernel,
                    "language": "python",
                    "name": self.kernel,
                }
            },
        )
        nbformat.write(node, self.path)

    def _wait_until_shown(self) -> None:
        self.page.wait_for_function(
            f"""async path => {{
                if (!window.jupyterapp) return false;
                await window.jupyterapp.restored;
                {_PANEL.replace("PATH", "path")}
                if (!panel()) return false;
                await panel().context.ready;
                return true;
            }}""",
            arg=self.name,
            timeout=OPEN_TIMEOUT_SECONDS * 1000,
        )
        expect(self.cell(0)).to_be_visible()

    def _in_panel(self, script: str, argument: object = None) -> Any:
        """Run a script in the page, in which ``panel()`` is this notebook."""
        return self.page.evaluate(
            f"""async ([path, argument]) => {{
                {_PANEL.replace("PATH", "path")}
                {script.replace("ARGUMENT", "argument")}
            }}""",
            [self.name, argument],
        )
