"""What crosses between a builder's kernel and its views. The envelope is ``kwidgets.protocol``'s.

The TypeScript mirror is ``labextension/src/builder/protocol.ts``; ``tests/golden/builder.json``
holds an example of each message and is parsed by both test suites.

The kernel owns the whole state; a view keeps only what concerns itself (the selected layer, the
tab in front, text being typed). An ``update`` carries the sections that changed, each whole; of the
layers, those that changed. A view that sees a gap in ``sequence`` sends ``resync`` and is answered
with a ``snapshot``.

**Values** of arguments are JSON, with these additions, each an object with one telling key:

- ``{"class_name": key, "arguments": {name: Value}}``: an object of Keras or of the user;
- ``{"reference": id, "text": str}``: a Python object that has no plain form (a function, say): it
  can be shown, kept or reset;
- ``{"mapping": {str: Value}}``: a dict;
- ``{"number": "NaN" | "Infinity" | "-Infinity"}``.

Tuples and lists are both arrays. ``arguments`` hold explicit arguments only: what is absent has the
default that the catalog shows.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

MIME_TYPE: Final = "application/vnd.kwidgets.builder+json"

# What a kernel sends.
SNAPSHOT: Final = "snapshot"
UPDATE: Final = "update"
REPLY: Final = "reply"
# What a view sends; each is answered by a reply with the same id, resync by a snapshot.
EDIT: Final = "edit"
SEARCH: Final = "search"
TRAIN: Final = "train"
REFRESH: Final = "refresh"
RESET: Final = "reset"
BUNDLE: Final = "bundle"
RESYNC: Final = "resync"

KERNEL_KINDS: Final = (SNAPSHOT, UPDATE, REPLY)
VIEW_KINDS: Final = (EDIT, SEARCH, TRAIN, REFRESH, RESET, BUNDLE, RESYNC)

# What `target` of an edit may name besides a layer's uid.
INPUT: Final = "input"
COMPILE: Final = "compile"
FIT: Final = "fit"

Value = Any
Shape = list[int | None]

# How a parameter is entered. `objects` and `layers` are lists of objects.
FieldKind = Literal[
    "activation",  # a name out of the catalog's activations
    "bool",
    "choice",  # one of `choices`
    "data",  # a variable out of the state's data: {"variable": name}
    "dtype",  # one of `choices`, or any other dtype as text
    "float",
    "int",
    "ints",  # one int, or several with commas between them
    "numbers",  # one number, or several with commas between them
    "object",  # an object of the catalog's `section`
    "objects",  # a list of them
    "python",  # any Python literal
    "reference",  # a Python object: shown, not edited
    "shape",  # ints and None with commas between them
    "text",
    "texts",  # several texts with commas between them
]

LayerStatus = Literal[
    "ok",
    "error",  # this layer cannot work as it stands: see `error`
    "blocked",  # an earlier layer has an error
    "off",  # switched off by the user
    "unknown",  # no input shape yet
]


class Parameter(TypedDict):
    """One field of a form."""

    name: str
    field: FieldKind
    required: bool
    default: Value
    # Whether the field may be emptied, which means None.
    nullable: bool
    # Shown at once; the others are behind "More".
    basic: bool
    help: str
    choices: NotRequired[list[Any]]
    # Of `object` and `objects`; on another kind of field: an object of it may stand there instead.
    section: NotRequired[str]
    minimum: NotRequired[float]


class Entry(TypedDict):
    """A class that can be made: a layer, an optimizer, a loss, an initializer …"""

    key: str  # "keras.layers.Dense", or the registered name of a user's class
    name: str  # "Dense"
    group: str  # "Convolution"
    summary: str
    parameters: list[Parameter]
    # Why a Sequential cannot hold it, or "".
    unusable: str


class Template(TypedDict):
    """A starting point."""

    name: str
    title: str
    summary: str


class Catalog(TypedDict):
    """All that forms need to know. Keys of ``entries`` stand in the order they are offered in."""

    keras_version: str
    entries: dict[str, Entry]
    # "layers", "optimizers", "losses", "metrics", "callbacks", "initializers", "regularizers",
    # "constraints", "schedules"
    sections: dict[str, list[str]]
    activations: list[str]
    templates: list[Template]
    # "compile" and "fit"
    forms: dict[str, list[Parameter]]


class LayerError(TypedDict):
    """Why a layer cannot work as it stands."""

    text: str  # for a learner
    detail: str  # Keras's own message
    parameter: str | None  # the field to blame, if one is


class LayerState(TypedDict):
    """One card. ``children`` is a list for a nested Sequential, else None."""

    uid: str
    class_name: str  # a key of the catalog's entries
    title: str  # "Dense"
    summary: str  # the key arguments in few words: "128, relu"
    name: str | None  # Keras's name, where the user has chosen one
    arguments: dict[str, Value]
    enabled: bool
    children: list[str] | None
    status: LayerStatus
    error: LayerError | None
    output_shape: Shape | None
    output_dtype: str | None
    parameters: int | None
    trainable: int | None
    weight_bytes: int | None
    # Of the output, for one sample; None where a dimension is unknown.
    output_bytes: int | None
    # Weights that survived the last edit: the layer was trained or loaded.
    trained: bool


class Totals(TypedDict):
    """The whole stack. ``complete`` is False where a layer is in error or shapes are unknown."""

    parameters: int
    trainable: int
    weight_bytes: int
    output_shape: Shape | None
    complete: bool


class Advice(TypedDict):
    """A common mistake, found; ``fix`` is what a button says that mends it, or None."""

    id: str
    level: Literal["error", "warning", "tip"]
    title: str
    text: str
    target: str | None  # a layer's uid, "input", "compile", "fit"
    fix: str | None


class HistoryState(TypedDict):
    """What undo and redo would do ("Add Dense"), or None where there is nothing to do."""

    undo: str | None
    redo: str | None


class FormState(TypedDict):
    """The Compile and the Fit tab. ``errors`` are by parameter."""

    arguments: dict[str, Value]
    errors: dict[str, str]


class DataState(TypedDict):
    """A variable of the user's namespace that fit could take."""

    name: str
    kind: str  # "NumPy array", "tf.data.Dataset" …
    shape: str  # "(1437, 64)"; of a dataset its element's
    dtype: str
    # For whom: a dataset stands for inputs and targets at once.
    roles: list[Literal["x", "y", "dataset"]]


