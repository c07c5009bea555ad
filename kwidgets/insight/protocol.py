"""Messages about predictions, layers and data: names and shapes.

They travel as messages of a live view, so that they need no connection of their own: a view sends
:class:`Request` in an envelope of kind ``live.protocol.INSIGHT``, and the kernel sends
:class:`Insight` in one of the same kind. Each part of the kernel replaces the same part of the same
fit. The mirror is ``labextension/src/insight/protocol.ts``.

Nothing of a tab is computed or sent for the page unless a view has asked to ``watch`` it within
the last ``WATCH_SECONDS``; a view repeats that every ``REPEAT_SECONDS`` while the tab is visible.
Without a watched tab, the kernel sends :class:`PredictionsPart` with ``details`` None, once an
epoch. Pictures are sent once, by the hash of their bytes.

Numbers that may be NaN are :data:`kwidgets.protocol.WireNumber`. Long columns are base64 of
little-endian numbers, named by their type: ``*_u32``, ``*_f32``.
"""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict

from kwidgets.language import Message
from kwidgets.live.fit_options import ChosenTask
from kwidgets.protocol import WireNumber

WATCH_SECONDS: Final = 15
REPEAT_SECONDS: Final = 5

TabName = Literal["curves", "predictions", "layers", "data"]
#: What an output is read as; "boxes" only with a ``kwidgets.Boxes``.
Task = Literal[ChosenTask, "boxes", "unknown"]

# --- sent by a view -------------------------------------------------------------------------------

RequestName = Literal[
    "watch",
    "show_samples",
    "show_sample",
    "set_task",
    "look_at_training_samples",
    "explain",
    "measure_layers",
    "look_at_data",
    "dismiss_finding",
]


class Request(TypedDict):
    """What a view asks for; the kernel replies with ``live.protocol.REPLY`` and sends parts."""

    request: RequestName
    #: ``watch``.
    tab: NotRequired[TabName]
    #: ``watch``: the view was just opened and has no parts and no pictures yet.
    first: NotRequired[bool]
    #: ``watch``, ``show_samples``, ``set_task``: the name of a model's output.
    output: NotRequired[str]
    #: ``watch``, ``show_samples``: the epoch to show, counted as in the charts; without it the
    #: latest.
    epoch: NotRequired[int]
    #: ``show_samples``: the class numbers of a cell of the matrix; without one of them, all.
    true: NotRequired[int]
    predicted: NotRequired[int]
    #: ``show_sample``, ``explain``: the key of a sample.
    sample: NotRequired[str]
    #: ``set_task``.
    task: NotRequired[Task]
    #: ``dismiss_finding``: its id.
    finding: NotRequired[str]


# --- sent by the kernel ---------------------------------------------------------------------------

PartName = Literal["predictions", "samples", "sample", "layers", "data", "pictures"]


class Insight(TypedDict):
    """One part of what is shown of a fit; of the fields below ``fit``, the one named ``part``."""

    part: PartName
    #: The number of the fit within the view.
    fit: int
    predictions: NotRequired[PredictionsPart]
    samples: NotRequired[SamplesPart]
    sample: NotRequired[SampleDetails]
    layers: NotRequired[LayersPart]
    data: NotRequired[DataPart]
    #: PNG or WebP as data URLs, by their hash.
    pictures: NotRequired[dict[str, str]]


#: waiting: before the first validation. missing: no validation data, training samples can be looked
#: at. off: ``reason`` says why. ready: ``epochs`` has at least one.
State = Literal["waiting", "missing", "off", "ready"]


class PredictionsPart(TypedDict):
    """What the model predicted on the validation data (or ``source``) after an epoch."""

    state: State
    reason: Message | None
    source: Literal["validation", "training", "evaluate"]
    #: Names of the outputs that can be shown; one for most models.
    outputs: list[str]
    output: str
    task: Task
    #: Tasks that the shapes allow, the shown one among them.
    tasks: list[Task]
    #: Why it was read so, or what to know about it.
    task_note: Message | None
    #: Epochs that can be shown, oldest first, counted as in the charts.
    epochs: list[int]
    epoch: int
    #: Where the epochs end.
    last_epoch: int
    samples: int
    #: The task's own figures, most important first.
    figures: list[Figure]
    #: None while no view watches the tab.
    details: Details | None


