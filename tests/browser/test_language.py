"""A JupyterLab in Chinese shows the panel, the live view and the builder in Chinese."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, FIT, LONG, SETUP
from tests.browser.server import LabServer

BUILDER = """
builder = kw.SequentialBuilder()
builder
"""


@pytest.fixture(autouse=True)
def chinese(lab_server: LabServer, page: Page) -> None:
    """Pages that are loaded from now on are in Chinese."""
    lab_server.change_settings("@jupyterlab/translation-extension", "plugin", {"locale": "zh_CN"})
    page.goto("about:blank")


def test_panel_and_live_view_are_in_the_language_of_jupyterlab(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook("%load_ext kwidgets", SETUP, FIT.format(epochs=LONG))
    page.evaluate("window.jupyterapp.commands.execute('kwidgets:open-panel')")
    panel = page.get_by_role("region", name="Keras 模型")
    expect(panel.locator("[lang=zh-CN]").first).to_be_visible()
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(1, FIRST_SECONDS)
    layer = panel.get_by_role("tree", name="模型").get_by_role(
        "treeitem", name=re.compile("^dense")
    )
    expect(layer.first).to_have_accessible_name(
        re.compile(r"输出 \(None, 32\), 2,080 个参数"), timeout=FIRST_SECONDS * 1000
    )

    notebook.run(2)
    view = notebook.outputs(2).get_by_role("region", name="实时训练")
    expect(view.get_by_role("status")).to_have_text("进行中", timeout=FIRST_SECONDS * 1000)
    expect(view).to_have_attribute("lang", "zh-CN")
    expect(view.get_by_role("progressbar", name="训练进度")).to_be_visible()
    expect(view.get_by_role("spinbutton", name="学习率")).to_be_visible()
    expect(view).to_contain_text(re.compile(r"轮次 \d"))
    # What the kernel says: it has heard the page's language.
    expect(view.get_by_role("list", name="设备")).to_contain_text("CPU")
    view.get_by_role("button", name="暂停", exact=True).click()
    expect(view.get_by_role("status")).to_have_text("已暂停")
    view.get_by_role("button", name="继续", exact=True).click()
    expect(view.get_by_role("list", name="标记")).to_contain_text("暂停了 0:0")
    view.get_by_role("button", name="停止", exact=True).click()
    expect(view.get_by_role("status")).to_have_text("已停止", timeout=FIRST_SECONDS * 1000)

    page.evaluate("window.jupyterapp.commands.execute('launcher:create', { cwd: '' })")
    page.get_by_role("tab", name="启动页").click()
    expect(page.get_by_role("heading", name="Keras 教程")).to_be_visible()
    expect(page.get_by_role("button", name="第一个模型，实时训练")).to_be_visible()


@pytest.mark.slow("the texts get into the page in the same way as those of the live view")
def test_the_builder_is_in_the_language_of_jupyterlab(
    open_notebook: OpenNotebook, page: Page
) -> None:
    notebook = open_notebook(SETUP, BUILDER)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(1, FIRST_SECONDS)
    builder = notebook.outputs(1).get_by_role("region", name="Sequential 构建器")
    expect(builder).to_be_visible(timeout=FIRST_SECONDS * 1000)
    expect(builder).to_have_attribute("lang", "zh-CN")
    field = builder.get_by_role("combobox", name="添加层")
    field.fill("dense 12 relu")
    field.press("Enter")
    layers = builder.get_by_role("list", name="层", exact=True)
    expect(layers.get_by_role("listitem", name=re.compile("^Dense, "))).to_be_visible()
    builder.get_by_role("tab", name="训练").click()
    expect(builder.get_by_role("button", name="开始训练")).to_be_visible()
