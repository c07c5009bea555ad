"""Find values with which no layer can compute: NaN, infinity, texts, objects, complex numbers."""

from __future__ import annotations

from collections.abc import Iterator

from kwidgets.insight.data.finding import MAX_ROWS, Finding, fetch_line
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.measure import Measured
from kwidgets.language import t

# More columns are not named.
_LISTED = 10


def bad_values(data: LookedAt) -> Iterator[Finding]:
    """NaN and infinite values: one is enough to make the loss and all weights NaN."""
    for name, measured in data.named().items():
        for kind in ("nan", "infinite"):
            if any(getattr(each, kind) for each in measured):
                yield _bad_values(data, name, measured, kind)


def _bad_values(data: LookedAt, name: str, measured: list[Measured], kind: str) -> Finding:
    part = measured[0].part
    count = sum(getattr(each, kind) for each in measured)
    rows = tuple(row for each in measured for row in getattr(each, f"{kind}_rows"))[:MAX_ROWS]
    row_count = sum(getattr(each, f"{kind}_row_count") for each in measured)
    searched = sum(each.searched for each in measured)
    total = sum(each.part.rows for each in measured)
    what = t("NaN (missing values)") if kind == "nan" else t("infinite values")
    text = t(
        "%1 contains %2 in %3 of %4 rows (%5 in all).",
        name,
        what,
        f"{row_count:,}",
        f"{searched:,}",
        f"{count:,}",
    )
    columns = _columns(measured, kind)
    if columns:
        text += " " + t("In these columns: %1.", columns)
    if searched < total:
        text += " " + t("The other %1 rows were not searched.", f"{total - searched:,}")
    if data.hides_nan and not part.is_target:
        text += " " + t(
            "TensorFlow on a CPU does not report them: it may treat them as 0 and train on "
            "silently. Other devices and backends turn the loss and all weights into NaN."
        )
    else:
        text += " " + t("A single one turns the loss and all weights into NaN.")
    text += " " + t("Remove these rows, or fill the gaps.")
    return Finding(
        f"{kind}-values:{part.role}:{name}",
        "error",
        t("%1 contains %2", name, what),
        text,
        "",
        rows,
        row_count,
        "" if part.is_batch else fetch_line(name, rows, part.is_table),
        _removal(data, measured),
    )


def _columns(measured: list[Measured], kind: str) -> str:
    """Return the names of the columns with such values, those with the most first; "" for none."""
    view = measured[0].part.view
    if view is None:
        return ""
    indices = list(
        dict.fromkeys(index for each in measured for index in getattr(each, f"{kind}_columns"))
    )
    names = [view.columns[index] if view.columns else str(index) for index in indices]
    shown = ", ".join(names[:_LISTED])
    return t("%1 and %2 more", shown, str(len(names) - _LISTED)) if len(names) > _LISTED else shown


def _removal(data: LookedAt, measured: list[Measured]) -> str:
    """Return the statement that removes the rows, from inputs and targets alike."""
    part = measured[0].part
    pair = [data.x_name, data.y_name]
    if part.is_batch or part.key is not None:
        return ""
    if part.role.startswith("validation") and len(measured) == 1:
        pair = [_only(data, "validation_x"), _only(data, "validation_y")]
    if part.is_table and not part.is_target and part.view is not None and len(part.view.shape) == 2:
        finite = f"{part.name}.replace([np.inf, -np.inf], np.nan)"
        return f"{part.name} = {finite}.fillna({part.name}.median(numeric_only=True))"
    if not all(pair) or not all(each.isidentifier() for each in pair):
        return f"{part.name} = np.nan_to_num({part.name})" if part.name.isidentifier() else ""
    dimensions = 1 if part.view is None else len(part.view.shape)
    axes = "" if dimensions == 1 else f".all(axis={'1' if dimensions == 2 else _axes(dimensions)})"
    x, y = pair
    keep = f"keep = np.isfinite({part.name}){axes}"
    return f"{keep}; {x}, {y} = {x}[keep], {y}[keep]"


def _axes(dimensions: int) -> str:
    return f"({', '.join(map(str, range(1, dimensions)))})"


def _only(data: LookedAt, role: str) -> str:
    names = [each.part.name for each in data.measured if each.part.role == role]
    return names[0] if len(names) == 1 else ""


