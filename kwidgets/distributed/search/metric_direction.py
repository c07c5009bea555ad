"""Tell from the name of a metric whether more of it is better."""

from __future__ import annotations

import re

from kwidgets.distributed.search.trial_row import Direction

# By the words of Keras's own names, in snake_case.
_MORE_IS_BETTER = re.compile(
    r"(^|_)(acc|accuracy|auc|precision|recall|f1|fbeta|r2|iou|similarity|score|positives_rate"
    r"|sensitivity|specificity)(_|$)"
)
_LESS_IS_BETTER = re.compile(
    r"(^|_)(loss|error|mse|mae|mape|msle|rmse|hinge|crossentropy|divergence|poisson|logcosh"
    r"|perplexity)(_|$)"
)


def direction_of(metric: str) -> Direction | None:
    """Return how a metric of this name is optimized; None where the name does not say it."""
    name = metric.lower()
    if _LESS_IS_BETTER.search(name):
        return "minimize"
    return "maximize" if _MORE_IS_BETTER.search(name) else None