class RunState(TypedDict):
    """Training out of the Fit tab."""

    # idle: never trained here, or edited since. Else as the live view says it.
    status: str
    detail: str
    # Model id of the live view's widget, drawn inside the builder.
    live: str | None
    # Why Train cannot start, or "".
    blocked: str


class Code(TypedDict):
    """The source of the model, and what it cannot say."""

    source: str
    notes: list[str]


class State(TypedDict):
    """Everything. An ``update`` holds ``sequence`` and some of the other keys."""

    sequence: int
    name: str
    input: LayerState
    order: list[str]
    layers: dict[str, LayerState]
    totals: Totals
    advice: list[Advice]
    history: HistoryState
    compile: FormState
    fit: FormState
    data: list[DataState]
    run: RunState
    code: Code


class Saved(TypedDict):
    """What a notebook keeps of a builder under MIME_TYPE, to be read without a kernel."""

    v: int
    title: str
    columns: list[str]
    rows: list[list[str]]
    totals: str
    # The program of the model, and that of a builder like this one, or "".
    code: str
    restore: str
    # What LivePlot saves of a run (kwidgets.protocol.MIME_TYPE), of the last training.
    run: dict[str, Any] | None


class Edit(TypedDict):
    """Payload of ``edit``. What an action needs besides itself:

    - ``add``: ``text`` ("dense 128 relu") or ``class_name`` (with ``arguments``); ``parent``, None
      for the stack itself; ``index``, None for the end. The reply's result has ``uid``.
    - ``set``: ``target``; ``path`` to the argument, through nested objects and lists; ``text`` as
      typed, which the kernel reads, or ``value``.
    - ``reset``: ``target`` and ``path``: back to the default. An empty path resets all.
    - ``move``: ``uid``, ``parent``, ``index`` counted without the layer that moves.
    - ``duplicate``, ``remove``: ``uid``.  ``enable``: ``uid``, ``enabled``.
    - ``template``: ``name``.  ``fix``: ``advice``.  ``undo``, ``redo``: nothing.
    """

    action: Literal[
        "add",
        "set",
        "reset",
        "move",
        "duplicate",
        "remove",
        "enable",
        "template",
        "fix",
        "undo",
        "redo",
    ]
    text: NotRequired[str]
    class_name: NotRequired[str]
    arguments: NotRequired[dict[str, Value]]
    parent: NotRequired[str | None]
    index: NotRequired[int | None]
    uid: NotRequired[str]
    target: NotRequired[str]
    path: NotRequired[list[str | int]]
    value: NotRequired[Value]
    enabled: NotRequired[bool]
    name: NotRequired[str]
    advice: NotRequired[str]


class Search(TypedDict):
    """Payload of ``search``; its reply's result has ``options``, best first."""

    text: str


class SearchOption(TypedDict):
    """What the search field offers: sent back as an ``add`` with class_name and arguments."""

    class_name: str
    arguments: dict[str, Value]
    title: str  # "Dense"
    detail: str  # "units=128, activation='relu'", or the class's summary
    group: str


class Reply(TypedDict):
    """What came of a request (its id is the envelope's)."""

    ok: bool
    message: str  # why not, or what should be known
    result: NotRequired[dict[str, Any]]
