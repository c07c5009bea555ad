"""Parses an object written in words, "dense 128 relu": its class, then its arguments."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Final

from kwidgets.builder import catalog, fields
from kwidgets.builder.protocol import Entry, Parameter
from kwidgets.builder.quick_add.class_names import (
    QuickError,
    checked_object,
    keys_by_name,
    normalize,
    unknown_class_error,
)
from kwidgets.builder.spec import ObjectSpec, Value
from kwidgets.language import t

# Returns the value of a text in a form field; raises FieldError.
FieldReader = Callable[[Parameter, str], Value]

# Words that mean two layers.
_TWO_LAYERS: Final = {"bilstm": ["bidirectional", "lstm"], "bigru": ["bidirectional", "gru"]}

_NUMERIC: Final = ("int", "ints", "float", "numbers", "shape", "python")
_NEGATIONS: Final = ("no", "not", "without")
_BOOL_WORDS: Final = {"true": True, "false": False, "on": True, "off": False}
# The minimum number of first letters by which an argument is found.
_MIN_ARGUMENT_LETTERS: Final = 3
# The minimum number of first letters by which a class is found.
_MIN_CLASS_LETTERS: Final = 3
_MAX_CLASS_WORDS: Final = 4


def read_words(tokens: list[str], section: str, read_field: FieldReader) -> ObjectSpec:
    """Return the object that words describe, its arguments read by ``read_field``.

    Raises:
        QuickError: there is no such class, or a word fits no argument.
    """
    tokens = _TWO_LAYERS.get(normalize(tokens[0]), tokens[:1]) + tokens[1:]
    key, used = _find_class(tokens, section)
    known = catalog.catalog()
    if key is None:
        word = tokens[0].lower()
        if section == "layers" and word in known.activations and len(tokens) == 1:
            return ObjectSpec("keras.layers.Activation", {"activation": word})
        raise unknown_class_error(tokens[0], section)
    entry = known.entries[key]
    arguments, problem = _read_arguments(entry, tokens[used:], read_field)
    if problem is not None:
        raise problem
    return checked_object(entry, arguments)


def _find_class(tokens: list[str], section: str) -> tuple[str | None, int]:
    """Return the class that the first words name, and how many words those are."""
    keys = catalog.catalog().sections[section]
    names = keys_by_name(section)
    words = [normalize(token) for token in tokens[:_MAX_CLASS_WORDS] if _is_word(token)]
    if len(words) < min(len(tokens), 1):
        return None, 0
    starts = count_leading_words(tokens)
    for count in range(starts, 0, -1):
        found = names.get("".join(words[:count]))
        if found is not None:
            return found, count
    if words and words[0] in catalog.catalog().activations:
        return None, 0
    for count in range(starts, 0, -1):
        start = "".join(words[:count])
        if len(start) >= _MIN_CLASS_LETTERS:
            fitting = [key for key in keys if normalize(catalog.short_name(key)).startswith(start)]
            if fitting:
                return fitting[0], count
    return None, 0


def count_leading_words(tokens: list[str]) -> int:
    """Return how many tokens at the start may belong to the name of the class."""
    count = 0
    for token in tokens[:_MAX_CLASS_WORDS]:
        if not _is_word(token):
            break
        count += 1
    return count


def _is_word(token: str) -> bool:
    """Whether a token may be part of a class's name: "max", "2d", but not "32" or "a=1"."""
    return re.fullmatch(r"[A-Za-z][\w.>-]*|[123][dD]", token) is not None


def tokenize(text: str) -> list[str]:
    """Split a text at white space outside brackets and quotes and not beside "," or "="."""
    text = re.sub(r"\s*([=,])\s*", r"\1", text.strip())
    return re.findall(
        r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\]|\"[^\"]*\"|'[^']*'|\S)+", text
    )


def _read_arguments(
    entry: Entry, tokens: list[str], read_field: FieldReader
) -> tuple[dict[str, Value], QuickError | fields.FieldError | None]:
    """Read the words after the class; return the arguments, and the first problem if any."""
    reader = ArgumentReader(entry, read_field)
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


