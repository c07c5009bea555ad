"""The models of a namespace are found without running the user's code."""

from __future__ import annotations

import collections
import dataclasses
import gc
import subprocess
import sys
import threading
import weakref
from typing import Any

import keras
import numpy as np
import pytest

from kwidgets.models.namespace.model_finder import MAX_ENTRIES_PER_CONTAINER, ModelFinder


def model(name: str = "m") -> keras.Model:
    return keras.Sequential(name=name)


def found(namespace: dict[str, Any], hidden: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """The names of each model, by its Keras name."""
    finder = ModelFinder(lambda: namespace, lambda: hidden)
    return {entry.model.name: entry.names for entry in finder.scan()}


class Holder:
    def __init__(self, **held: Any) -> None:
        self.__dict__.update(held)


@dataclasses.dataclass(slots=True)
class Slots:
    net: Any


Pair = collections.namedtuple("Pair", "first second")


def test_models_are_found_by_name_and_one_level_down() -> None:
    net = model()
    namespace = {
        "again": net,
        "net": net,
        "_hidden": net,
        "nets": [0, net],
        "pair": Pair(1, net),
        "by_name": collections.OrderedDict({"a": net, 3: net}),
        "queue": collections.deque([net]),
        "trainer": Holder(net=net, _own=net),
        "slots": Slots(net),
        "deep": [[net]],
    }
    assert found(namespace) == {
        "m": (
            *("net", "again", "nets[1]", "pair[1]", "queue[0]", "slots.net"),
            *("by_name[3]", "trainer.net", "by_name['a']"),
        )
    }


def test_names_of_ipython_are_left_out_except_for_a_lone_output() -> None:
    namespace = {"_": model("last"), "_3": model("out"), "Out": {3: model("o")}, "_7": 1}
    assert found(namespace, ("_", "Out")) == {"out": ("Out[3]",)}
    kept = model("kept")
    assert found({"_3": kept, "net": kept}) == {"kept": ("net",)}


def test_keys_last_as_long_as_the_model_and_hold_nothing() -> None:
    namespace: dict[str, Any] = {"a": model()}
    finder = ModelFinder(lambda: namespace)
    (first,) = finder.scan()
    (again,) = finder.scan()
    assert first.key == again.key and finder.get(first.key) is again
    reference = weakref.ref(namespace.pop("a"))
    gc.collect()
    assert reference() is None and first.model is None and finder.get(first.key) is None
    namespace["a"] = model()
    (other,) = finder.scan()
    assert other.key != first.key


class Trap:
    """Records every access to it."""

    hits: list[str] = []  # noqa: RUF012

    def __getattribute__(self, name: str) -> Any:
        Trap.hits.append(name)
        raise RuntimeError(name)

    @property
    def net(self) -> Any:
        Trap.hits.append("net")
        raise RuntimeError

    @property
    def __class__(self) -> Any:
        Trap.hits.append("__class__")
        return keras.Model


for _name in ("repr", "str", "eq", "hash", "len", "iter", "bool", "contains", "getitem", "dir"):

    def _special(self: Any, *args: Any, _name: str = _name) -> Any:
        Trap.hits.append(_name)
        if _name == "hash":
            return 1
        raise RuntimeError(_name)

    setattr(Trap, f"__{_name}__", _special)


class TrapClass(type):
    def __getattribute__(cls, name: str) -> Any:
        Trap.hits.append(f"class {name}")
        raise RuntimeError(name)

    def __hash__(cls) -> int:
        Trap.hits.append("class hash")
        return 1

    def __eq__(cls, other: object) -> bool:
        Trap.hits.append("class eq")
        return False


class TrapList(list[Any]):
    def __iter__(self) -> Any:
        Trap.hits.append("list iter")
        raise RuntimeError

    def __len__(self) -> int:
        Trap.hits.append("list len")
        raise RuntimeError


class TrapDict(dict[Any, Any]):
    def items(self) -> Any:
        Trap.hits.append("dict items")
        raise RuntimeError

    values = keys = __iter__ = items


def test_no_code_of_the_user_is_run() -> None:
    net, trap, key = model(), Trap(), Trap()
    object.__setattr__(trap, "held", net)
    of_class = TrapClass("Of", (), {})
    with_class = object.__new__(of_class)
    namespace = {
        "trap": trap,
        "key": TrapDict({key: net}),
        "value": {"a": trap},
        "item": TrapList([trap, net]),
        "attribute": Holder(trap=trap),
        "of_class": of_class,
        "with_class": with_class,
        "holds": [of_class, with_class],
        "by_class": {with_class: net, (with_class,): net},
    }
    Trap.hits.clear()
    names = found(namespace)
    assert Trap.hits == []
    assert set(names["m"]) == {
        *("item[1]", "key[…]", "trap.held", "by_class[…]", "by_class[(…,)]"),
    }


def test_any_name_and_any_key_may_be_in_a_namespace() -> None:
    class Name(str):
        def startswith(self, *args: Any) -> bool:
            raise RuntimeError

    nested: Any = "x"
    for _ in range(2_000):
        nested = (nested,)
    holder = Holder()
    holder.__dict__["a b"] = model("in attribute")
    namespace: Any = {
        "": [],
        " ": model("blank"),
        "class": [model("keyword")],
        "\ud800": model("surrogate"),
        3: model("number"),
        None: 1,
        Name("odd"): model("subclass"),
        "keys": {10**5_000: model("big"), "k" * 10_000: model("long"), nested: model("nested")},
        "holder": holder,
        "net": model("net"),
    }
    names = found(namespace)
    assert {name: names[name][0] for name in ("blank", "keyword", "surrogate", "net")} == {
        "blank": "globals()[' ']",
        "keyword": "globals()['class'][0]",
        "surrogate": r"globals()['\ud800']",
        "net": "net",
    }
    assert names["in attribute"] == ("holder.__dict__['a b']",)
    assert names["big"] == ("keys[…]",) and len(names["long"][0]) < 80
    finder = ModelFinder(lambda: namespace)
    assert len(finder.scan()) == len(finder.scan()) == 8


def test_of_long_lists_both_ends_are_inspected() -> None:
    first, last = model("first"), model("last")
    long = [first, *range(10 * MAX_ENTRIES_PER_CONTAINER), last]
    namespace = {"long": long, "numbers": list(range(10 * MAX_ENTRIES_PER_CONTAINER))}
    finder = ModelFinder(lambda: namespace)
    assert {entry.model.name: entry.names for entry in finder.scan()} == {
        "first": ("long[0]",),
        "last": (f"long[{len(long) - 1}]",),
    }
    assert finder.searched_in_part == ["long"]


def test_what_exceeds_one_scan_is_inspected_in_a_later_one() -> None:
    net = model()
    namespace: dict[str, Any] = {"first": [net]} | {f"l{i}": [0] * 900 for i in range(50)}
    finder = ModelFinder(lambda: namespace)
    scans = next(i for i in range(10) if finder.scan())
    assert 0 < scans < 9
    # Once found, it stays found.
    assert all(finder.scan() for _ in range(10))


def test_other_threads_may_change_the_names() -> None:
    namespace: dict[str, Any] = {"net": model()}
    finder, stop = ModelFinder(lambda: namespace), threading.Event()

    def change() -> None:
        i = 0
        while not stop.is_set():
            i += 1
            namespace[f"n{i % 1000}"] = [i]
            namespace.pop(f"n{(i + 500) % 1000}", None)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        assert all(len(finder.scan()) == 1 for _ in range(200))
    finally:
        stop.set()
        thread.join()


def test_arrays_and_data_are_not_inspected() -> None:
    assert found({"x": np.zeros(3), "t": keras.ops.zeros(3), "layer": keras.layers.Dense(1)}) == {}


def test_the_model_of_a_smaller_copy_is_named_as_its_property() -> None:
    from kwidgets.formats.slim_model import Slimmed

    original, smaller = model("original"), model("smaller")
    slim = Slimmed(original, smaller, None)  # type: ignore[arg-type]
    names = {"original": ("model",), "smaller": ("s.model",)}
    assert found({"model": original, "s": slim}) == names
    slim.undo()
    assert found({"model": original, "s": slim}) == {"original": ("model",)}


def test_the_model_that_a_builder_has_made() -> None:
    import kwidgets as kw

    # A text is made into a layer when the model is first used, a layer object at once.
    builder = kw.SequentialBuilder(["dense 2"], input_shape=(4,))
    assert found({"builder": builder}) == {}
    made = builder.model
    assert found({"builder": builder}) == {made.name: ("builder.model",)}
    builder = kw.SequentialBuilder([keras.Input((4,)), keras.layers.Dense(2)])
    made = builder._latest_model
    assert made is not None
    assert found({"builder": builder}) == {made.name: ("builder.model",)}


@pytest.mark.timeout(60)
def test_keras_is_not_imported() -> None:
    code = (
        "import sys\nfrom kwidgets.models.namespace.model_finder import ModelFinder\n"
        "assert ModelFinder(lambda: {'a': 1}).scan() == ()\nassert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
