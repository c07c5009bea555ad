"""Which engine is meant, and what is said when it cannot be used."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from kwidgets.distributed import engines
from kwidgets.distributed.checks import check_sizes
from kwidgets.distributed.errors import DistributeError

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("engine", ["dask", "ray://", "ray://head", "ray://head:port", ""])
def test_an_unknown_engine_is_refused(engine: str) -> None:
    with pytest.raises(ValueError, match=f"not {engine!r}"):
        engines.check_engine(engine)
    with pytest.raises(TypeError, match="not 3"):
        engines.check_engine(3)


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    command = re.escape('pip install "kwidgets[ray]"')
    with pytest.raises(DistributeError, match=f"ray, which is not installed. Run: {command}"):
        engines.check_engine("ray://head:10001")
    with pytest.raises(DistributeError, match="submitit"):
        engines.check_engine("slurm")


def test_an_old_release_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(engines, "version", lambda name: "2.9.3")
    with pytest.raises(DistributeError, match=r"ray 2\.9\.3 is too old: kwidgets needs 2\.50"):
        engines.check_engine("ray")


def test_the_extras_install_what_is_asked_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for kind, package in engines.PACKAGES.items():
        (requirement,) = extras[kind]
        assert re.sub(r"\[.*\]", "", requirement) == f"{package}>={engines.OLDEST[package]}"


def test_options_are_plain_values() -> None:
    assert engines.check_options("ray", {"num_gpus": 1}) == {"num_gpus": 1}
    assert engines.check_options("local", None) == {}
    with pytest.raises(TypeError, match="plain values"):
        engines.check_options("ray", {"num_gpus": object()})
    with pytest.raises(TypeError, match="must be a dict"):
        engines.check_options("slurm", ["gpu"])
    with pytest.raises(ValueError, match="no engine_options"):
        engines.check_options("local", {"num_gpus": 1})


def test_workers_are_a_number_or_a_pair() -> None:
    assert check_sizes(3) == (3, 3)
    assert check_sizes((2, 8)) == (2, 8)
    with pytest.raises(ValueError, match=r"must have the least first: \(2, 8\)"):
        check_sizes((8, 2))
    with pytest.raises(ValueError, match="at least 1"):
        check_sizes((0, 2))
    with pytest.raises(ValueError, match="least and the most"):
        check_sizes((1, 2, 3))
    with pytest.raises(TypeError, match="whole number"):
        check_sizes("2")