class Figure(TypedDict):
    """A figure such as accuracy or R²; ``change`` since the epoch before, None without one."""

    name: str
    value: WireNumber
    change: WireNumber | None
    direction: Literal["min", "max"]


class Details(TypedDict):
    """What the open tab shows besides the figures."""

    classes: NotRequired[ClassesTable]
    confusion: NotRequired[Confusion]
    curves: NotRequired[ClassCurves]
    regression: NotRequired[Regression]
    #: Worst first, 24 at most, of ``mistake_count``.
    mistakes: list[Sample]
    mistake_count: int
    #: The first samples of the validation, the same each epoch; 12 at most.
    watched: list[Sample]


class ClassesTable(TypedDict):
    """A row a class, of class numbers ``0…``. At most 1,000."""

    names: list[str]
    #: Where the names come from; None for numbers.
    names_from: Message | None
    support: list[int]
    predicted: list[int]
    precision: list[WireNumber]
    recall: list[WireNumber]
    f1: list[WireNumber]
    #: IoU, in segmentation.
    iou: NotRequired[list[WireNumber]]
    #: Each class's main figure (recall; IoU in segmentation) in each of ``epochs``.
    history_of: Literal["recall", "iou", "f1"]
    history: list[list[WireNumber]]
    #: Multi-label and binary: counts of samples by score, in bins of equal width from 0 to 1, of
    #: those that have the class and those that do not: thresholds are the view's own.
    scores: NotRequired[Scores]


class Scores(TypedDict):
    """(classes, bins) counts, row by row."""

    bins: int
    positive_u32: str
    negative_u32: str
    threshold: float


class Confusion(TypedDict):
    """Counts of (true, predicted). With more than 30 classes only the most frequent errors."""

    classes: int
    #: (classes, classes), row by row, if ``classes`` ≤ 30.
    counts_u32: NotRequired[str]
    #: The same of the epoch before, for the change.
    before_u32: NotRequired[str]
    #: The most frequent errors, at most 200.
    pairs: list[Pair]


class Pair(TypedDict):
    true: int
    predicted: int
    count: int


class ClassCurves(TypedDict):
    """Reliability, ROC and precision-recall of the predicted class, or of the positive one."""

    #: By the predicted probability, in 10 bins: its mean, the share that was right, samples.
    reliability: list[tuple[WireNumber, WireNumber, int]]
    #: (false positive rate, true positive rate); empty with more than two classes.
    roc: list[tuple[float, float]]
    #: (recall, precision); empty with more than two classes.
    precision_recall: list[tuple[float, float]]


class Regression(TypedDict):
    """Targets and predictions of the columns of an output; (points,) float32 each."""

    columns: list[str]
    column: int
    #: A sample of at most 2,000 of them.
    true_f32: str
    predicted_f32: str
    #: Of predicted − true over all samples: 64 bins of equal width.
    residual_low: WireNumber
    residual_high: WireNumber
    residual_counts: list[int]


class SamplesPart(TypedDict):
    """The answer to ``show_samples``."""

    output: str
    epoch: int
    true: int | None
    predicted: int | None
    #: Of all that match, the worst 24.
    count: int
    samples: list[Sample]


class Sample(TypedDict):
    """One sample, its prediction and what it looks like."""

    key: str
    #: The row in the validation data; None where it is not known, as in tf.data.
    index: int | None
    #: Code that fetches it, such as ``x_test[2135]``; "" where it is not known.
    code: str
    #: As text for people: "4", "cat", "12.3".
    true: str
    predicted: str
    #: The predicted class is the true one; None where that has no meaning.
    right: bool | None
    #: Of the predicted class; None without classes.
    probability: WireNumber | None
    loss: WireNumber
    #: What it looks like; None where the inputs are not of a known kind.
    looks: Looks | None


