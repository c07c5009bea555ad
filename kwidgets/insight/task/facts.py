"""What is known about one output of a model when its task is recognized."""

from __future__ import annotations

import dataclasses

Shape = tuple[int | None, ...]


@dataclasses.dataclass(frozen=True)
class OutputFacts:
    """Facts about one output. Shapes have the batch first; None is unknown.

    Args:
        loss: the name of the loss's class or function; "" if unknown.
        activation: the name of the last activation; "" if unknown.
        from_logits: whether the loss takes logits.
        x_shape: of the model's first input.
        y_shape: of the targets.
        p_shape: of the predictions.
        y_dtype: of the targets, such as "float32".
        y_zero_one: whether all targets are 0 or 1, in those looked at.
        y_one_hot: whether each row of them has exactly one 1.
        y_is_x: whether the targets are the inputs.
        keys: the keys of targets that are a dict.
    """

    loss: str = ""
    activation: str = ""
    from_logits: bool = False
    x_shape: Shape | None = None
    y_shape: Shape | None = None
    p_shape: Shape | None = None
    y_dtype: str = ""
    y_zero_one: bool | None = None
    y_one_hot: bool | None = None
    y_is_x: bool | None = None
    keys: tuple[str, ...] = ()

    @property
    def loss_key(self) -> str:
        """The name of the loss as in lists of names: lower case, without underscores."""
        return self.loss.replace("_", "").lower()

    @property
    def classes(self) -> int:
        """The size of the last axis of the predictions; 1 where there is none."""
        shape = self.p_shape or ()
        return shape[-1] or 1 if len(shape) > 1 else 1

    @property
    def values_per_sample(self) -> int:
        """The number of values that are predicted for a sample; unknown axes count as 1."""
        count = 1
        for size in (self.p_shape or ())[1:]:
            count *= size or 1
        return count
