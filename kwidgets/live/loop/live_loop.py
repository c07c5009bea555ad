"""``LiveLoop``, which monitors and controls a custom training loop."""

from __future__ import annotations

import itertools
import logging
import operator
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar, overload

from kwidgets.live import latest_run, protocol
from kwidgets.live.controls import RunControls
from kwidgets.live.loop.loop_run import LoopRun
from kwidgets.live.loop.loop_state import LoopState
from kwidgets.live.loop.optimizers import check_optimizers
from kwidgets.live.loop.steps import Steps
from kwidgets.live.training_thread.command_queue import check_learning_rate
from kwidgets.live.view_options import DEFAULTS, check_options

logger = logging.getLogger("kwidgets")

T = TypeVar("T")


class LiveLoop(RunControls):
    """Watch and control a custom training loop from the notebook.

    Use it in a ``with`` statement around the loop. The output of the cell shows the same view as a
    fit: progress, a chart for each logged value, and the controls Pause, Stop and, with an
    optimizer, Learning rate. They take effect between two steps.

    The loop computes the same results with and without it. Outside a notebook, it prints a line
    every few seconds, and the result at the end.

    Args:
        epochs: the number of epochs; None if it is unknown.
        steps: the maximum number of steps in an epoch; None to use the length of the data.
        model: the model that is trained, for its name, its optimizer, and the side panel.
        optimizer: a Keras or PyTorch optimizer, an object with a ``learning_rate``, or a dict of
            several by name. Defaults to that of a compiled Keras model.
        name: the name of the training in the view. Defaults to the model's name.
        x_axis: the initial x axis of the charts: ``"step"``, ``"epoch"`` or ``"time"``.
        smoothing: the initial smoothing of the curve within epochs, from 0 to below 1.
        log_scale: whether the y axes are initially logarithmic.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range.

    Example:
        >>> with kwidgets.LiveLoop(epochs=5, model=model) as live:
        ...     for epoch in live.epochs():
        ...         for x, y in live.steps(batches):
        ...             live.log(loss=train_step(x, y))
        ...         live.log(val_loss=validate())
    """

    _NOT_BEGUN = "not started yet"
    #: What is made when the loop begins.
    _make_run: type[LoopRun] = LoopRun

    def __init__(
        self,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        model: Any = None,
        optimizer: Any = None,
        name: str | None = None,
        x_axis: protocol.XAxis = DEFAULTS["x_axis"],
        smoothing: float = DEFAULTS["smoothing"],
        log_scale: bool = DEFAULTS["log_scale"],
    ) -> None:
        super().__init__(check_options(x_axis, smoothing, log_scale))
        self._epochs = _check_count("epochs", epochs)
        self._steps = _check_count("steps", steps)
        self._model = _check_model(model)
        if optimizer is None:
            optimizer = getattr(model, "optimizer", None)
        self._optimizers = {} if optimizer is None else check_optimizers(optimizer)
        self._name = name
        # Whether the code in the with statement runs.
        self._is_inside = False

    def __enter__(self) -> LiveLoop:
        if self._is_inside:
            raise RuntimeError(
                "This LiveLoop is in use by a loop that has not ended. Make another LiveLoop "
                "for the inner loop."
            )
        self._is_inside = True
        self._run = None
        try:
            state = LoopState(
                epochs=self._epochs,
                steps=self._steps,
                model=self._model,
                optimizers=self._optimizers,
                name=self._name,
                options=self._options,
            )
            run = self._make_run(state, self._output_context())
        except Exception:
            logger.warning("LiveLoop could not start; the loop continues without it", exc_info=True)
        else:
            self._run = run
            latest_run.remember(self, run, LiveLoop)
            run.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_inside = False
        run = self._loop_run
        if run is None:
            return
        if error is None or isinstance(error, GeneratorExit):
            run.end()
        else:
            run.fail(error)

    def epochs(self) -> Iterator[int]:
        """Yield the number of each epoch, from 0, until ``epochs`` is reached or Stop is pressed.

        Without ``epochs``, it continues until Stop or a ``break``. A second loop continues the
        numbers with as many epochs again.
        """
        # A loop that is kept and left by a break may be continued, also after another one.
        this_loop = object()
        try:
            for number in itertools.count() if self._epochs is None else range(self._epochs):
                self._check_inside()
                epoch: int | None = number
                if (run := self._loop_run) is not None:
                    left = None if self._epochs is None else self._epochs - number
                    epoch = run.begin_next_epoch(this_loop, left)
                if epoch is None:
                    return
                yield epoch
        finally:
            if (run := self._loop_run) is not None:
                run.end_epochs(this_loop)

    @overload
    def steps(self, batches: Iterable[T]) -> Iterable[T]: ...

    @overload
    def steps(self, batches: int | None = None) -> Iterable[int]: ...

    def steps(self, batches: Any = None) -> Iterable[Any]:
        """Yield each batch until there are no more or Stop is pressed.

        Outside of :meth:`epochs`, each call is an epoch. A call inside the steps of another one
        yields its batches without counting them.

        Args:
            batches: a list, generator, ``tf.data.Dataset``, ``DataLoader`` or ``PyDataset``; or a
                number, to count from 0. Defaults to ``steps``; without it, counting continues
                until Stop or a ``break``.
        """
        self._check_inside()
        iterable, length = _iterate(batches, self._steps)
        run = self._loop_run
        if run is None:
            return Steps(lambda: itertools.islice(iterable, length))
        return Steps(lambda: run.count_steps(iterable, length))

    def log(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Add values to the charts: numbers, or tensors with one number each.

        In :meth:`steps`, they belong to the step, and the charts show their means. A tensor is
        converted only when the charts are updated, so that logging does not wait for the device.
        After the steps, they belong to the epoch, as in validation; if a name is logged several
        times, the mean is used.

        As in Keras's logs, ``val_loss`` is the validation of ``loss``, in the same chart.

        Args:
            values: a dict, as returned by :meth:`keras.Model.train_on_batch` with
                ``return_dict=True``.
            more: values as keywords.

        Raises:
            TypeError: ``values`` is not a mapping.
            RuntimeError: the ``with`` statement has not been entered, or has been left.
        """
        if values is None:
            values = more
        elif isinstance(values, Mapping):
            # Names of other types are shown as texts, as those in the logs of a fit are.
            values = {str(name): value for name, value in values.items()} | more
        else:
            raise TypeError(
                f"Pass values by name, such as log(loss=0.5) or log({{'loss': 0.5}}), not "
                f"{type(values).__name__}."
            )
        run = self._loop_run
        self._check_inside()
        if run is not None:
            run.log(values)

    def set_learning_rate(self, value: float, optimizer: str | None = None) -> None:
        """Set the learning rate of an optimizer from the next step on. From any thread.

        If the rate cannot be set, a warning is logged and the loop continues unchanged.

        Args:
            value: the learning rate, above 0.
            optimizer: the name of one of several optimizers, which the page then shows and sets.
                Defaults to the one that the page shows, initially the first one.

        Raises:
            TypeError: ``value`` is not a number.
            ValueError: ``value`` is not finite and above 0, or no optimizer has that name.
        """
        value = check_learning_rate(value)
        if optimizer is not None:
            if optimizer not in self._optimizers:
                names = ", ".join(map(repr, self._optimizers)) or "no optimizer"
                raise ValueError(
                    f"No optimizer {optimizer!r}. The optimizers of this loop are {names}."
                )
            if (run := self._loop_run) is not None and len(self._optimizers) > 1:
                run.choose_optimizer(optimizer)
        super().set_learning_rate(value)

    @property
    def _loop_run(self) -> LoopRun | None:
        return self._run if isinstance(self._run, LoopRun) else None

    def _check_inside(self) -> None:
        if not self._is_inside:
            raise RuntimeError(
                "Use LiveLoop in a with statement: with kwidgets.LiveLoop() as live: ..."
            )


def _iterate(batches: Any, steps: int | None) -> tuple[Iterable[Any], int | None]:
    """Return what to iterate over, and how many items to take at most; None for all."""
    if batches is None:
        batches = itertools.count() if steps is None else range(steps)
    elif not hasattr(batches, "__iter__") and hasattr(batches, "__index__"):
        batches = range(operator.index(batches))
    try:
        length = len(batches)
    except (TypeError, NotImplementedError):
        # A generator, or a dataset whose length is infinite or unknown.
        return batches, steps
    return batches, length if steps is None else min(length, steps)


def _check_model(model: Any) -> Any:
    """Return ``model`` if it may be one: of Keras, PyTorch, or an object of the user's own."""
    is_array = hasattr(model, "dtype") and hasattr(model, "shape")
    data = (int, float, complex, str, bytes, list, tuple, set, dict, type)
    if is_array or isinstance(model, data):
        raise TypeError(
            "model must be the model that the loop trains, such as a keras.Model or a "
            f"torch.nn.Module, or None; got {model!r} ({type(model).__name__})."
        )
    return model


def _check_count(name: str, value: object) -> int | None:
    """Return ``value`` if it is a number of epochs or steps, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{name} must be an integer, or None if it is unknown; "
            f"got {value!r} ({type(value).__name__})."
        )
    number = operator.index(value)
    if number < 1:
        raise ValueError(f"{name} must be at least 1, or None if it is unknown; got {number}.")
    return number
