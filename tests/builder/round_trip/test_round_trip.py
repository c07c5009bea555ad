"""Model → builder → code → model in another process: the same config, the same outputs."""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest

from kwidgets.builder import catalog
from kwidgets.builder.code import to_code
from kwidgets.builder.sequential import SequentialBuilder
from tests.builder.round_trip import inputs
from tests.builder.round_trip.known import known
from tests.builder.round_trip.stacks import Case, generated

HERE = Path(__file__).parent
# The first test takes all models through.
pytestmark = pytest.mark.timeout(600)

# Have no meaning without TensorFlow, says Keras.
_NEED_TENSORFLOW = {
    "TextVectorization",
    "StringLookup",
    "IntegerLookup",
    "Hashing",
    "HashedCrossing",
}

# Keras itself cannot put these into a Sequential.
_BROKEN = {"Equalization"}


class Fresh:
    """A process without kwidgets that runs programs."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "fresh.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""},
            cwd="/",
            text=True,
        )
        self.answers: dict[str, dict[str, Any]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            answer = json.loads(line)
            self.answers[answer["name"]] = answer

    def run(self, name: str, source: str, outputs: bool) -> None:
        """Have a program run; its answer comes later."""
        assert self.process.stdin is not None
        request = {"name": name, "source": source, "seed": inputs.seed_of(name), "outputs": outputs}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def close(self) -> dict[str, dict[str, Any]]:
        assert self.process.stdin is not None
        self.process.stdin.close()
        # It ends with the process; how long that may take, the test's timeout says.
        self._reader.join()
        self.process.wait()
        return self.answers


def titles() -> list[str]:
    """Classes that the catalog offers for a Sequential, by their short names."""
    found = catalog.catalog()
    usable = [key for key in found.sections["layers"] if not found.entries[key]["unusable"]]
    has_tensorflow = keras.backend.backend() == "tensorflow"
    short = [key.rpartition(".")[2] for key in usable if key.startswith("keras.layers.")]
    return [
        title
        for title in short
        if title not in _BROKEN and (has_tensorflow or title not in _NEED_TENSORFLOW)
    ]


def cases(sample: bool) -> Iterator[Case]:
    yield from sorted(known(), key=lambda case: "time_distributed" not in case.name)
    yield from generated(titles(), sample=sample)


def plain_config(model: keras.Sequential) -> str:
    return json.dumps(model.get_config(), default=_plain, sort_keys=True)


def _plain(item: object) -> object:
    return item.tolist() if hasattr(item, "tolist") else repr(item)


def without_byte_code(config: str) -> Any:
    """A config without what Python writes down of lambdas, which holds their line numbers."""

    def visit(item: Any) -> Any:
        if isinstance(item, dict):
            if item.get("class_name") == "__lambda__":
                return "lambda"
            return {key: visit(value) for key, value in item.items()}
        return [visit(entry) for entry in item] if isinstance(item, list) else item

    return visit(json.loads(config))


@pytest.fixture(
    scope="module",
    params=[
        "sample",
        pytest.param(
            "all", marks=pytest.mark.slow("the sample has each kind of class, and each variant")
        ),
    ],
)
def results(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """What came of each case."""
    fresh = Fresh()
    found: dict[str, dict[str, Any]] = {}
    for case in cases(sample=request.param == "sample"):
        if keras.backend.backend() != "tensorflow" and "text_vector" in case.name:
            continue
        if case.fresh:
            keras.utils.clear_session(free_memory=False)
        result: dict[str, Any] = {"name": case.name, "error": None}
        found[case.name] = result
        try:
            model = case.make()
        except Exception as error:
            result["error"] = f"the model itself: {error!r}"
            continue
        try:
            builder = SequentialBuilder(model)
            source = to_code(builder._bench.editor.spec)
            result["source"], result["notes"] = source.text, source.notes
            result["config"] = plain_config(model)
            result["trainable"] = len(model.trainable_weights)
        except Exception as error:
            result["error"] = f"the builder: {error!r}"
            continue
        try:
            result["outputs"] = inputs.run(model, inputs.seed_of(case.name))
        except Exception as error:
            result["outputs"], result["outputs_error"] = None, repr(error)
        fresh.run(case.name, source.text, result["outputs"] is not None)
        if case.fresh or "again" in result:
            again = SequentialBuilder(builder.model) if builder.model.built else None
            if again is not None:
                result["again"] = to_code(again._bench.editor.spec).text
    # The first program had a process to itself; here it comes after all others.
    first = next(iter(found))
    fresh.run(f"again {first}", found[first]["source"], False)
    answers = fresh.close()
    assert answers.pop(f"again {first}")["config"] == answers[first]["config"]
    for name, answer in answers.items():
        found[name]["answer"] = answer
    return found


def _problems(results: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, result in results.items():
        if result["error"]:
            yield f"{name}: {result['error']}"
            continue
        answer = result.get("answer") or {"error": "no answer"}
        if answer["error"]:
            yield f"{name}: {answer['error']}\n{result['source']}"
        elif without_byte_code(answer["config"]) != without_byte_code(result["config"]):
            yield f"{name}: config\n{result['config']}\n{answer['config']}\n{result['source']}"
        elif answer["trainable"] != result["trainable"]:
            yield f"{name}: {answer['trainable']} trainable, not {result['trainable']}"
        elif not inputs.close(result["outputs"], answer["outputs"]):
            yield f"{name}: outputs {result['outputs']} {answer['outputs']}\n{result['source']}"


def test_every_model_comes_back(results: dict[str, dict[str, Any]]) -> None:
    assert len(results) >= 120
    problems = list(_problems(results))
    assert not problems, f"{len(problems)} of {len(results)}:\n" + "\n\n".join(problems[:20])


def test_code_of_the_code_is_the_same(results: dict[str, dict[str, Any]]) -> None:
    differing = [
        f"{name}\n{result['source']}\n{result['again']}"
        for name, result in results.items()
        if "again" in result and result["again"] != result["source"]
    ]
    assert not differing, "\n\n".join(differing[:10])


def test_programs_are_short_and_name_nothing_without_need(
    results: dict[str, dict[str, Any]],
) -> None:
    fallbacks = collections.Counter(
        result["name"].partition("/")[0]
        for result in results.values()
        if "from_config(" in result.get("source", "") or "json.loads" in result.get("source", "")
    )
    assert set(fallbacks) <= {"known"}, fallbacks
