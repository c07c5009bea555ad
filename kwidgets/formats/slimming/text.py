"""Write what slimming a model costs as text and as HTML."""

from __future__ import annotations

import html

from kwidgets.formats.export.table import bytes_text, share_text
from kwidgets.formats.slimming.slimmed import SlimFacts
from kwidgets.language import t, translated

_CELL = "padding:2px 12px 2px 0;text-align:"


def rows(facts: SlimFacts) -> list[tuple[str, str, str]]:
    """Return what is compared: its name, before, and after."""
    found = [
        (t("weights"), bytes_text(facts.bytes_before), bytes_text(facts.bytes_after)),
        (t("parameters"), f"{facts.parameters_before:,}", f"{facts.parameters_after:,}"),
    ]
    found += [(each.name, f"{each.model:.4f}", f"{each.export:.4f}") for each in facts.metrics]
    return found


def remarks(facts: SlimFacts, undone: bool) -> list[str]:
    """Return the sentences below the table."""
    difference = facts.difference
    said = [
        t(
            "Largest difference of an output: %1, on %2 samples: %3.",
            f"{difference.maximum:.1e}",
            f"{difference.num_samples:,}",
            translated(facts.samples_from),
        )
    ]
    if difference.same_class is not None:
        said.append(t("The same class for %1 of them.", share_text(difference.same_class)))
    if not facts.metrics:
        said.append(t("Pass validation_data=(x, y) to compare the metrics."))
    said += [translated(note) for note in facts.notes]
    if undone:
        said.append(t("Undone: the model is the original one."))
    return said


def slim_text(facts: SlimFacts, undone: bool) -> str:
    """Return the table and the sentences as text."""
    lines = [("", t("before"), t("after")), *rows(facts)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    table = [
        f"{name.ljust(widths[0])}  {before.rjust(widths[1])}  {after.rjust(widths[2])}"
        for name, before, after in lines
    ]
    return "\n".join([f"{facts.model_name}: {facts.method}", *table, "", *remarks(facts, undone)])


def slim_html(facts: SlimFacts, undone: bool) -> str:
    """Return the table and the sentences as HTML without scripts."""
    head = "".join(
        f'<th style="{_CELL}{align}">{html.escape(text)}</th>'
        for align, text in (("left", facts.method), ("right", t("before")), ("right", t("after")))
    )
    body = "".join(
        f'<tr><td style="{_CELL}left">{html.escape(name)}</td>'
        f'<td style="{_CELL}right">{html.escape(before)}</td>'
        f'<td style="{_CELL}right">{html.escape(after)}</td></tr>'
        for name, before, after in rows(facts)
    )
    said = "".join(f"<div>{html.escape(each)}</div>" for each in remarks(facts, undone))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"{table}<small>{said}</small>"
