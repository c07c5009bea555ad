"""A solver becomes an optimizer of Keras with the same learning rates."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from kwidgets.formats.caffe.read import read
from kwidgets.formats.caffe.solver import read_solver
from kwidgets.formats.caffe.text_format import parse
from kwidgets.formats.errors import FormatError

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 3 } }
layer { name: "frozen" type: "InnerProduct" bottom: "fc" top: "fc2"
  param { lr_mult: 0 } param { lr_mult: 0 } inner_product_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc2" bottom: "label" top: "loss" }
"""


def rate(text: str, step: int) -> float:
    solver = read_solver(parse(text))
    schedule = solver.optimizer.get_config()["learning_rate"]
    if isinstance(schedule, dict):
        schedule = keras.optimizers.schedules.deserialize(schedule)
        return float(keras.ops.convert_to_numpy(schedule(np.int64(step))))
    return float(schedule)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("lr_policy: 'fixed'", lambda i: 0.1),
        ("lr_policy: 'step' gamma: 0.5 stepsize: 10", lambda i: 0.1 * 0.5 ** (i // 10)),
        ("lr_policy: 'exp' gamma: 0.99", lambda i: 0.1 * 0.99**i),
        ("lr_policy: 'inv' gamma: 0.01 power: 0.75", lambda i: 0.1 * (1 + 0.01 * i) ** -0.75),
        (
            "lr_policy: 'multistep' gamma: 0.1 stepvalue: 10 stepvalue: 25",
            lambda i: 0.1 * 0.1 ** ((i >= 10) + (i >= 25)),
        ),
        ("lr_policy: 'poly' power: 2 max_iter: 40", lambda i: 0.1 * (1 - i / 40) ** 2),
        (
            "lr_policy: 'sigmoid' gamma: -0.2 stepsize: 20",
            lambda i: 0.1 / (1 + np.exp(0.2 * (i - 20))),
        ),
    ],
)
def test_a_learning_rate_is_caffes_at_each_step(fields, expected) -> None:
    for step in (0, 1, 9, 10, 11, 24, 25, 26, 39):
        assert rate(f"base_lr: 0.1 {fields}", step) == pytest.approx(expected(step), rel=1e-5)


def test_a_step_of_several_batches_has_the_learning_rate_of_caffes_step() -> None:
    for policy in ("'step' stepsize: 3", "'multistep' stepvalue: 3", "'exp'"):
        for step in range(6):
            one = rate(f"base_lr: 1 gamma: 0.5 lr_policy: {policy}", step)
            # The weights change in the last of the four batches.
            four = rate(f"base_lr: 1 gamma: 0.5 iter_size: 4 lr_policy: {policy}", 4 * step + 3)
            assert one == pytest.approx(four)


@pytest.mark.parametrize(
    ("fields", "kind", "settings"),
    [
        ("momentum: 0.9", "SGD", {"momentum": 0.9, "nesterov": False}),
        ("type: 'Nesterov' momentum: 0.9", "SGD", {"nesterov": True}),
        ("solver_type: ADAGRAD delta: 1e-6", "Adagrad", {"epsilon": 1e-6}),
        ("type: 'RMSProp' rms_decay: 0.98", "RMSprop", {"rho": 0.98}),
        ("type: 'AdaDelta' momentum: 0.95", "Adadelta", {"rho": 0.95}),
        ("solver_type: 5 momentum: 0.9", "Adam", {"beta_1": 0.9, "beta_2": 0.999}),
        ("clip_gradients: 10 iter_size: 4", "SGD",
         {"global_clipnorm": 10.0, "gradient_accumulation_steps": 4}),
    ],
)  # fmt: skip
def test_an_optimizer_has_the_settings_of_the_solver(fields, kind, settings) -> None:
    optimizer = read_solver(parse(f"base_lr: 0.1 lr_policy: 'fixed' {fields}")).optimizer
    assert type(optimizer).__name__ == kind
    assert {name: optimizer.get_config()[name] for name in settings} == settings


def test_a_solver_compiles_its_net_with_loss_and_regularizers(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET)
    solver = tmp_path / "solver.prototxt"
    solver.write_text(
        'net: "examples/it/net.prototxt" base_lr: 0.01 lr_policy: "fixed" weight_decay: 0.0005 '
        "max_iter: 100 test_interval: 50 momentum: 0.9"
    )
    imported = read(solver, None)
    found = imported.extras["solver"]
    assert (found.max_iter, found.test_interval) == (100, 50)
    assert found.loss == "sparse_categorical_crossentropy"
    dense = imported.model.get_layer("fc")
    assert float(dense.kernel_regularizer.l2) == pytest.approx(0.00025)
    assert dense.bias_regularizer is None
    assert not imported.model.get_layer("frozen").trainable
    x, y = np.ones((4, 4), "float32"), np.zeros(4, "int32")
    assert imported.model.evaluate(x, y, verbose=0) > 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base_lr: 0 net: 'a'", "“base_lr” is “0.0”. Valid: > 0"),
        ("base_lr: 1 lr_policy: 'cosine' net: 'a'", "Valid: fixed, step"),
        ("base_lr: 1 lr_policy: 'step' net: 'a'", "“stepsize” is “0”. Valid: ≥ 1"),
        ("base_lr: 1 type: 'LARS' net: 'a'", "“type” is “LARS”. Valid: SGD, NESTEROV"),
        ("base_lr: 1 net: '../../etc/passwd'", "is not found. Copy it into the folder"),
        ("base_lr: 1 net: '/etc/hostname'", "is not found. Copy it into the folder"),
        ("base_lr: 1", "names no net"),
    ],
)
def test_a_solver_that_is_not_valid_is_refused_with_a_sentence(
    text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "solver.prototxt").write_text(text)
    with pytest.raises(FormatError, match=said):
        read(tmp_path / "solver.prototxt", None)