class ArgumentReader:
    """Assigns words to the arguments of one class."""

    def __init__(self, entry: Entry, read_field: FieldReader) -> None:
        self.entry = entry
        self._read_field = read_field
        self.arguments: dict[str, Value] = {}

    def take(self, tokens: list[str]) -> int:
        """Assign the first word, or several, to an argument; return how many.

        A word with commas may be split, in ``tokens`` itself.

        Raises:
            QuickError, FieldError: the first word fits no argument.
        """
        nested = self._first_free(
            lambda p: p["required"] and p["field"] == "object" and "=" not in tokens[0]
        )
        if nested is not None:
            return self._take_nested(nested, tokens)
        parts = _split_at_commas(tokens[0])
        if not all(_is_numeric(part) for part in parts):
            tokens[:1] = parts  # "128,relu"
        token = tokens[0]
        for take in (
            self._take_keyword,
            self._take_bool,
            self._take_name_and_value,
            self._take_numbers,
            self._take_value_word,
        ):
            taken = take(tokens[0], tokens)
            if taken:
                return taken
        raise QuickError(
            t("%1 does not use %2. %3", self.entry["name"], repr(token), self._hint(token))
        )

    def _hint(self, token: str) -> str:
        free = self._free()
        words = [p["name"] for p in free]
        words += [str(choice) for p in free for choice in p.get("choices", ())]
        if any(p["field"] == "activation" for p in free):
            words += catalog.catalog().activations
        near = difflib.get_close_matches(token.lower(), words, n=1, cutoff=0.75)
        if near:
            return fields.did_you_mean(near)
        basic = [p["name"] for p in free if p["basic"]]
        if not basic:
            return t("All required arguments are set.")
        return t("Other arguments: %1.", ", ".join(basic))

    def take_completion(self, start: str) -> bool:
        """Assign the shortest word that starts like this; return whether there is one."""
        if len(start) < 2:
            return False
        words = list(catalog.catalog().activations)
        for parameter in self._free():
            words += [str(choice) for choice in parameter.get("choices", ())]
        for word in sorted(words, key=len):
            if word.startswith(start.lower()) and self._take_value_word(word, [word]):
                return True
        return False

    def _free(self) -> list[Parameter]:
        return [p for p in self.entry["parameters"] if p["name"] not in self.arguments]

    def _first_free(self, fits: Callable[[Parameter], bool]) -> Parameter | None:
        return next((p for p in self._free() if fits(p)), None)

    def _take_nested(self, parameter: Parameter, tokens: list[str]) -> int:
        # "bidirectional lstm 64 merge_mode=sum": the wrapper's own arguments are named.
        own = {p["name"] for p in self.entry["parameters"]}
        inner = [token for token in tokens if token.partition("=")[0] not in own]
        outer = [token for token in tokens if token not in inner]
        if not inner:
            raise QuickError(t("%1 requires a %2", self.entry["name"], parameter["name"]))
        self.arguments[parameter["name"]] = self._read_field(parameter, " ".join(inner))
        for token in outer:
            self._take_keyword(token, [token])
        return len(tokens)

    def _take_keyword(self, token: str, tokens: list[str]) -> int:
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
        value = self._read_field(parameter, text.strip("'\"") if quoted else text)
        if value is not fields.DEFAULT:
            self.arguments[chosen] = value
        return 1

    def _take_bool(self, token: str, tokens: list[str]) -> int:
        """Take "return_sequences", "return sequences", "no bias"."""
        negative = token.lower() in _NEGATIONS
        words = tokens[1:] if negative else tokens
        for count in (3, 2, 1):
            word = normalize("".join(words[:count]))
            if len(words) < count or not word:
                continue
            joined = word.removeprefix("no") if not negative else word
            for parameter in self._free():
                name = normalize(parameter["name"])
                if parameter["field"] != "bool":
                    continue
                if word in {name, name.removeprefix("use")}:
                    stated = _BOOL_WORDS.get(words[count].lower()) if len(words) > count else None
                    self.arguments[parameter["name"]] = (stated is not False) != negative
                    return count + negative + (stated is not None)
                if joined != word and joined in {name, name.removeprefix("use")}:
                    self.arguments[parameter["name"]] = False
                    return count
        return 0

    def _take_name_and_value(self, token: str, tokens: list[str]) -> int:
        """Take "strides 2", "padding same", "dilation rate 2"."""
        for count in (3, 2, 1):
            word = normalize("".join(tokens[:count]))
            if len(tokens) < count or len(word) < _MIN_ARGUMENT_LETTERS:
                continue
            for parameter in self._free():
                name = normalize(parameter["name"])
                if not name.startswith(word) or parameter["field"] == "bool":
                    continue
                if len(tokens) == count:
                    if name == word and self._take_value_word(token, tokens) == 0:
                        raise QuickError(t("%1 requires a value after it", parameter["name"]))
                    continue
                try:
                    value = self._read_field(parameter, tokens[count])
                except (QuickError, fields.FieldError):
                    if name == word:
                        raise
                    continue
                if value is not fields.DEFAULT:
                    self.arguments[parameter["name"]] = value
                return count + 1
        return 0

    def _take_numbers(self, token: str, tokens: list[str]) -> int:
        open_shape = token.lower() == "none" and self._first_free(
            lambda p: p["basic"] and p["field"] == "shape"
        )
        if not _is_numeric(token) and not open_shape:
            return 0
        first: fields.FieldError | None = None
        for parameter in self._free():
            if not parameter["basic"] or parameter["field"] not in _NUMERIC:
                continue
            taken = 1
            parts = _split_at_commas(tokens[0])
            if parameter["field"] in ("int", "float") and len(parts) > 1:
                thousands = re.fullmatch(r"\d{1,3}(,\d{3})+", tokens[0])
                tokens[:1] = ["".join(parts)] if thousands else parts  # "10,000", "32,3"
            if parameter["field"] == "shape":
                # "reshape 7 7 64"
                while taken < len(tokens) and (
                    _is_numeric(tokens[taken]) or tokens[taken].lower() == "none"
                ):
                    taken += 1
            try:
                value = self._read_field(parameter, " ".join(tokens[:taken]))
            except fields.FieldError as error:
                first = first or error
                if parameter["required"]:
                    # Otherwise the next arguments would get the numbers meant for this one.
                    break
            else:
                self.arguments[parameter["name"]] = value
                return taken
        if first is not None:
            raise first
        return 0

    def _take_value_word(self, token: str, tokens: list[str]) -> int:
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
                self.arguments[parameter["name"]] = self._read_field(parameter, word)
                return 1
        return 0


def _split_at_commas(token: str) -> list[str]:
    """Return the parts between commas; one part if the token has brackets, quotes or "="."""
    if re.search(r"[()\[\]\"'=]", token):
        return [token]
    return [part for part in token.split(",") if part] or [token]


def _is_numeric(token: str) -> bool:
    return re.match(r"[+-]?\.?\d|[(\[]", token) is not None
