"""Reads the search field: "dense 128 relu", "conv2d 32 3x3 same", "Dense(128, activation='relu')".

The class comes first, however it is spelled; then its values in any order that is clear, numbers in
the order of the class's arguments. A line of Python is parsed, never run. What is not written is
left to its default, and a required argument that is missing is left out: the card asks for it.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Mapping
from typing import Final

from kwidgets.builder import catalog, fields, guess
from kwidgets.builder.protocol import Entry, Parameter, SearchOption
from kwidgets.builder.spec import SEQUENTIAL, ObjectSpec, Value

# The search field's answer to nothing.
COMMON: Final = (
    "Dense",
    "Conv2D",
    "MaxPooling2D",
    "Flatten",
    "Dropout",
    "BatchNormalization",
    "GlobalAveragePooling2D",
    "LSTM",
    "Embedding",
    "Activation",
    "Rescaling",
    "RandomFlip",
)

# How people call layers besides their names.
SHORT_NAMES: Final = {
    "act": "Activation",
    "averagepool": "AveragePooling2D",
    "averagepooling": "AveragePooling2D",
    "avgpool": "AveragePooling2D",
    "batchnorm": "BatchNormalization",
    "block": "Sequential",
    "bn": "BatchNormalization",
    "brightness": "RandomBrightness",
    "contrast": "RandomContrast",
    "conv": "Conv2D",
    "convlstm": "ConvLSTM2D",
    "convolution": "Conv2D",
    "convtranspose": "Conv2DTranspose",
    "crop": "Cropping2D",
    "cropping": "Cropping2D",
    "deconv": "Conv2DTranspose",
    "depthwise": "DepthwiseConv2D",
    "depthwiseconv": "DepthwiseConv2D",
    "do": "Dropout",
    "drop": "Dropout",
    "dwconv": "DepthwiseConv2D",
    "emb": "Embedding",
    "fc": "Dense",
    "flip": "RandomFlip",
    "fullyconnected": "Dense",
    "gap": "GlobalAveragePooling2D",
    "globalaveragepooling": "GlobalAveragePooling2D",
    "globalavgpool": "GlobalAveragePooling2D",
    "globalmaxpool": "GlobalMaxPooling2D",
    "globalmaxpooling": "GlobalMaxPooling2D",
    "gmp": "GlobalMaxPooling2D",
    "groupnorm": "GroupNormalization",
    "input": "InputLayer",
    "layernorm": "LayerNormalization",
    "ln": "LayerNormalization",
    "lrelu": "LeakyReLU",
    "maxpool": "MaxPooling2D",
    "maxpooling": "MaxPooling2D",
    "mha": "MultiHeadAttention",
    "noise": "GaussianNoise",
    "pad": "ZeroPadding2D",
    "padding": "ZeroPadding2D",
    "pool": "MaxPooling2D",
    "pooling": "MaxPooling2D",
    "repeat": "RepeatVector",
    "resize": "Resizing",
    "rescale": "Rescaling",
    "rmsnorm": "RMSNormalization",
    "rotate": "RandomRotation",
    "rotation": "RandomRotation",
    "separable": "SeparableConv2D",
    "separableconv": "SeparableConv2D",
    "sepconv": "SeparableConv2D",
    "spatialdropout": "SpatialDropout2D",
    "td": "TimeDistributed",
    "translation": "RandomTranslation",
    "upsample": "UpSampling2D",
    "upsampling": "UpSampling2D",
    "vectorize": "TextVectorization",
    "zeropad": "ZeroPadding2D",
    "zeropadding": "ZeroPadding2D",
    "zoom": "RandomZoom",
}
# Words that stand for two.
_PAIRS: Final = {"bilstm": ["bidirectional", "lstm"], "bigru": ["bidirectional", "gru"]}

_NUMERIC: Final = ("int", "ints", "float", "numbers", "shape", "python")
_NO: Final = ("no", "not", "without")
# Classes are found by their first letters from this many on.
_SHORTEST_START: Final = 3
_LONGEST_CLASS: Final = 4


class QuickError(ValueError):
    """The text is not understood. The message says what is near, or what would fit."""


def parse(text: str) -> ObjectSpec:
    """Return the layer that a text describes.

    Raises:
        QuickError: there is no such layer, a value fits nowhere, or a Sequential cannot hold it.
    """
    found = read_object(text, "layers")
    if not isinstance(found, ObjectSpec):
        raise QuickError(f"{text!r} is no layer; write one such as dense 128 relu")
    entry = catalog.catalog().entries[found.class_name]
    if entry["unusable"]:
        raise QuickError(f"{entry['name']} cannot be added: {entry['unusable']}")
    return found


def read_object(text: str, section: str) -> Value:
    """Return the object of a section that a text describes; a metric's own text stays a text.

    Raises:
        QuickError: there is none, or a value fits nowhere.
    """
    text = text.strip().rstrip(",;")
    if not text:
        raise QuickError(f"nothing is written; write one of the {section}")
    if re.match(r"[A-Za-z_][\w.>]*\(", text):
        return _read_python(text, section)
    if section != "layers" and re.fullmatch(r"[\w.>'\"]+", text):
        return _read_name(text.strip("'\""), section)
    return _read_words(_tokens(text), section)


def search(text: str, limit: int = 12) -> list[SearchOption]:
    """Return what the search field offers for a text that is still being typed, best first."""
    known = catalog.catalog()
    if not text.strip():
        names = {catalog.short_name(key): key for key in reversed(known.sections["layers"])}
        return [_option(known.entries[names[name]], {}) for name in COMMON if name in names]
    exact = _parsed(text)
    options = [] if exact is None else [_option(known.entries[exact.class_name], exact.arguments)]
    taken = {option["class_name"] for option in options}
    ranked: list[tuple[float, int, int, SearchOption]] = []
    tokens = _tokens(text)
    for place, key in enumerate(known.sections["layers"]):
        if key in taken:
            continue
        score, used = _best_score(tokens, key)
        if score is not None:
            entry = known.entries[key]
            arguments, missed = _fitting(entry, tokens[used:])
            score += 1.0 if entry["unusable"] else 0.0
            ranked.append((score, missed, place, _option(entry, arguments)))
    ranked.sort(key=lambda one: one[:3])
    for activation in known.activations:
        if len(tokens[0]) > 1 and activation.startswith(tokens[0].lower()):
            entry = known.entries["keras.layers.Activation"]
            if "keras.layers.Activation" not in taken:
                place = 0 if not ranked else len(ranked)
                ranked.insert(min(place, 2), (0, 0, 0, _option(entry, {"activation": activation})))
            break
    return (options + [option for *_, option in ranked])[:limit]


# Python text.


def _read_python(text: str, section: str) -> ObjectSpec:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise QuickError(
            f"{text!r} is not complete Python: check its brackets and quotes, "
            "or write words such as dense 128 relu"
        ) from None
    if not isinstance(tree, ast.Call):
        raise QuickError(f"{text!r} makes no object; write a call such as Dense(128)")
    if isinstance(tree.func, ast.Call):
        # Dense(10)(x), as models with branches write it.
        tree = tree.func
    name = _dotted(tree.func)
    if name.endswith(".add") and len(tree.args) == 1 and isinstance(tree.args[0], ast.Call):
        # model.add(Dense(10))
        tree = tree.args[0]
    return _of_call(tree, section)


def _of_call(call: ast.Call, section: str) -> ObjectSpec:
    name = _dotted(call.func)
    key = _resolve_name(name, section)
    if key is None:
        raise _unknown(catalog.short_name(name), section)
    entry = catalog.catalog().entries[key]
    parameters = entry["parameters"]
    if key == SEQUENTIAL and (call.args or any(k.arg == "layers" for k in call.keywords)):
        raise QuickError("a block is added empty: write block, then put its layers into it")
    if len(call.args) > len(parameters):
        names = ", ".join(parameter["name"] for parameter in parameters) or "nothing"
        raise QuickError(
            f"{entry['name']} takes {names}; got {len(call.args)} values without a name"
        )
    given: dict[str, ast.expr] = {}
    for parameter, value in zip(parameters, call.args, strict=False):
        given[parameter["name"]] = value
    for keyword in call.keywords:
        if keyword.arg is None:
            raise QuickError(f"{entry['name']}: **{ast.unparse(keyword.value)} cannot be read here")
        if keyword.arg in given:
            raise QuickError(f"{entry['name']} is given {keyword.arg} twice: keep one of them")
        given[keyword.arg] = keyword.value
    return _made(entry, {name: _of_literal(name, value) for name, value in given.items()})


def _of_literal(name: str, node: ast.expr) -> Value:
    if isinstance(node, ast.Call):
        return _of_call_anywhere(node)
    if isinstance(node, ast.Attribute) and node.attr in (
        *catalog.catalog().activations,
        *guess.DTYPES,
    ):
        # keras.activations.relu, tf.float32
        return node.attr
    if isinstance(node, (ast.List, ast.Tuple)):
        return tuple(_of_literal(name, item) for item in node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        above, below = _of_literal(name, node.left), _of_literal(name, node.right)
        if isinstance(above, (int, float)) and isinstance(below, (int, float)) and below:
            return above / below
    try:
        return ast.literal_eval(node)
    except (TypeError, ValueError, MemoryError, RecursionError):
        raise QuickError(
            f"{name}={ast.unparse(node)} is not a plain value; write numbers, texts or layers "
            "here, and set Python objects in code"
        ) from None


def _of_call_anywhere(call: ast.Call) -> ObjectSpec:
    name = _dotted(call.func)
    for section in (*catalog.SECTIONS, "cells"):
        if _resolve_name(name, section) is not None:
            return _of_call(call, section)
    raise _unknown(catalog.short_name(name), "layers")


def _dotted(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise QuickError(f"{ast.unparse(node)!r} is no class; write a call such as Dense(128)")
    return ".".join([node.id, *reversed(parts)])


def _resolve_name(name: str, section: str) -> str | None:
    """Return the key of a class by its name in Python, where modules may be left out."""
    known = catalog.catalog()
    key = known.aliases.get(name, name)
    if key in known.sections[section]:
        return key
    parts = name.split(".")
    if len(parts) > 2 and parts[-2] != section:
        # keras.losses.Poisson among the metrics.
        return None
    return catalog.resolve_identifier(parts[-1], section)


# Words.


def _read_name(text: str, section: str) -> Value:
    key = catalog.resolve_identifier(text, section)
    if section == "metrics" and (key is not None or text in catalog.ACCURACY_TEXTS):
        return text
    if key is not None:
        return ObjectSpec(key)
    return _read_words([text], section)


def _read_words(tokens: list[str], section: str) -> ObjectSpec:
    tokens = _PAIRS.get(_simple(tokens[0]), tokens[:1]) + tokens[1:]
    key, used = _find_class(tokens, section)
    known = catalog.catalog()
    if key is None:
        word = tokens[0].lower()
        if section == "layers" and word in known.activations and len(tokens) == 1:
            return ObjectSpec("keras.layers.Activation", {"activation": word})
        raise _unknown(tokens[0], section)
    entry = known.entries[key]
    arguments, problem = _arguments(entry, tokens[used:])
    if problem is not None:
        raise problem
    return _made(entry, arguments)


def _find_class(tokens: list[str], section: str) -> tuple[str | None, int]:
    """Return the class that the first words name, and how many words those are."""
    keys = catalog.catalog().sections[section]
    names = _names(section)
    words = [_simple(token) for token in tokens[:_LONGEST_CLASS] if _is_word(token)]
    if len(words) < min(len(tokens), 1):
        return None, 0
    starts = _leading_words(tokens)
    for count in range(starts, 0, -1):
        found = names.get("".join(words[:count]))
        if found is not None:
            return found, count
    if words and words[0] in catalog.catalog().activations:
        return None, 0
    for count in range(starts, 0, -1):
        start = "".join(words[:count])
        if len(start) >= _SHORTEST_START:
            fitting = [key for key in keys if _simple(catalog.short_name(key)).startswith(start)]
            if fitting:
                return fitting[0], count
    return None, 0


def _leading_words(tokens: list[str]) -> int:
    count = 0
    for token in tokens[:_LONGEST_CLASS]:
        if not _is_word(token):
            break
        count += 1
    return count


def _is_word(token: str) -> bool:
    """Whether a token may be part of a class's name: "max", "2d", but not "32" or "a=1"."""
    return re.fullmatch(r"[A-Za-z][\w.>-]*|[123][dD]", token) is not None


