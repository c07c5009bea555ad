"""The names of classes are found without running the user's code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kwidgets.insight.task.class_names import find_class_names
from kwidgets.language import translated

PETS = ["cat", "dog", "eel"]


class Trap:
    """Raises whatever is read of it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("a property of the user's own ran")


def test_the_users_choice_comes_first() -> None:
    found = find_class_names(3, ("a", "b", "c"), {"class_names": PETS})
    assert found.names == ("a", "b", "c")
    assert found.source is not None and translated(found.source) == "from class_names"


def test_a_choice_of_another_length_is_not_used_and_says_so() -> None:
    found = find_class_names(3, ("a", "b"), {"class_names": PETS})
    assert found.names == ("0", "1", "2")
    assert found.note is not None
    assert translated(found.note) == "class_names has 2 names, but the output has 3 classes."


@pytest.mark.parametrize(
    ("name", "value"),
    [("class_names", PETS), ("labels", tuple(PETS)), ("classes", np.array(PETS)), ("NAMES", PETS)],
)
def test_a_variable_with_a_known_name_is_found(name: str, value: Any) -> None:
    found = find_class_names(3, None, {"trap": Trap(), "x": [1, 2, 3], name: value})
    assert found.names == tuple(PETS)
    assert found.source is not None and name in translated(found.source)


def test_of_two_candidates_none_is_taken() -> None:
    found = find_class_names(3, None, {"labels": PETS, "names": ["x", "y", "z"]})
    assert found.names == ("0", "1", "2")
    assert found.note is not None and "labels, names" in translated(found.note)


def test_names_of_another_number_and_numbers_are_no_names() -> None:
    variables = {"class_names": ["a", "b"], "labels": [1, 2, 3], "classes": ["a", "a", "b"]}
    found = find_class_names(3, None, variables)
    assert found.names == ("0", "1", "2") and found.source is None


def test_encoders_bunches_and_categories_have_names() -> None:
    pandas = pytest.importorskip("pandas")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    from sklearn.datasets import load_iris

    encoder = preprocessing.LabelEncoder().fit(PETS)
    assert find_class_names(3, None, {"le": encoder}).names == tuple(PETS)
    iris = find_class_names(3, None, {"iris": load_iris()})
    assert iris.names == ("setosa", "versicolor", "virginica")
    targets = pandas.Series(["cat", "eel", "dog"], dtype="category")
    assert find_class_names(3, None, {}, targets).names == ("cat", "dog", "eel")
