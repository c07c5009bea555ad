"""The namespace's data is found, described without harm, and sampled the same way each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kwidgets.builder.data import (
    array_statistics,
    as_samples_of,
    as_wire,
    describe,
    element_shape,
    scan,
    target_shape,
)


@pytest.fixture(autouse=True)
def nothing_remembered():
    array_statistics.clear_cache()


class Touchy:
    """Minds being looked at."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was looked up")

    @property
    def shape(self):
        raise AssertionError("shape was looked up")

    @property
    def __class__(self):
        raise AssertionError("the class was looked up")


class FakeMeta(type):
    @property
    def __mro__(cls):
        raise AssertionError("the classes were looked up")


class Odd(metaclass=FakeMeta):
    pass


def statistics(value):
    info = describe("value", value)
    assert info is not None and info.statistics is not None
    return info.statistics


class TouchyClass(type):
    def __getattribute__(cls, name):
        raise AssertionError(f"{name} of the class was looked up")

    def __eq__(cls, other):
        raise AssertionError("the class was compared")

    __hash__ = __eq__


class TouchyArray(np.ndarray):
    """An array that minds being looked at."""

    def touched(self, *args, **kwargs):
        raise AssertionError("its code ran")

    __getattr__ = __getitem__ = __len__ = __iter__ = __array_ufunc__ = __array_function__ = touched
    __array__ = touched
    shape = dtype = size = base = property(touched)


class TouchyTable(pd.DataFrame):
    @property
    def shape(self):
        raise AssertionError("its code ran")


def test_no_code_of_subclasses_runs():
    touchy = object.__new__(TouchyClass("Of", (), {}))
    array = np.arange(12.0).reshape(6, 2)
    namespace = {
        "array": array.view(TouchyArray),
        "objects": np.array([1, 2.5, None], dtype=object).view(TouchyArray),
        "table": TouchyTable({"a": [1]}),
        "items": [touchy, 1],
        "rows": [[touchy, 2], [3, 4]],
        "of_class": touchy,
    }
    found = {info.name: info for info in scan(namespace, statistics=True)}
    assert set(found) == {"array", "objects", "table"}
    assert found["array"].shape == (6, 2) and found["array"].statistics.maximum == 11
    assert found["objects"].object_kind == "numbers"
    assert found["table"].shape is None


def test_names_that_no_program_can_write_are_left_out():
    values = np.ones(3)
    assert scan({"": values, "a b": values, "class": values, 3: values, None: values}) == []


def test_scan_finds_data_and_nothing_else():
    namespace = {
        "In": [1, 2],
        "Out": {},
        "_": np.ones(3),
        "_hidden": np.ones(3),
        "np": np,
        "model": Touchy(),
        "odd": Odd(),
        "number": 3,
        "scalar": np.array(3.0),
        "text": "a",
        "x": np.ones((4, 2), "float32"),
        "objects": [object(), object()],
        "values": [1, 2, 3],
        "rows": [[1, 2], [3]],
        "table": pd.DataFrame({"a": [1, 2], "b": [0.5, 1]}),
        "column": pd.Series([1, 2]),
    }
    found = {info.name: info for info in scan(namespace)}
    assert list(found) == ["x", "values", "rows", "table", "column"]
    assert found["x"].kind == "NumPy array" and found["x"].shape == (4, 2)
    assert found["x"].statistics is None
    assert found["rows"].shape == (2, None)
    assert found["table"].dtype == "float64"
    assert as_wire(found["x"]) == {
        "name": "x",
        "kind": "NumPy array",
        "shape": "(4, 2)",
        "dtype": "float32",
        "roles": ["x", "y"],
    }


