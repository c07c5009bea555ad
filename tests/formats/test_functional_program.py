"""A program that a report writes creates the same model, in a fresh process, with Keras alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

import kwidgets as kw
from kwidgets.formats.code.functional_program import functional_program
from kwidgets.formats.import_report import ImportFacts
from kwidgets.formats.imported import Imported
from kwidgets.formats.report import ImportReport
from tests.formats.keras_files.goldens import Goldens
from tests.formats.small_graphs import frozen_graph, onnx_model


@keras.saving.register_keras_serializable(package="tests")
def twice(x):
    return x * FACTOR


# As in a notebook, from which nothing can be imported.
twice.__module__ = "__main__"
FACTOR = 2.0


def chain() -> keras.Model:
    x = inputs = keras.Input((8, 6, 3), name="data")
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv1/3x3".replace("/", "_"))(x)
    x = layers.BatchNormalization(epsilon=1e-5, name="bn")(x)
    x = layers.Activation("relu")(x)
    x = ops.pad(x, [[0, 0], [1, 0], [0, 1], [0, 0]], constant_values=-1.0)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    model = keras.Model(inputs, layers.Dense(2, activation=twice, name="class")(x), name="chain")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse", ["mae"])
    return model


def graph() -> keras.Model:
    a, b = keras.Input((5, 4), name="a"), keras.Input((5, 4), name="b")
    shared = layers.Dense(4, name="shared")
    u, v = shared(a), shared(b)
    w = (u + v) * 0.5 - ops.sqrt(ops.abs(u)) / 3
    left, right = ops.split(w, 2, axis=-1)
    cut = w[:, 1:4, ::2]
    (only,) = ops.split(cut, 1, axis=1)
    mean = ops.mean(only, axis=(1, 2), keepdims=True)
    table = np.arange(80, dtype="float32").reshape(20, 4)
    x = ops.concatenate([left, right, w * ops.convert_to_tensor(table[:5])], axis=-1)
    x = ops.transpose(x, (0, 2, 1))
    x = layers.Add()([x, ops.einsum("bij->bij", x)])
    x = ops.where(x > 0, x, ops.zeros_like(x))
    sequence, state_h, state_c = layers.LSTM(3, return_sequences=True, return_state=True)(w)
    more = layers.LSTM(3)(w, initial_state=[state_h, state_c])
    attended = layers.MultiHeadAttention(2, 3, name="attention")(w, sequence, key=w)
    return keras.Model(
        {"a": a, "b": b},
        {"x": x, "mean": mean, "more": more, "attended": attended, "v": v},
        name="graph",
    )


def nested() -> keras.Model:
    block_in = keras.Input((4,), name="block_in")
    inner = layers.Dense(4, name="inner")
    block = keras.Model(block_in, [inner(block_in), inner(inner(block_in))], name="block")
    stack = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4), keras.Sequential([layers.ReLU()])], name="stack"
    )
    stack.trainable = False
    x = keras.Input((4,), name="class")
    p, q = block(x)
    r, _ = block(stack(p))
    named = keras.Model(block_in, {"one": inner(block_in)}, name="named")
    return keras.Model(x, layers.Concatenate()([q, r, named(p)["one"]]), name="nested")


def masked() -> keras.Model:
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(11, 4, mask_zero=True)(words)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    x = layers.TimeDistributed(layers.Dense(2))(x)
    return keras.Model(words, layers.GlobalAveragePooling1D()(x), name="masked")


def sequential() -> keras.Model:
    model = keras.Sequential(name="sequential")
    model.add(keras.Input((3,)))
    model.add(layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.01), trainable=False))
    return model


MODELS = (chain, graph, nested, masked, sequential)


def inputs_of(model: keras.Model) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [
        random.integers(0, 9, [2, *(size or 5 for size in each.shape[1:])]).astype(each.dtype)
        if each.dtype == "int32"
        else random.normal(size=[2, *each.shape[1:]]).astype("float32")
        for each in model.inputs
    ]


def with_random_weights(model: keras.Model) -> keras.Model:
    random = np.random.default_rng(1)
    model.set_weights(
        [
            random.uniform(0.2, 1, value.shape).astype(value.dtype)
            if value.dtype.kind == "f"
            else value
            for value in model.get_weights()
        ]
    )
    return model


def as_inputs(model: keras.Model, inputs: list[np.ndarray]) -> object:
    if len(inputs) == 1:
        return inputs[0]
    return keras.tree.pack_sequence_as(model._inputs_struct, inputs)


def flat_outputs(model: keras.Model, inputs: list[np.ndarray]) -> list[np.ndarray]:
    outputs = keras.tree.flatten(model(as_inputs(model, inputs), training=False))
    return [np.asarray(keras.ops.convert_to_numpy(each)) for each in outputs]


RUN = """
import sys, numpy as np
sys.modules["kwidgets"] = None
for name in {names!r}:
    scope = {{"__name__": name}}
    exec(compile(open(name + ".py").read(), name + ".py", "exec"), scope)
    import keras
    model, data = scope["model"], np.load(name + ".npz")
    given = [data[f"x{{i}}"] for i in range(len(model.inputs))]
    struct = getattr(model, "_inputs_struct", None)
    packed = dict(zip(struct, given)) if isinstance(struct, dict) else given
    outputs = model(packed[0] if len(given) == 1 else packed, training=False)
    for index, output in enumerate(keras.tree.flatten(outputs)):
        output = keras.ops.convert_to_numpy(output)
        np.testing.assert_array_equal(output, data[f"y{{index}}"], name)
    print(name, model.compiled)
