"""Define the messages between the kernel and the views of a builder.

The envelope is that of ``kwidgets.protocol``. The TypeScript mirror is
``labextension/src/builder/protocol.ts``; ``tests/golden/builder.json`` holds an example of each
message and is parsed by both test suites.

The kernel owns the state; a view keeps only its own (the selected layer, the open tab, text being
typed). An ``update`` carries each changed section as a whole, and of the layers only those that
changed. A view that sees a gap in ``sequence`` sends ``resync`` and gets a ``snapshot`` in reply.

**Values** of arguments are JSON, with these additions, each an object with a distinctive key:

- ``{"class_name": key, "arguments": {name: Value}}``: an object of Keras or of the user;
- ``{"reference": id, "text": str}``: a Python object without a plain form, such as a function: it
  can be shown, kept or reset;
- ``{"mapping": {str: Value}}``: a dict;
- ``{"number": "NaN" | "Infinity" | "-Infinity"}``.

Tuples and lists are both arrays. ``arguments`` hold explicit arguments only: an absent argument has
the default that the catalog shows.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

MIME_TYPE: Final = "application/vnd.kwidgets.builder+json"

# Kinds that the kernel sends.
SNAPSHOT: Final = "snapshot"
UPDATE: Final = "update"
REPLY: Final = "reply"
# Kinds that a view sends. Each gets a reply with the same id; resync gets a snapshot.
EDIT: Final = "edit"
SEARCH: Final = "search"
TRAIN: Final = "train"
REFRESH: Final = "refresh"
RESET: Final = "reset"
BUNDLE: Final = "bundle"
# Asks for the key of the model (kwidgets.model_keys), which is made if there is none.
MODEL: Final = "model"
RESYNC: Final = "resync"

KERNEL_KINDS: Final = (SNAPSHOT, UPDATE, REPLY)
VIEW_KINDS: Final = (EDIT, SEARCH, TRAIN, REFRESH, RESET, BUNDLE, MODEL, RESYNC)

# Values of an edit's `target` besides a layer's uid.
INPUT: Final = "input"
COMPILE: Final = "compile"
FIT: Final = "fit"

Value = Any
Shape = list[int | None]

# The kind of field for a parameter.
FieldKind = Literal[
    "activation",  # one of the catalog's activations
    "bool",
    "choice",  # one of `choices`
    "data",  # a variable of the state's data: {"variable": name}
    "dtype",  # one of `choices`, or another dtype as text
    "float",
    "int",
    "ints",  # one int, or several separated by commas
    "numbers",  # one number, or several separated by commas
    "object",  # an object of the catalog's `section`
    "objects",  # a list of such objects
    "python",  # any Python literal
    "reference",  # a Python object: shown, not edited
    "shape",  # ints and None separated by commas
    "text",
    "texts",  # texts separated by commas
]

LayerStatus = Literal[
    "ok",
    "error",  # this layer has a problem: see `error`
    "blocked",  # an earlier layer has an error
    "off",  # disabled by the user
    "unknown",  # no input shape yet
]


class Parameter(TypedDict):
    """One field of a form."""

    name: str
    field: FieldKind
    required: bool
    default: Value
    # Whether the field may be empty, which means None.
    nullable: bool
    # Shown at first; the others are behind "More".
    basic: bool
    help: str
    choices: NotRequired[list[Any]]
    # Of `object` and `objects`. Another kind of field accepts an object of this section too.
    section: NotRequired[str]
    minimum: NotRequired[float]


class Entry(TypedDict):
    """A class that the forms offer: a layer, an optimizer, a loss, an initializer …"""

    key: str  # "keras.layers.Dense", or the registered name of a user's class
    name: str  # "Dense"
    group: str  # "Convolution"
    summary: str
    parameters: list[Parameter]
    # Why a Sequential cannot contain it, or "".
    unusable: str


class Template(TypedDict):
    """A stack of layers to start from."""

    name: str
    title: str
    summary: str


class Catalog(TypedDict):
    """The data for all forms. The keys of ``entries`` are in the order of the menus."""

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
    """The problem of a layer."""

    text: str  # for a learner
    detail: str  # Keras's own message
    parameter: str | None  # the field with the mistake, if known


class LayerState(TypedDict):
    """A card of the stack. ``children`` is a list for a nested Sequential, else None."""

    uid: str
    class_name: str  # a key of the catalog's entries
    title: str  # "Dense"
    summary: str  # the main arguments as a short text: "128, relu"
    name: str | None  # the layer's name, if the user has chosen one
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
    # The size of the output for one sample; None if a dimension is unknown.
    output_bytes: int | None
    # Whether the layer has trained or loaded weights, also after the last edit.
    trained: bool


class Totals(TypedDict):
    """Sums over the stack. ``complete`` is False if a layer has an error or an unknown shape."""

    parameters: int
    trainable: int
    weight_bytes: int
    output_shape: Shape | None
    complete: bool


class Advice(TypedDict):
    """A common mistake that was found. ``fix`` is the label of the button to fix it, or None."""

    id: str
    level: Literal["error", "warning", "tip"]
    title: str
    text: str
    target: str | None  # a layer's uid, "input", "compile", "fit"
    fix: str | None


class HistoryState(TypedDict):
    """The labels of the edits to undo and redo ("Add Dense"), or None if there is no edit."""

    undo: str | None
    redo: str | None


class FormState(TypedDict):
    """The Compile or the Fit tab. ``errors`` are by parameter."""

    arguments: dict[str, Value]
    errors: dict[str, str]


class DataState(TypedDict):
    """A variable of the user's namespace that fit can take."""

    name: str
    kind: str  # "NumPy array", "tf.data.Dataset" …
    shape: str  # "(1437, 64)"; for a dataset that of an element
    dtype: str
    # The arguments of fit that it can be: a dataset has inputs and targets.
    roles: list[Literal["x", "y", "dataset"]]