def test_a_scan_leaves_the_namespace_as_it_is_and_imports_nothing():
    import subprocess
    import sys

    code = (
        "import sys; import kwidgets.builder.data as data, numpy as np;"
        "data.scan({'x': np.ones(3)}, statistics=True);"
        "print([m for m in ('tensorflow', 'torch', 'jax', 'pandas', 'keras') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip().splitlines()[-1] == "[]"


def test_numbers_are_summed_up():
    found = statistics(np.array([[1.5, -2], [4, 0]]))
    assert (found.minimum, found.maximum, found.mean) == (-2, 4, 0.875)
    assert not found.is_integer and found.exact and not found.has_nan


def test_labels_are_counted():
    found = statistics(np.array([3, 0, 1, 2] * 20))
    assert found.distinct == 4 and found.is_integer and not found.sorted_labels
    assert statistics(np.array([[3.0], [0.0]])).distinct == 2
    assert statistics(np.random.default_rng(0).random(50_000)).distinct is None
    assert statistics(np.array(["a", "b", "a"])).distinct == 2


@pytest.mark.parametrize(
    ("labels", "is_sorted"),
    [
        (np.repeat([0, 1, 2], 10), True),
        (np.repeat([2, 0, 1], 10), True),
        (np.tile([0, 1, 2], 10), False),
        (np.zeros(30, int), False),
        (np.arange(30), False),
        (np.repeat([0, 1], 5), False),  # too few to tell
        (np.repeat([0.5, 1.5], 20), False),
        (np.eye(3)[np.repeat([0, 1, 2], 10)], True),
    ],
)
def test_sorted_labels_are_noticed(labels, is_sorted):
    assert statistics(labels).sorted_labels is is_sorted


def test_one_hot_rows_are_told_from_flags():
    assert statistics(np.eye(4)[[0, 1, 2, 3, 1]]).is_one_hot
    assert statistics(np.eye(2, dtype=bool)).is_one_hot
    assert not statistics(np.array([[1, 1, 0], [0, 0, 1]])).is_one_hot
    assert not statistics(np.array([[0.5, 0.5], [0, 1]])).is_one_hot
    assert not statistics(np.ones((3, 1))).is_one_hot


def test_nan_is_found_and_hides_no_number():
    values = np.ones((200, 100))
    values[17, 3] = np.nan
    values[5, 5] = 7
    found = statistics(values)
    assert found.has_nan and (found.minimum, found.maximum) == (1, 7)
    nothing = statistics(np.full(3, np.nan))
    assert nothing.has_nan and nothing.minimum is None
    assert statistics(pd.Series([1.0, None])).has_nan


def test_infinity_is_found_and_hides_no_number():
    found = statistics(np.array([1.0, np.inf, -3, 2]))
    assert found.has_infinity and not found.has_nan and not found.is_integer
    assert (found.minimum, found.maximum, found.mean) == (-3, 2, 0)
    both = statistics(np.array([[1.0, np.nan], [-np.inf, 2]]))
    assert both.has_infinity and both.has_nan and (both.minimum, both.maximum) == (1, 2)
    assert not statistics(np.array([1.0, np.nan])).has_infinity
    nothing = statistics(np.full(3, np.inf))
    assert nothing.has_infinity and nothing.minimum is None


def test_a_row_with_several_ones_is_noticed():
    assert statistics(np.array([[1, 1, 0], [0, 0, 1]])).has_several_ones
    assert not statistics(np.array([[1, 0, 0], [0, 0, 0]])).has_several_ones
    assert not statistics(np.eye(3)).has_several_ones


def test_numbers_in_the_clothes_of_objects_are_told_from_texts():
    def objects(value):
        info = describe("value", value)
        assert info is not None and not info.is_number
        return info.object_kind

    assert objects(np.array([1, 2.5, None], object)) == "numbers"
    assert objects(np.array(["a", "b"], object)) == "texts"
    assert objects(np.array([1, "b"], object)) == ""
    assert objects(pd.Series([1, None], dtype="Int64")) == "numbers"
    assert objects(pd.DataFrame({"a": [1, 2], "b": [3, 4]}).astype("Int64")) == "numbers"
    assert objects(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})) == ""
    whole = describe("value", np.array([1, 2]))
    assert whole is not None and whole.object_kind == ""


def test_a_large_array_is_sampled_in_every_column_and_always_alike():
    values = np.zeros((200_000, 16), "float32")
    values[:, 11] = 5
    found = statistics(values)
    assert not found.exact and found.maximum == 5
    array_statistics.clear_cache()
    assert statistics(values) == found


def test_an_array_changed_in_place_is_looked_at_again():
    values = np.random.default_rng(0).random((100, 8)) * 255
    assert statistics(values).maximum > 200
    assert statistics(values) is statistics(values)
    values /= 255
    assert statistics(values).maximum <= 1


def test_what_is_remembered_goes_with_the_array():
    values = np.ones(5)
    statistics(values)
    assert len(array_statistics._cached) == 1
    del values
    assert len(array_statistics._cached) == 0


@pytest.mark.parametrize("layout", ["transposed", "sliced", "reversed", "fortran", "read-only"])
def test_any_layout_will_do(layout):
    values = np.random.default_rng(0).integers(0, 9, (300, 40))
    other = {
        "transposed": values.T,
        "sliced": values[::3, 1::2],
        "reversed": values[::-1],
        "fortran": np.asfortranarray(values),
        "read-only": values.copy(),
    }[layout]
    if layout == "read-only":
        other.setflags(write=False)
    assert statistics(other).maximum == other.max()


