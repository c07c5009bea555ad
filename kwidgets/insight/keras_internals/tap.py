"""Read predictions from the validation that Keras makes anyway.

While Keras makes the test function of a model, ``test_step`` is replaced by one that notes what
the loss is given and returns a few numbers more in the logs. A wrapper of the test function takes
them out again before Keras or a callback sees them. There is no second pass, and the model keeps
nothing but that wrapper.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

import keras
import numpy as np
from keras import ops

from kwidgets.insight.keras_internals import reduce
from kwidgets.insight.keras_internals.equal_rows import equal_rows
from kwidgets.insight.keras_internals.few_nodes import take_rows
from kwidgets.insight.keras_internals.install_checks import why_not
from kwidgets.insight.keras_internals.optimization_barrier import behind_barrier
from kwidgets.insight.keras_internals.outputs import Output, outputs_of
from kwidgets.insight.keras_internals.pack import pack
from kwidgets.insight.keras_internals.same_trace import same_trace
from kwidgets.insight.keras_internals.sample_loss import is_keras_loss, sample_loss
from kwidgets.insight.keras_internals.spies import spies
from kwidgets.insight.keras_internals.tensorflow_steps import StepBuffers, replicas, rows_before
from kwidgets.insight.predictions.collector import DIFFERENT_ROWS
from kwidgets.insight.task.facts import OutputFacts
from kwidgets.language import Message, message

logger = logging.getLogger("kwidgets")

#: The key of the numbers in the logs, until they are taken out.
KEY: Final = "kwidgets/insight"
#: What ``equal_rows`` says of a batch.
EQUAL_ROWS: Final = "equal_rows"
DIFFERENT_SIZES: Final = message(
    "The inputs, targets and predictions of a batch have different sizes."
)
#: The most classes of one output, and the largest input whose rows are gathered.
MAX_CLASSES: Final = 20_000
MAX_SAMPLE_BYTES: Final = 4_000_000

MakePlan = Callable[[str, OutputFacts], reduce.Plan]
#: By output and then by kind of numbers; arrays of the backend.
Batch = dict[str, dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class TracedOutput:
    """How an output was read when the test function was traced."""

    facts: OutputFacts
    plan: reduce.Plan
    #: Whether the losses of the samples are those of the model's own loss.
    has_loss: bool


class Tap:
    """What reads the predictions of one model. Its test function has it as ``_kwidgets_tap``.

    Args:
        make_plan: decides how an output is reduced, when Keras traces the step.
        key: what the plans depend on; another key needs another tap.
    """

    def __init__(self, make_plan: MakePlan, key: object) -> None:
        self.make_plan: MakePlan = make_plan
        self.key = key
        #: Called with the numbers of each batch; None while nobody wants them.
        self.receive: Callable[[Batch], None] | None = None
        #: Why nothing is read, found when the step was traced.
        self.reason: Message | None = None
        self.outputs: dict[str, TracedOutput] = {}
        self.buffers: StepBuffers | None = None

    def deliver(self, batch: Batch) -> None:
        """Pass the numbers of a batch on; a failure ends the reading, not the validation."""
        if self.receive is None:
            return
        try:
            rows = {name: _take_equal_rows(numbers) for name, numbers in batch.items()}
            if min(rows.values(), default=1.0) < 0:
                self.receive = None
                self.reason = DIFFERENT_SIZES
                return
            self.receive({name: numbers for name, numbers in batch.items() if rows[name] > 0})
        except Exception as error:
            self.receive = None
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Remember why nothing is read, and log it once."""
        if self.reason is None:
            logger.warning("cannot read the predictions; training continues", exc_info=error)
            self.reason = message(
                "Reading the predictions failed: %1", f"{type(error).__name__}: {error}"[:300]
            )


def _take_equal_rows(numbers: dict[str, Any]) -> float:
    """Take what ``equal_rows`` says out of an output's numbers; 1 where it says nothing, or where
    ``worst`` says it, which is read after the pass."""
    found = numbers.pop(EQUAL_ROWS, None)
    return 1.0 if found is None else float(np.min(ops.convert_to_numpy(found)))


def tap_of(model: Any) -> Tap | None:
    """Return the tap of a model's test function; None without one."""
    found = getattr(getattr(model, "test_function", None), "_kwidgets_tap", None)
    return found if isinstance(found, Tap) else None


def install(model: Any, make_plan: MakePlan, key: object, batch_size: int | None) -> Tap | Message:
    """Return the tap of ``model``, made if there is none, or why there can be none.

    In ``on_train_begin`` or ``on_test_begin``: Keras reads ``test_function`` anew at each step. The
    tap of an earlier fit is used again, so that nothing is traced again.

    Args:
        model: a compiled model.
        make_plan: decides how an output is reduced.
        key: what the plans depend on.
        batch_size: of the validation; None if unknown.
    """
    reason = why_not(model)
    if reason is not None:
        return reason
    present = tap_of(model)
    if present is not None and present.key == key:
        present.make_plan = make_plan
        return present
    tap = Tap(make_plan, key)
    backend = keras.backend.backend()
    if backend == "tensorflow" and model.steps_per_execution > 1:
        if batch_size is None:
            return message("With steps_per_execution above 1, the batch size must be known.")
        tap.buffers = StepBuffers(model.steps_per_execution, batch_size)
    _make_tapped(model, tap, backend)
    return tap