"""


def imported_reports(folder: Path) -> dict[str, ImportReport]:
    """Return reports of imports whose programs need more than layers of Keras."""
    reports = {}
    with zipfile.ZipFile(Path(__file__).parent / "tf_keras" / "nets.zip") as archive:
        for name in ("recurrent", "functional"):
            archive.extract(f"{name}.keras", folder)
            reports[name] = kw.import_model(folder / f"{name}.keras").report
    masks = Goldens("tf_keras").write("attention_masks", folder)
    reports["masks"] = kw.import_model(masks).report
    if keras.backend.backend() == "tensorflow":
        (folder / "graph.pb").write_bytes(frozen_graph())
        reports["frozen"] = kw.import_model(folder / "graph.pb").report
    if importlib.util.find_spec("onnx") and importlib.util.find_spec("onnxruntime"):
        (folder / "net.onnx").write_bytes(onnx_model().SerializeToString())
        reports["onnx"] = kw.import_model(folder / "net.onnx").report
    return reports


@pytest.mark.timeout(600)
def test_each_program_gives_the_same_outputs_in_a_fresh_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reports = {
        make.__name__: ImportReport(
            Imported(with_random_weights(make()), ImportFacts("Keras", (), ()))
        )
        for make in MODELS
    } | imported_reports(tmp_path)
    for name, report in reports.items():
        inputs = inputs_of(report.model)
        outputs = flat_outputs(report.model, inputs)
        arrays = {f"x{index}": value for index, value in enumerate(inputs)}
        arrays |= {f"y{index}": value for index, value in enumerate(outputs)}
        np.savez(f"{name}.npz", **arrays)
        program = report.to_code(weights=f"{name}.weights.h5")
        Path(f"{name}.py").write_text(program)
        assert "deserialize" not in program, name
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(names=list(reports))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    compiled = {name: report.model.compiled for name, report in reports.items()}
    assert done.stdout.split("\n") == [*(f"{n} {c}" for n, c in compiled.items()), ""]


def test_a_chain_reads_as_keras_code() -> None:
    lines = functional_program(chain(), {}, None, ["Caffe", "data: BGR"]).splitlines()
    assert lines[:2] == ["# Caffe", "# data: BGR"]
    assert 'data = keras.Input(shape=(8, 6, 3), name="data")' in lines
    assert 'bn = layers.BatchNormalization(epsilon=1e-05, name="bn")(conv1_3x3)' in lines
    # A name that Python reserves.
    assert any(line.startswith("layer_class = layers.Dense(2, activation=twice") for line in lines)
    assert 'model = keras.Model(data, layer_class, name="chain")' in lines
    assert any(line.startswith("model.compile(") for line in lines)


def test_operations_are_written_as_a_person_would() -> None:
    program = functional_program(graph(), {}, None)
    for part in (
        " = add * 0.5",
        "[:, 1:4, ::2]",
        "split, split_1 = keras.ops.split(",
        "(split_2,) = keras.ops.split(",
        'keras.ops.einsum("bij->bij", transpose)',
    ):
        assert part in program, program


def test_an_expression_of_the_reader_takes_the_place_of_a_layer() -> None:
    inputs = keras.Input((3,), name="x")
    model = keras.Model(inputs, layers.ReLU(name="own")(inputs))
    program = functional_program(
        model, {"own": 'keras.layers.Activation("relu", name="own")'}, None
    )
    assert 'own = (keras.layers.Activation("relu", name="own"))(x)' in program


def test_a_layer_that_no_arguments_make_is_written_by_its_config_and_can_be_shared() -> None:
    first, second = keras.Input((4, 2), name="first"), keras.Input((4, 2), name="second")
    both = layers.Bidirectional(layers.GRU(2, return_sequences=True), name="both")
    both.forward_layer.zero_output_for_mask = False
    model = keras.Model([first, second], [both(first), both(second)])
    program = functional_program(model, {}, None)
    scope: dict[str, object] = {}
    exec(compile(program, "program", "exec"), scope)
    assert [layer.name for layer in scope["model"].layers] == ["first", "second", "both"]  # type: ignore[attr-defined]


def test_names_that_would_break_the_program_are_written_as_text() -> None:
    evil = 'x"); import os; os.abort()  #'
    inputs = keras.Input((3,), name=evil)
    program = functional_program(keras.Model(inputs, layers.ReLU(name="é\n#")(inputs)), {}, None)
    scope: dict[str, object] = {}
    exec(compile(program, "program", "exec"), scope)
    assert scope["model"].inputs[0].name == evil  # type: ignore[attr-defined]


def test_a_file_of_weights_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must end in \.weights\.h5"):
        functional_program(sequential(), {}, "net.h5")
