"""Each language's catalogue is complete, has no unused entries, and is served everywhere."""

from __future__ import annotations

import ast
import functools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel
from jupyterlab_server.translation_utils import get_language_pack

from kwidgets import language, protocol
from kwidgets.kernel.channel import Channel
from kwidgets.language import t

REPOSITORY = Path(__file__).parents[1]
CATALOGUES = sorted(language.LOCALE.glob("*/LC_MESSAGES/kwidgets.json"))

# labextension/test/shared/translation.test.ts checks that the first argument of each call of `t`
# is a plain literal: so this finds them all without a parser.
CALL = re.compile(r"""\bt\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(language.VARIABLE, raising=False)
    monkeypatch.setattr(language, "_page_language", None)
    yield
    language.set_language(None)


@functools.cache
def python_texts() -> list[tuple[str, str, int]]:
    """Return each text that is translated in Python, with its place and its number of values."""
    texts = []
    for path in sorted((REPOSITORY / "kwidgets").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id not in ("t", "message"):
                continue
            where = f"{path.relative_to(REPOSITORY)}:{node.lineno}"
            first = node.args[0]
            assert isinstance(first, ast.Constant) and isinstance(first.value, str), where
            starred = any(isinstance(value, ast.Starred) for value in node.args)
            texts.append((first.value, where, -1 if starred else len(node.args) - 1))
    return texts


def typescript_texts() -> set[str]:
    sources = (REPOSITORY / "labextension" / "src").rglob("*.ts*")
    literals = {literal for path in sources for literal in CALL.findall(path.read_text())}
    return {ast.literal_eval(literal) for literal in literals}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%[1-9]", text))


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_text_of_python_gets_a_value_for_each_of_its_places():
    texts = python_texts()
    assert len(texts) > 1000
    wrong = [text for text in texts if text[2] >= 0 and len(placeholders(text[0])) != text[2]]
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_catalogue_holds_what_is_said_and_nothing_else(path):
    said = {text for text, _, _ in python_texts()} | typescript_texts()
    catalogue = load(path)
    about = catalogue.pop("")
    # JupyterLab's form of the code, and that of `lang` attributes.
    assert about["language"] == path.parts[-3].replace("_", "-")
    assert about["domain"] == "kwidgets"
    assert sorted(said - set(catalogue)) == [], "not translated"
    assert sorted(set(catalogue) - said) == [], "said nowhere"
    for text, translations in catalogue.items():
        (translation,) = translations
        assert translation.strip(), text
        assert placeholders(translation) == placeholders(text), text


def test_jupyterlab_serves_the_catalogue_with_its_language_pack():
    served, message = get_language_pack("zh_CN")
    assert message.strip() == ""
    assert served["kwidgets"] == load(language.LOCALE / "zh_CN" / language.CATALOGUE)


def test_who_decides_the_language(monkeypatch):
    assert t("Learning rate %1 → %2", 0.1, 0.01) == "Learning rate 0.1 → 0.01"
    monkeypatch.setenv(language.VARIABLE, "zh-CN")
    assert t("Learning rate %1 → %2", 0.1, 0.01) == "学习率 0.1 → 0.01"
    language.set_page_language("en")
    assert language.current() == "en", "the page comes before the environment"
    assert language.messages() is None
    language.set_language("zh_CN")
    assert language.current() == "en", "a page is in one language, that of JupyterLab"
    language.set_page_language("fr-FR")
    assert language.current() == "en", "the page cannot show its language either"


def test_an_unknown_language_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"'tlh' is not available.*en, zh_CN"):
        language.set_language("tlh")


def test_a_page_says_its_language_with_hello():
    channel = Channel()
    for payload, expected in (({}, "en"), ({"language": "zh-CN"}, "zh_CN"), ("?", "zh_CN")):
        channel._welcome = lambda: None
        channel._handle({"content": {"data": protocol.envelope(protocol.HELLO, payload)}})
        assert language.current() == expected


# VS Code leaves this name, and gets the code of the widget at once.
FIT = """
__vsc_ipynb_file__ = "notebook.ipynb"
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np, kwidgets as kw
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.zeros((8, 2)), np.zeros((8, 1)), callbacks=[kw.LivePlot()], verbose=0);
"""


@pytest.mark.parametrize(
    "spoken",
    ["zh_CN", pytest.param(None, marks=pytest.mark.slow("other kernels speak English"))],
)
def test_where_no_page_of_ours_is_the_widget_carries_the_words(spoken, quick_kernels):
    environment = os.environ | ({language.VARIABLE: spoken} if spoken else {})
    manager, client = start_new_kernel(env=environment)
    messages: list[dict[str, Any]] = []
    try:
        client.execute_interactive(FIT, output_hook=messages.append, timeout=120)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    contents = [(message["msg_type"], message["content"]) for message in messages]
    states = [content["data"]["state"] for kind, content in contents if kind == "comm_open"]
    catalogue = load(language.LOCALE / "zh_CN" / language.CATALOGUE)
    carried = [state["messages"] for state in states if "messages" in state]
    assert carried == [catalogue if spoken else None]
    saved = [content["data"] for kind, content in contents if kind == "update_display_data"]
    assert saved[-1]["text/plain"].startswith("训练已完成" if spoken else "Training finished")


def test_the_magic_sets_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "kwidgets")
    try:
        shell.run_line_magic("kwidgets", "language zh-CN")
        assert "Language: zh_CN" in capsys.readouterr().out
        assert language.current() == "zh_CN"
    finally:
        language.set_language(None)
        shell.run_line_magic("unload_ext", "kwidgets")


def test_the_magic_says_that_jupyterlab_chooses_the_language(capsys):
    language.set_page_language("en")
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "kwidgets")
    try:
        shell.run_line_magic("kwidgets", "language zh-CN")
        shown = capsys.readouterr().out
        assert "Language: en" in shown and "Settings > Language" in shown
    finally:
        shell.run_line_magic("unload_ext", "kwidgets")