def _names(section: str) -> dict[str, str]:
    """Return all that the classes of a section are called, simplified, and their keys."""
    known = catalog.catalog()
    keys = known.sections[section]
    found = {
        _simple(catalog.short_name(alias)): key
        for alias, key in known.aliases.items()
        if key in keys
    }
    found.update({_simple(catalog.short_name(key)): key for key in reversed(keys)})
    found.update({_simple(key): key for key in keys})
    if section == "layers":
        for short, name in SHORT_NAMES.items():
            key = found.get(_simple(name))
            if key is not None:
                found.setdefault(short, key)
    return found


def _simple(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _tokens(text: str) -> list[str]:
    """Split at white space, but not in brackets or quotes, nor around a comma or an equals sign."""
    text = re.sub(r"\s*([=,])\s*", r"\1", text.strip())
    return re.findall(
        r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\]|\"[^\"]*\"|'[^']*'|\S)+", text
    )


def _arguments(
    entry: Entry, tokens: list[str]
) -> tuple[dict[str, Value], QuickError | fields.FieldError | None]:
    """Read the words after the class; return what was understood, and the first problem."""
    reader = _Reader(entry)
    problem: QuickError | fields.FieldError | None = None
    rest = list(tokens)
    while rest:
        try:
            taken = reader.take(rest)
        except (QuickError, fields.FieldError) as error:
            problem = problem or QuickError(str(error))
            taken = 1
        rest = rest[taken:]
    return reader.arguments, problem