class RunState(TypedDict):
    """The training that the Fit tab starts and shows."""

    # "idle" before the first training, then the status of the live view.
    status: str
    detail: str
    # The model id of the live view's widget, which the builder shows.
    live: str | None
    # Why a training cannot start, or "".
    blocked: str


class Code(TypedDict):
    """The program of the model, and notes on what it lacks."""

    source: str
    notes: list[str]


class State(TypedDict):
    """The state of a builder. An ``update`` has ``sequence`` and some of the other keys."""

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
    """The output that a notebook saves under MIME_TYPE, to be shown without a kernel."""

    v: int
    title: str
    columns: list[str]
    rows: list[list[str]]
    totals: str
    # The program of the model, and the program of a builder like this one, or "".
    code: str
    restore: str
    # The saved output of the last training (kwidgets.live.protocol.MIME_TYPE).
    run: dict[str, Any] | None


class Edit(TypedDict):
    """Payload of ``edit``. The other keys that each action needs:

    - ``add``: ``text`` ("dense 128 relu") or ``class_name`` (with ``arguments``); ``uid``, which
      the view has chosen; ``parent``, None for the stack itself; ``before``, the uid of the layer
      that comes next, None for the end; ``index``, which counts where that one is gone, None for
      the end. The reply's result has ``uid``.
    - ``set``: ``target``; ``path`` to the argument, through nested objects and lists; ``text`` as
      typed, which the kernel reads, or ``value``.
    - ``reset``: ``target`` and ``path``: back to the default. An empty path resets all.
    - ``move``: ``uid``, ``parent``, ``before``, ``index`` counted without the layer that moves.
    - ``remove``: ``uid``.  ``duplicate``: ``uid``, and ``copy``, the uid of the copy.
    - ``enable``: ``uid``, ``enabled``.
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
    before: NotRequired[str | None]
    uid: NotRequired[str]
    copy: NotRequired[str]
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
    """An option of the search field, sent back as an ``add`` with class_name and arguments."""

    class_name: str
    arguments: dict[str, Value]
    title: str  # "Dense"
    detail: str  # "units=128, activation='relu'", or the class's summary
    group: str


class Reply(TypedDict):
    """The outcome of the request with the envelope's id."""

    ok: bool
    message: str  # the error, or a message for the user
    result: NotRequired[dict[str, Any]]