class Looks(TypedDict):
    """What a sample looks like, by kind; texts are text, never HTML."""

    kind: Literal["picture", "text", "row", "series", "sound", "values"]
    #: picture: hash among ``pictures``.
    picture: NotRequired[str]
    #: text; values: shape, least, greatest, middle slice in words.
    text: NotRequired[str]
    #: row: (name, value, unusual): unusual marks more than 3 standard deviations.
    row: NotRequired[list[tuple[str, str, bool]]]
    #: How many values the row has, if only some are sent.
    row_count: NotRequired[int]
    #: series, sound: lines of values, of equal length.
    series: NotRequired[list[list[WireNumber]]]
    #: sound: Hz.
    sample_rate: NotRequired[int]
    #: The output beside it: a picture or mask (image to image, segmentation), or lines (forecast).
    true_picture: NotRequired[str]
    predicted_picture: NotRequired[str]
    true_series: NotRequired[list[list[WireNumber]]]
    predicted_series: NotRequired[list[list[WireNumber]]]
    #: Boxes as (left, top, right, bottom, class name, score or None), as shares of the picture.
    true_boxes: NotRequired[list[tuple[float, float, float, float, str, float | None]]]
    predicted_boxes: NotRequired[list[tuple[float, float, float, float, str, float | None]]]


class SampleDetails(TypedDict):
    """The answer to ``show_sample`` and ``explain``: the sample at large."""

    sample: Sample
    #: The most probable classes, five at most: (name, probability).
    top: list[tuple[str, WireNumber]]
    #: (epoch, predicted, loss) in each epoch in which it was seen.
    history: list[tuple[int, str, WireNumber]]
    #: After ``explain``: what it shows, and a heat map as a picture, or the share of each value.
    explanation: NotRequired[Explanation]


class Explanation(TypedDict):
    """Why the model predicted it: which parts of the input count."""

    method: Literal["grad_cam", "occlusion", "integrated_gradients"]
    text: Message
    picture: NotRequired[str]
    #: One number a token, column or time step, from −1 to 1.
    shares: NotRequired[list[WireNumber]]


class LayersPart(TypedDict):
    """A reading of the layers' weights."""

    state: State
    reason: Message | None
    step: int
    #: What is wrong, worst first.
    findings: list[Finding]
    layers: list[LayerReading]
    #: Whether gradients and activations can be measured, and the reason if not.
    measure: Literal["available", "preparing", "measured", "off"]
    measure_reason: Message | None


class LayerReading(TypedDict):
    """One layer with variables. Numbers are from a sample of ``sampled`` of its ``size`` values."""

    name: str
    class_name: str
    size: int
    sampled: int
    norm: WireNumber
    #: Of the last readings, oldest first, for a sparkline.
    norm_history: list[WireNumber]
    #: ‖change‖ / ‖weights‖ of one step; None before two readings.
    update: WireNumber | None
    #: RMS, as Adam or RMSprop remember it; None for other optimizers.
    gradient: WireNumber | None
    zeros: WireNumber
    #: 64 bins between ``low`` and ``high``, the latest reading last, 30 at most; 0…255 each.
    low: WireNumber
    high: WireNumber
    histograms_u8: str
    #: Measured on demand: root mean square of the gradient; mean, standard deviation and the share
    #: of zeros of the activation; share of units that are zero for every sample.
    measured: NotRequired[Measured]


class Measured(TypedDict):
    gradient: WireNumber | None
    mean: WireNumber
    deviation: WireNumber
    zeros: WireNumber
    dead: WireNumber


Level = Literal["error", "warning", "hint"]


class Finding(TypedDict):
    """Something that is wrong, or might be."""

    id: str
    level: Level
    title: str
    text: str
    #: Where: a layer's name, or the argument of compile or fit; "" for the data.
    where: str
    #: The line that fetches the rows, or the line to change; "" without one.
    code: str
    #: The first rows that it is about.
    rows: list[int]
    #: Of all rows that it is about.
    row_count: int


class DataPart(TypedDict):
    """What was found in the data of a fit."""

    state: State
    reason: Message | None
    #: What was looked at, such as "first 8 batches"; None for all.
    part_of: Message | None
    findings: list[Finding]
    dismissed: int
    #: A row a class; None without classes.
    balance: Balance | None
    inputs: list[ValueRange]
    #: 12 at most.
    samples: list[Sample]


class Balance(TypedDict):
    names: list[str]
    training: list[int]
    validation: list[int] | None


class ValueRange(TypedDict):
    """What one input or target holds."""

    name: str
    shape: list[int | None]
    dtype: str
    split: Literal["training", "validation"]
    low: WireNumber
    high: WireNumber
    mean: WireNumber
    deviation: WireNumber
    nan: int
    infinite: int