class _Reader:
    """Gives words to the arguments of one class."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.arguments: dict[str, Value] = {}

    def take(self, tokens: list[str]) -> int:
        """Give the first of the words, or several, to an argument; return how many.

        Raises:
            QuickError, FieldError: no argument can have it.
        """
        nested = self._next(
            lambda p: p["required"] and p["field"] == "object" and "=" not in tokens[0]
        )
        if nested is not None:
            return self._take_nested(nested, tokens)
        token = tokens[0]
        for take in (self._take_named, self._take_flag, self._take_numbers, self._take_word):
            taken = take(token, tokens)
            if taken:
                return taken
        free = [p["name"] for p in self._free() if p["basic"]]
        hint = f"it still takes {', '.join(free)}" if free else "all it needs is set"
        raise QuickError(f"{self.entry['name']} has no use for {token!r}; {hint}")

    def complete(self, start: str) -> bool:
        """Give an argument the word that starts like this; say whether there is one."""
        if len(start) < 2:
            return False
        words = list(catalog.catalog().activations)
        for parameter in self._free():
            words += [str(choice) for choice in parameter.get("choices", ())]
        for word in sorted(words, key=len):
            if word.startswith(start.lower()) and self._take_word(word, [word]):
                return True
        return False

    def _free(self) -> list[Parameter]:
        return [p for p in self.entry["parameters"] if p["name"] not in self.arguments]

    def _next(self, fits: Callable[[Parameter], bool]) -> Parameter | None:
        return next((p for p in self._free() if fits(p)), None)

    def _take_nested(self, parameter: Parameter, tokens: list[str]) -> int:
        # "bidirectional lstm 64 merge_mode=sum": the wrapper's own arguments are named.
        own = {p["name"] for p in self.entry["parameters"]}
        inner = [token for token in tokens if token.partition("=")[0] not in own]
        outer = [token for token in tokens if token not in inner]
        if not inner:
            raise QuickError(f"{self.entry['name']} needs a {parameter['name']}")
        section = parameter.get("section", "layers")
        self.arguments[parameter["name"]] = fields.check(
            parameter, read_object(" ".join(inner), section)
        )
        for token in outer:
            self._take_named(token, [token])
        return len(tokens)

    def _take_named(self, token: str, tokens: list[str]) -> int:
        name, equals, text = token.partition("=")
        if not equals or not name.isidentifier():
            return 0
        names = [p["name"] for p in self.entry["parameters"]]
        near = [one for one in names if one.startswith(name.lower())]
        chosen = name if name in names else near[0] if near and len(name) > 1 else None
        if chosen is None:
            raise QuickError(fields.unknown_argument(self.entry["name"], name, names))
        parameter = next(p for p in self.entry["parameters"] if p["name"] == chosen)
        quoted = parameter["field"] == "text"
        value = fields.read(parameter, text.strip("'\"") if quoted else text)
        if value is not fields.DEFAULT:
            self.arguments[chosen] = value
        return 1

    def _take_flag(self, token: str, tokens: list[str]) -> int:
        """Take "return_sequences", "return sequences", "no bias"."""
        negative = token.lower() in _NO
        words = tokens[1:] if negative else tokens
        for count in (3, 2, 1):
            word = _simple("".join(words[:count]))
            if len(words) < count or not word:
                continue
            joined = word.removeprefix("no") if not negative else word
            for parameter in self._free():
                name = _simple(parameter["name"])
                if parameter["field"] != "bool":
                    continue
                if word in {name, name.removeprefix("use")}:
                    self.arguments[parameter["name"]] = not negative
                    return count + negative
                if joined != word and joined in {name, name.removeprefix("use")}:
                    self.arguments[parameter["name"]] = False
                    return count
        return 0

    def _take_numbers(self, token: str, tokens: list[str]) -> int:
        open_shape = token.lower() == "none" and self._next(
            lambda p: p["basic"] and p["field"] == "shape"
        )
        if not _is_numeric(token) and not open_shape:
            return 0
        first: fields.FieldError | None = None
        for parameter in self._free():
            if not parameter["basic"] or parameter["field"] not in _NUMERIC:
                continue
            taken = 1
            if parameter["field"] == "shape":
                # "reshape 7 7 64"
                while taken < len(tokens) and (
                    _is_numeric(tokens[taken]) or tokens[taken].lower() == "none"
                ):
                    taken += 1
            try:
                value = fields.read(parameter, " ".join(tokens[:taken]))
            except fields.FieldError as error:
                first = first or error
            else:
                self.arguments[parameter["name"]] = value
                return taken
        if first is not None:
            raise first
        return 0

    def _take_word(self, token: str, tokens: list[str]) -> int:
        word = token.strip("'\"")
        free = self._free()
        known = catalog.catalog()
        for parameter in free:
            if parameter["field"] == "activation" and word.lower() in known.activations:
                self.arguments[parameter["name"]] = word.lower()
                return 1
        for parameter in free:
            if parameter["field"] in {"choice", "dtype"}:
                choices = {str(choice).lower(): choice for choice in parameter.get("choices", ())}
                if word.lower() in choices:
                    self.arguments[parameter["name"]] = choices[word.lower()]
                    return 1
        order = {"regularizers": 0, "initializers": 1, "constraints": 2}
        objects = [p for p in free if p["field"] == "object" and p.get("section") in order]
        for parameter in sorted(objects, key=lambda p: order[p["section"]]):
            key = catalog.resolve_identifier(word, parameter["section"])
            if key is not None:
                self.arguments[parameter["name"]] = ObjectSpec(key)
                return 1
        for parameter in free:
            if parameter["field"] == "text" and parameter["basic"]:
                self.arguments[parameter["name"]] = word
                return 1
            if parameter["field"] == "activation" and parameter["required"]:
                self.arguments[parameter["name"]] = fields.read(parameter, word)
                return 1
        return 0


def _is_numeric(token: str) -> bool:
    return re.match(r"[+-]?\.?\d|[(\[]", token) is not None


def _made(entry: Entry, arguments: dict[str, Value]) -> ObjectSpec:
    """Return the object, its arguments checked and in the class's order.

    Raises:
        QuickError: an argument is unknown or cannot have that value.
    """
    try:
        checked = fields.check_arguments(ObjectSpec(entry["key"], arguments)).arguments
    except fields.FieldError as error:
        raise QuickError(str(error)) from None
    order = [parameter["name"] for parameter in entry["parameters"]]
    return ObjectSpec(entry["key"], {name: checked[name] for name in order if name in checked})


def _unknown(word: str, section: str) -> QuickError:
    names = _names(section)
    near = difflib.get_close_matches(_simple(word), names, n=6, cutoff=0.6)
    keys = list(dict.fromkeys(names[name] for name in near))[:3]
    shown = [catalog.short_name(key) for key in keys]
    what = "no layer" if section == "layers" else f"none of the {section}"
    listed = [catalog.short_name(key) for key in catalog.catalog().sections[section][:5]]
    hint = f"did you mean {' or '.join(shown)}?" if shown else f"such as {', '.join(listed)}"
    return QuickError(f"{what} is called {word!r}; {hint}")


# Search.


def _parsed(text: str) -> ObjectSpec | None:
    try:
        return parse(text)
    except (QuickError, fields.FieldError):
        return None


def _best_score(tokens: list[str], key: str) -> tuple[float | None, int]:
    """Return how well the first words fit a class (less is better) and how many they are."""
    best: tuple[float | None, int] = (None, 0)
    name = _simple(catalog.short_name(key))
    for count in range(max(_leading_words(tokens), 1), 0, -1):
        word = _simple("".join(tokens[:count]))
        score = _score(word, name) if word else None
        if score is not None and (best[0] is None or score < best[0]):
            best = score, count
    return best


def _score(word: str, name: str) -> float | None:
    if name == word or _simple(SHORT_NAMES.get(word, "")) == name:
        return 0.0
    if name.startswith(word):
        return 1.0
    if len(word) > 1 and word in name:
        return 2.0
    if len(word) > 2 and difflib.SequenceMatcher(None, word, name).ratio() > 0.7:
        return 3.0
    return None


def _fitting(entry: Entry, tokens: list[str]) -> tuple[dict[str, Value], int]:
    """Return the arguments that the words mean to a class, and how many words mean nothing."""
    reader = _Reader(entry)
    missed = 0
    rest = list(tokens)
    while rest:
        try:
            taken = reader.take(rest)
        except (QuickError, fields.FieldError):
            taken = 1
            # The last word may be half typed.
            if len(rest) > 1 or not reader.complete(rest[0]):
                missed += 1
        rest = rest[taken:]
    return reader.arguments, missed


def _option(entry: Entry, arguments: Mapping[str, Value]) -> SearchOption:
    return SearchOption(
        class_name=entry["key"],
        arguments={name: fields.to_wire(value) for name, value in arguments.items()},
        title=entry["name"],
        detail=entry["unusable"] or describe(arguments) or entry["summary"],
        group=entry["group"],
    )


def describe(arguments: Mapping[str, Value]) -> str:
    """Return arguments as they would be written in Python."""
    return ", ".join(f"{name}={_written(value)}" for name, value in arguments.items())


def _written(value: Value) -> str:
    if isinstance(value, ObjectSpec):
        return f"{value.title}({describe(value.arguments)})"
    return repr(value)