@pytest.mark.parametrize(
    "value",
    [np.array([]), np.zeros((0, 3)), np.array([object()]), np.zeros(3, [("a", int)])],
    ids=["empty", "empty rows", "objects", "records"],
)
def test_odd_arrays_have_no_statistics(value):
    info = describe("value", value)
    assert info is not None and info.statistics is None


def test_texts():
    info = describe("texts", np.array(["a", "bcd"]))
    assert info is not None and info.dtype == "str" and info.is_text
    assert describe("texts", np.array([b"a"])).dtype == "bytes"


def test_tables():
    table = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1, 300]})
    assert statistics(table).maximum == 300
    mixed = describe("mixed", pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert mixed is not None and mixed.dtype == "object" and not mixed.is_number
    words = describe("words", pd.Series(["x", "y"]))
    assert words is not None and not words.is_number and as_wire(words)["roles"] == ["x"]
    long = pd.DataFrame(np.ones((300_000, 2)))
    assert not statistics(long).exact


def test_a_memory_mapped_file_is_read_in_few_places(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(100_000).reshape(1000, 100))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    found = statistics(mapped)
    assert not found.exact and found.maximum > 90_000


def test_shapes_of_samples():
    def shape(value):
        info = describe("value", value)
        assert info is not None
        return element_shape(info)

    assert shape(np.ones((5, 28, 28))) == (28, 28)
    assert shape(np.ones(5)) == (1,)
    assert shape([[1, 2], [3]]) == (None,)


def test_datasets_are_described_without_running_them():
    tf = pytest.importorskip("tensorflow")

    def fail():
        raise AssertionError("the dataset ran")
        yield

    spec = (tf.TensorSpec((28, 28), tf.float32), tf.TensorSpec((), tf.int64))
    single = tf.data.Dataset.from_generator(fail, output_signature=spec)
    for dataset, batched, shape in [
        (single, False, (28, 28)),
        (single.batch(8), True, (None, 28, 28)),
        (single.batch(8, drop_remainder=True).prefetch(1), True, (8, 28, 28)),
    ]:
        info = describe("dataset", dataset)
        assert info is not None and info.kind == "tf.data.Dataset"
        assert info.batched is batched and info.shape == shape and info.dtype == "float32"
        assert element_shape(info) == (28, 28) and target_shape(info) == ()
        assert as_wire(info)["roles"] == ["dataset"]
    # One image for an autoencoder, or a batch of vectors: only the model can tell.
    spec = (tf.TensorSpec((28, 28), tf.float32), tf.TensorSpec((28, 28), tf.float32))
    image = describe("image", tf.data.Dataset.from_generator(fail, output_signature=spec))
    assert image is not None and image.batched is None and element_shape(image) is None
    for sample, batched in [
        ((28, 28), False),
        ((28, 28, 1), False),
        ((None, 28), False),
        ((28,), True),
        ((5,), None),
        (None, None),
    ]:
        assert as_samples_of(image, sample).batched is batched
    pairs = tf.data.Dataset.from_tensor_slices({"a": [1.0], "b": [2.0]})
    info = describe("pairs", pairs)
    assert info is not None and info.shape is None and element_shape(info) is None


def test_tensorflow_tensors():
    tf = pytest.importorskip("tensorflow")
    info = describe("t", tf.constant([[1.0, 2.0], [3.0, 9.0]]))
    assert info is not None and info.kind == "TensorFlow tensor" and info.dtype == "float32"
    assert info.statistics is None or info.statistics.maximum == 9
    words = describe("w", tf.constant(["a", "b"]))
    assert words is not None and words.dtype == "string" and not words.is_number


def test_keras_datasets():
    keras = pytest.importorskip("keras")

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            raise AssertionError("the dataset ran")

        __getitem__ = __len__

    info = describe("batches", Batches())
    assert info is not None and info.kind == "keras PyDataset" and info.shape is None


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("torch", "Tensor", "PyTorch tensor"),
        ("jaxlib._jax", "ArrayImpl", "JAX array"),
        ("torch.utils.data.dataloader", "DataLoader", "PyTorch DataLoader"),
    ],
)
def test_other_libraries_are_told_by_name(module, name, kind):
    # Stand-ins: what counts is the class's own name, and that nothing else is needed.
    members = {"shape": (3, 2), "dtype": np.dtype("float32"), "__module__": module}
    value = type(name, (), members)()
    info = describe("value", value)
    assert info is not None and info.kind == kind
    if kind != "PyTorch DataLoader":
        assert info.shape == (3, 2) and info.dtype == "float32" and info.statistics is None
