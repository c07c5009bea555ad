"""``kw.look``, ``kw.check`` and the tab Data in a real JupyterLab: text, with names of the cell."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook
from tests.browser.live_view import FIRST_SECONDS, View
from tests.browser.test_live_view import AXE

SETUP = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np, pandas as pd, kwidgets as kw
random = np.random.default_rng(0)
table = pd.DataFrame(random.normal(size=(400, 3)), columns=["age", "<b>income</b>", "height"])
table.loc[[3, 17], "age"] = np.nan
kinds = np.arange(400) % 4
network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax", name="last")])
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
"""
FIX = """
exec(kw.look(table, kinds).findings[0].line)
(finding,) = kw.check(network, table, kinds).findings
network.pop()
network.add(eval(finding.line))
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
print(kw.check(network, table, kinds))
"""


@pytest.mark.slow("the tables are static, the tab Data has the same findings")
def test_findings_are_a_table_and_their_lines_correct_the_program(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook(SETUP, "kw.look(table, kinds)", "kw.check(network, table, kinds)", FIX)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(1)
    looked = notebook.outputs(1)
    findings = looked.get_by_role("table", name="Findings")
    expect(findings.get_by_role("row")).to_have_count(2)
    expect(findings).to_contain_text("table contains NaN (missing values) in 2 of 400 rows")
    expect(findings.get_by_role("code")).to_have_text("table.iloc[[3, 17]]")
    looked.get_by_text("Ranges").click()
    expect(looked.get_by_role("cell", name="kinds")).to_be_visible()
    looked.get_by_text("Samples").click()
    # Names of columns are text.
    expect(looked.get_by_text("<b>income</b>").first).to_be_visible()

    notebook.run_and_wait(2, FIRST_SECONDS)
    checked = notebook.outputs(2).get_by_role("table", name="Findings")
    expect(checked.get_by_role("cell", name="last", exact=True)).to_be_visible()
    expect(checked).to_contain_text('keras.layers.Dense(4, activation="softmax", name="last")')
    notebook.page.add_script_tag(path=AXE)
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        found = notebook.page.evaluate(
            "axe.run('.jp-OutputArea-output').then(found => found.violations.map(each => each.id))"
        )
        assert found == []
    notebook.set_theme("light")

    notebook.run_and_wait(3)
    expect(notebook.outputs(3)).to_contain_text("No problems found.")


FIT = """
x_train = table.to_numpy().astype("float32")
network.fit(x_train, kinds % 2, epochs=2);
"""


def test_the_tab_data_shows_what_is_wrong_and_it_can_be_dismissed(
    open_notebook: OpenNotebook,
) -> None:
    setup = SETUP.replace("kwidgets as kw", "kwidgets as kw, tempfile") + (
        'os.environ["KWIDGETS_RUNS"] = tempfile.mkdtemp(prefix="kwidgets-runs-")\n'
        "%load_ext kwidgets\n"
    )
    restore = "kw.check.restore()"
    notebook = open_notebook(setup, FIT, restore)
    notebook.run_and_wait(0, FIRST_SECONDS)
    notebook.run_and_wait(1, FIRST_SECONDS)
    view = View(notebook.outputs(1))
    view.region.get_by_role("tab", name="Data").click()
    panel = view.region.get_by_role("tabpanel", name="Data")
    findings = panel.get_by_role("list", name="Findings")
    expect(findings).to_contain_text("NaN (missing values) in 2 of 400 rows")
    findings.get_by_role("button", name="Show rows").click()
    expect(findings).to_contain_text("x_train[[3, 17]]")
    findings.get_by_role("button", name="Dismiss").click()
    expect(findings.get_by_role("listitem")).to_have_count(0)
    expect(panel).to_contain_text("1 finding dismissed")
    notebook.run_and_wait(2)