def no_numbers(data: LookedAt) -> Iterator[Finding]:
    """Texts, objects, ragged rows and complex numbers."""
    for name, measured in data.named().items():
        part, view = measured[0].part, measured[0].part.view
        if view is None:
            yield Finding(
                f"unreadable:{part.role}:{name}",
                "hint",
                t("%1 was not looked at", name),
                part.reason,
            )
            continue
        if view.number_string_columns:
            column = view.number_string_columns[0]
            yield Finding(
                f"number-strings:{part.role}:{name}",
                "error",
                t("Numbers as text in %1", name),
                t(
                    "The columns %1 of %2 contain numbers as text, so fit fails. Convert them.",
                    ", ".join(view.number_string_columns[:10]),
                    name,
                ),
                fetch=f"{name}[{column!r}]",
                line="; ".join(
                    f"{name}[{each!r}] = pd.to_numeric({name}[{each!r}])"
                    for each in view.number_string_columns[:10]
                ),
            )
        others = [each for each in view.text_columns if each not in view.number_string_columns]
        if others and not data.has_model:
            yield Finding(
                f"text-columns:{part.role}:{name}",
                "error",
                t("Text in %1", name),
                t(
                    "The columns %1 of %2 contain text, but fit needs numbers. Convert "
                    "categories to columns of 0 and 1.",
                    ", ".join(others[:10]),
                    name,
                ),
                line=f"{name} = pd.get_dummies({name}, dtype=float)",
            )
        yield from _of_kind(data, measured[0])
        if view.masked:
            yield Finding(
                f"mask:{part.role}:{name}",
                "warning",
                t("The mask of %1 is ignored", name),
                t(
                    "%1 is a masked array. Keras ignores the mask and trains on the values below "
                    "it. Fill them, or pass sample_weight.",
                    name,
                ),
                line=f"{name} = {name}.filled(0)",
            )


def _of_kind(data: LookedAt, measured: Measured) -> Iterator[Finding]:
    part, view = measured.part, measured.part.view
    assert view is not None
    name, role = part.name, part.role
    if view.kind == "list" and part.key is None and not data.has_model:
        code = f"{name} = np.array({name})"
        yield Finding(
            f"list:{role}:{name}",
            "error",
            t("%1 is a list", name),
            t("fit requires arrays, but %1 is a Python list. Convert it: %2.", name, code),
            line=code,
        )
    if view.dtype == "number strings":
        yield Finding(
            f"number-strings:{role}:{name}",
            "error",
            t("Numbers as text in %1", name),
            t("%1 contains numbers as text, but fit needs numbers. Convert them.", name),
            line=f'{name} = {name}.astype("float32")',
        )
    elif view.dtype == "number objects":
        yield Finding(
            f"number-objects:{role}:{name}",
            "error",
            t("%1 has dtype object", name),
            t("%1 contains numbers, but its dtype is object, which fit refuses.", name),
            line=f'{name} = {name}.astype("float32")',
        )
    elif view.dtype == "ragged":
        yield Finding(
            f"ragged:{role}:{name}",
            "error",
            t("Rows of %1 differ in length", name),
            t("fit needs rows of the same length. Pad the shorter ones."),
            line=f"{name} = keras.utils.pad_sequences({name})",
        )
    elif view.dtype.startswith("complex"):
        yield Finding(
            f"complex:{role}:{name}",
            "error",
            t("%1 contains complex numbers", name),
            t(
                "Keras's layers compute with real numbers. Use the absolute value, or real and "
                "imaginary part as two columns."
            ),
            line=f"{name} = np.abs({name})",
        )
    elif data.has_model:
        return  # the rules about models know whether its first layer takes texts
    elif view.dtype in ("text", "category") and part.is_target:
        yield Finding(
            f"text-labels:{role}:{name}",
            "error",
            t("The labels in %1 are text", name),
            t("fit needs numbers. Number the classes from 0."),
            line=f"class_names, {name} = np.unique({name}, return_inverse=True)",
        )
    elif view.dtype in ("text", "category", "dates", "objects") and not view.text_columns:
        yield Finding(
            f"no-numbers:{role}:{name}",
            "hint",
            t("%1 contains no numbers", name),
            t(
                "Most layers need numbers. Text needs a TextVectorization or StringLookup layer "
                "first."
            ),
        )