def _make_tapped(model: Any, tap: Tap, backend: str) -> None:
    original, before = model.test_step, model.test_function

    def step(*args: Any) -> Any:
        return _tapped_step(model, tap, original, backend, *args)

    replaced: dict[str, Any] = {"test_step": step}
    if backend == "jax":
        # The loop over the steps of one execution is Python: the numbers come out inside it.
        make = model._make_function
        replaced["_make_function"] = lambda function, **options: make(
            _peel(function, tap, has_state=True), **options
        )
    try:
        model.test_function = None
        # The step of torch looks the method up in each batch.
        with _attributes(model, {} if backend == "torch" else replaced):
            model.make_test_function()
    except Exception:
        model.test_function = before
        raise
    function = model.test_function
    if backend == "torch":
        function = _with_attributes(function, model, replaced)
    if backend != "jax":
        function = _peel(function, tap, has_state=False)
    function._kwidgets_tap = tap
    model.test_function = function


@contextlib.contextmanager
def _attributes(model: Any, values: dict[str, Any]) -> Iterator[None]:
    """Set attributes of ``model`` in this block; afterwards they are as before."""
    attributes = model.__dict__
    before = {name: attributes[name] for name in values if name in attributes}
    attributes.update(values)
    try:
        yield
    finally:
        for name in values:
            attributes.pop(name, None)
        attributes.update(before)


def _with_attributes(function: Any, model: Any, values: dict[str, Any]) -> Any:
    def run(*args: Any) -> Any:
        with _attributes(model, values):
            return function(*args)

    return run


def _peel(function: Any, tap: Tap, has_state: bool) -> Any:
    """Return ``function`` without our numbers in the logs that it returns."""

    def peeled(*args: Any) -> Any:
        result = function(*args)
        logs = result[0] if has_state else result
        if not isinstance(logs, dict) or KEY not in logs:
            return result
        extra = logs[KEY]
        logs = {name: value for name, value in logs.items() if name != KEY}
        if tap.buffers is not None:
            for batch in tap.buffers.take():
                tap.deliver(batch)
        else:
            tap.deliver(extra)
        return (logs, *result[1:]) if has_state else logs

    return peeled


def _tapped_step(model: Any, tap: Tap, original: Any, backend: str, *args: Any) -> Any:
    """Run a test step, and add our numbers to its logs. Traced, or run at each batch."""
    with spies(model) as seen:
        result = original(*args)
    try:
        logs = result[0] if backend == "jax" else result
        if not isinstance(logs, dict):
            tap.reason = message("The model's test_step returns no dict.")
            return result
        x, y, weights = keras.utils.unpack_x_y_sample_weight(args[-1])
        x = x if seen.x is None else seen.x
        y = y if seen.y is None else seen.y
        if seen.y_pred is None:
            tap.reason = message("The model's test_step does not expose its predictions.")
            return result
        if weights is not None and backend == "tensorflow" and model.jit_compile is True:
            tap.reason = message(
                "With sample weights and XLA, reading would change the last digit of val_loss."
            )
            return result
        if not same_trace((x, y, seen.y_pred, weights), args):
            tap.reason = message(
                "The model's test_step computes its predictions inside a transformation of JAX."
            )
            return result
        # A tensor behind the barrier is another one, without a mask.
        masks = [_mask_of(p) for p in keras.tree.flatten(seen.y_pred)]
        x, y, y_pred, weights, masks = behind_barrier((x, y, seen.y_pred, weights, masks))
        extra = _extra(model, tap, x, y, y_pred, weights, masks, seen.has_loss)
        if not extra:
            return result
        tap.reason = None
        if backend == "tensorflow":
            extra = _from_all_replicas(extra)
            if tap.buffers is not None:
                tap.buffers.append(extra)
                extra = {}
        if backend == "jax":
            extra = {
                name: numbers if EQUAL_ROWS in numbers else pack(numbers)
                for name, numbers in extra.items()
            }
            extra = _on_each_device(extra)
        logs = {**logs, KEY: extra}
        return (logs, *result[1:]) if backend == "jax" else logs
    except Exception as error:
        tap.fail(error)
        return result


