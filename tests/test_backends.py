"""The tests in which Keras itself does something, once more on Keras's other backends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends import BACKENDS, check_under

TESTS = Path(__file__).parent
# Texts, catalogs and data are the same everywhere.
LEARNING_RATE = [
    "live/test_learning_rate.py::test_unsteered_training_is_the_same_to_the_last_bit",
    "live/test_learning_rate.py::"
    "test_a_rate_set_by_hand_holds_from_the_next_step_and_the_schedule_comes_back",
]
NUMBERS = [
    "live/test_learning_rate.py",
    "live/test_history_equals_keras.py",
    "record/replay/test_replay.py",
]
CONTROLS = [
    "kernel/test_interrupt.py",
    "live/test_callback.py",
    "live/test_fit_exceptions.py",
    "live/test_live_loop.py",
    "live/test_torch_loop.py",
    "models/test_request_handler.py",
]
MODELS = [
    "builder/test_sequential.py",
    "builder/test_layer_cache.py",
    "builder/test_initial_models.py",
    "builder/test_model_fidelity.py",
    "builder/test_convert.py",
    "builder/test_code_writer.py",
    "models/test_describe.py",
    "models/test_layer_expression.py",
    "models/test_infer_summary.py",
    "models/test_layer_detail.py",
    "models/test_trainable.py",
]
RECORD = [
    "record/nan_guard/test_nan_guard.py",
    "record/checkpoints/test_callback_state.py",
    "record/checkpoints/test_checkpointer.py",
    "record/test_fit_rewind.py",
    "record/resume/test_exactness.py",
    "record/resume/test_resume.py",
]
INSIGHT = [
    "insight/tap/test_tap.py",
    "insight/tap/test_hostile_steps.py",
    "insight/tap/test_bad_input.py",
    "insight/test_fit_tasks.py",
]
LAYERS = ["insight/layers/test_fit_layers.py", "insight/explain/test_explain.py"]
FORMATS = ["formats/keras_files/test_goldens.py", "formats/keras_files/test_read.py"]
PROGRAMS = ["builder/sequential_programs/test_sequential_programs.py"]
# Browser and kernels run on JAX, where models are built and described, too.
BY_FAULTS = pytest.mark.slow("random faults compare weights and losses with Keras's on JAX")
BY_RANDOM_FAULTS = pytest.mark.slow("random faults, messages and interrupts are tried on JAX")
IN_THE_BROWSER = pytest.mark.slow("the tests of kernels and pages build models on JAX")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "modules",
    [
        pytest.param(LEARNING_RATE, id="learning rate", marks=BY_RANDOM_FAULTS),
        pytest.param(INSIGHT[:3], id="predictions", marks=pytest.mark.slow("on TensorFlow")),
        pytest.param(INSIGHT[3:], id="tasks", marks=pytest.mark.slow("on TensorFlow")),
        pytest.param(LAYERS, id="layers", marks=pytest.mark.slow("on TensorFlow")),
        pytest.param(NUMBERS, id="numbers", marks=BY_FAULTS),
        pytest.param(CONTROLS, id="controls", marks=BY_RANDOM_FAULTS),
        pytest.param(MODELS, id="models", marks=IN_THE_BROWSER),
        pytest.param(
            RECORD, id="record", marks=pytest.mark.slow("a training is resumed on JAX, as on each")
        ),
        pytest.param(FORMATS, id="formats", marks=pytest.mark.slow("on TensorFlow")),
        pytest.param(PROGRAMS, id="programs", marks=pytest.mark.slow("a few run on TensorFlow")),
    ],
)
def test_the_promises_are_kept_on(
    backend: str, modules: list[str], request: pytest.FixtureRequest
) -> None:
    check_under(backend, [TESTS / name for name in modules], request.config)
