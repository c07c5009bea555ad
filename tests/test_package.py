"""The package has one version, locks that name no host, and a wheel with each part once."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import kwidgets
from kwidgets.tutorials.tutorial import STEP_MODULES
from tests.wheel import REPOSITORY, wheel_in

PYTHON_LOCK = REPOSITORY / "requirements.lock"
NODE_LOCK = REPOSITORY / "labextension" / "package-lock.json"


def pyproject() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def test_the_version_is_the_same_everywhere() -> None:
    npm = json.loads((REPOSITORY / "labextension" / "package.json").read_text())
    lock = json.loads(NODE_LOCK.read_text())
    assert {
        metadata.version("kwidgets"),
        npm["version"],
        lock["version"],
        lock["packages"][""]["version"],
    } == {kwidgets.__version__}


def test_the_python_lock_holds_all_that_pyproject_asks_for() -> None:
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", PYTHON_LOCK.read_text(), re.M):
        locked.setdefault(name.lower().replace("_", "-"), set()).add(version)
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    for line in project["dependencies"] + extras["dev"] + extras["docs"] + extras["export"]:
        wanted = Requirement(line)
        if wanted.name == "kwidgets":
            continue  # the extras that another one takes in
        versions = locked.get(wanted.name.lower().replace("_", "-"), set())
        assert versions, f"{wanted.name} is not in requirements.lock: run make lock"
        assert all(wanted.specifier.contains(v) for v in versions), f"{line}: run make lock"


def test_the_locks_name_no_registry() -> None:
    # A lock is for everyone: whose mirror it was made with is nobody's business.
    assert "://" not in PYTHON_LOCK.read_text()
    assert not re.search(r"^\s*(-|.* @ )", PYTHON_LOCK.read_text(), re.M)
    for name, package in json.loads(NODE_LOCK.read_text())["packages"].items():
        assert "resolved" not in package, name


@pytest.fixture
def wheel(tmp_path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(wheel_in(tmp_path))


def test_the_wheel_carries_python_front_ends_and_lab_extension(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    version = kwidgets.__version__
    extension = f"kwidgets-{version}.data/data/share/jupyter/labextensions/kwidgets"
    assert {
        "kwidgets/__init__.py",
        "kwidgets/py.typed",
        "kwidgets/builder/catalog/data/keras-3.15.json",
        "kwidgets/locale/zh_CN/LC_MESSAGES/kwidgets.json",
        "kwidgets/static/builder-view.js.gz",
        "kwidgets/static/builder.js",
        "kwidgets/static/export-view.js.gz",
        "kwidgets/static/export.js",
        "kwidgets/static/insight-view.js.gz",
        "kwidgets/static/runs-view.js.gz",
        "kwidgets/static/runs.js",
        "kwidgets/static/live.js",
        "kwidgets/static/plotly.js.gz",
        "kwidgets/static/view.js.gz",
        f"{extension}/package.json",
        f"{extension}/install.json",
        f"kwidgets-{version}.dist-info/licenses/LICENSE",
        *(f"kwidgets/tutorials/notebooks/{name}.ipynb" for name in STEP_MODULES),
    } <= set(names)

    # The file that JupyterLab loads first, named in package.json.
    package = json.loads(wheel.read(f"{extension}/package.json"))
    assert f"{extension}/{package['jupyterlab']['_build']['load']}" in names
    assert json.loads(wheel.read(f"{extension}/install.json"))["packageManager"] == "python"


def test_the_wheel_carries_nothing_twice_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    files = [info for info in wheel.infolist() if not info.is_dir()]
    assert len({info.filename for info in files}) == len(files)
    large = [info.CRC for info in files if info.file_size > 10_000]
    assert len(set(large)) == len(large), "one file stands in two places"
    for info in files:
        assert re.match(r"kwidgets(/|-[\d.]+\.(data/data/share|dist-info)/)", info.filename)
        assert not info.filename.startswith("kwidgets/labextension/")
        assert "__pycache__" not in info.filename