def _extra(
    model: Any,
    tap: Tap,
    x: Any,
    y: Any,
    y_pred: Any,
    weights: Any,
    masks: list[Any],
    has_loss: bool,
) -> Batch:
    extra: Batch = {}
    has_fixed_rows = model.jit_compile is True or tap.buffers is not None or _replica_count() > 1
    for output, mask in zip(outputs_of(model, x, y, y_pred), masks, strict=False):
        plan = tap.make_plan(output.name, output.facts)
        has_loss = is_keras_loss(output.loss)
        tap.outputs[output.name] = TracedOutput(output.facts, plan, has_loss)
        if output.y is None or plan.task == "unknown":
            continue
        if output.facts.classes > MAX_CLASSES:
            tap.reason = message(
                "The output has %1 classes; at most %2 can be shown.",
                f"{output.facts.classes:,}",
                f"{MAX_CLASSES:,}",
            )
            continue
        of_places = _place_weights(mask, weights)
        extra[output.name] = _reduced(plan, output, x, of_places, has_loss, has_fixed_rows)
    return extra


def _mask_of(p: Any) -> Any:
    """Return the mask that Keras has attached to predictions; None without one."""
    try:
        from keras.src.backend import get_keras_mask
    except ImportError:
        return getattr(p, "_keras_mask", None)
    return get_keras_mask(p)


def _place_weights(mask: Any, weights: Any) -> Any:
    """Return the mask of the places of an output's samples, or their weights; None without."""
    if mask is not None:
        return mask
    flat = keras.tree.flatten(weights)
    return flat[0] if len(flat) == 1 else None


def _reduced(
    plan: reduce.Plan, output: Output, x: Any, weights: Any, has_loss: bool, has_fixed_rows: bool
) -> dict[str, Any]:
    leaves = {}
    if plan.gathers_x:
        leaves = {
            f"x{i}": ops.convert_to_tensor(leaf)
            for i, leaf in enumerate(keras.tree.flatten(x))
            if _is_dense(leaf) and _sample_bytes(leaf) <= MAX_SAMPLE_BYTES
        }
    named = {"y": ops.convert_to_tensor(output.y), "p": ops.convert_to_tensor(output.p), **leaves}
    if weights is not None:
        named["weights"] = ops.convert_to_tensor(weights)
    loss = None
    if has_loss:
        # Of the same tensors as the model's own loss: TensorFlow then computes both at once.
        with contextlib.suppress(Exception):
            loss = sample_loss(output.loss, named["y"], named["p"], weights)
    values, loss, same = equal_rows(list(named.values()), loss, has_fixed_rows)
    named = dict(zip(named, values, strict=True))
    y, p, weights = named.pop("y"), named.pop("p"), named.pop("weights", None)
    if not has_loss:
        with contextlib.suppress(Exception):
            loss = sample_loss(output.loss, y, p, weights)
    reduced = reduce.reduce_output(plan, y, p, weights, loss)
    rows: dict[str, Any] = {**reduce.reduce_rows(plan, y, p), **named}
    rows = {name: row for name, row in rows.items() if _sample_bytes(row) <= MAX_SAMPLE_BYTES}
    worst = reduce.worst_rows(plan, reduced["columns"], has_fixed_rows)
    for name, row in rows.items():
        reduced[f"worst_{name}"] = take_rows(row, worst)
        reduced[f"first_{name}"] = row[: reduce.FIRST]
    reduced["worst"] = ops.cast(worst, "float32")
    if same is not None and has_fixed_rows:
        reduced[EQUAL_ROWS] = same
    elif same is not None:
        reduced["worst"] = ops.where(same < 0, float(DIFFERENT_ROWS), reduced["worst"])
    return reduced


def _is_dense(leaf: Any) -> bool:
    """Return whether a leaf of the inputs is a tensor, neither ragged nor sparse."""
    if leaf is None or hasattr(leaf, "ragged_rank"):
        return False
    # Every tensor of PyTorch has a method "indices".
    is_sparse = getattr(leaf, "is_sparse", None)
    return not (is_sparse if isinstance(is_sparse, bool) else hasattr(leaf, "indices"))


def _sample_bytes(value: Any) -> int:
    size = 4
    for side in value.shape[1:]:
        size *= int(side or 1)
    return size


def _replica_count() -> int:
    """Return on how many devices TensorFlow runs this step; 1 on other backends."""
    return replicas()[1] if keras.backend.backend() == "tensorflow" else 1


def _on_each_device(extra: Batch) -> Batch:
    """Let each device have all numbers, if several divide a batch: each process reads its own."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return extra
    import jax

    mesh = distribution.device_mesh.backend_mesh
    whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    return jax.tree.map(lambda value: jax.lax.with_sharding_constraint(value, whole), extra)  # type: ignore[no-any-return]


def _from_all_replicas(extra: Batch) -> Batch:
    """Return the numbers of all replicas: Keras would average them."""
    context, count = replicas()
    if count <= 1:
        return extra
    gathered: Batch = {}
    for output, numbers in extra.items():
        # The rows of a replica follow those of the replicas before it.
        offset = rows_before(context, numbers["columns"])
        moved = {**numbers, "worst": numbers["worst"] + offset}
        gathered[output] = {
            name: context.all_gather(value, axis=0) for name, value in moved.items()
        }
    return gathered
