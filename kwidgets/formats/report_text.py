"""Write what is known of an import as words: plain text, and the cells of a table."""

from __future__ import annotations

from collections.abc import Sequence

from kwidgets.formats.import_report import (
    OUTCOMES,
    ImportedLayer,
    ImportFacts,
    Outcome,
    Preprocessing,
)
from kwidgets.language import t, translated

# Outcomes that a user should look at, the most serious first.
_NEEDS_A_LOOK: tuple[Outcome, ...] = ("cut", "guessed", "repaired")


def outcome_label(outcome: Outcome) -> str:
    """Return an outcome in the kernel's language."""
    labels: dict[Outcome, str] = {
        "converted": t("converted"),
        "repaired": t("repaired"),
        "guessed": t("guessed"),
        "dropped": t("dropped"),
        "cut": t("cut"),
    }
    return labels[outcome]


def outcome_counts(facts: ImportFacts) -> dict[Outcome, int]:
    """Return how many layers have each outcome; outcomes of no layer are left out."""
    counts = dict.fromkeys(OUTCOMES, 0)
    for layer in facts.layers:
        counts[layer.outcome] += 1
    return {outcome: count for outcome, count in counts.items() if count}


def layers_to_look_at(facts: ImportFacts) -> tuple[ImportedLayer, ...]:
    """Return the layers that were cut, guessed or repaired, in this order."""
    found = [layer for layer in facts.layers if layer.outcome in _NEEDS_A_LOOK]
    return tuple(sorted(found, key=lambda layer: _NEEDS_A_LOOK.index(layer.outcome)))


def title(facts: ImportFacts) -> str:
    """Return the source and the size of the model in one line."""
    return t(
        "%1: %2 layers in the file, %3 parameters read",
        facts.source,
        f"{len(facts.layers):,}",
        f"{facts.num_parameters:,}",
    )


def counts_text(facts: ImportFacts) -> str:
    """Return the number of layers of each outcome in one line."""
    counts = outcome_counts(facts).items()
    return ", ".join(f"{count:,} {outcome_label(outcome)}" for outcome, count in counts)


def notes_of(layer: ImportedLayer) -> list[str]:
    """Return the notes of a layer in the kernel's language."""
    return [translated(note) for note in layer.notes]


def preprocessing_text(entry: Preprocessing) -> str:
    """Return in one line what was done to an input before the model."""
    parts = []
    if entry.crop is not None:
        parts.append(t("crop %1 × %2 (height × width)", *entry.crop))
    if entry.channel_order is not None:
        parts.append(t("channels in the order %1", entry.channel_order))
    if isinstance(entry.mean, str):
        parts.append(t("subtract the mean in %1", entry.mean))
    elif entry.mean is not None:
        parts.append(t("subtract %1", ", ".join(f"{value:g}" for value in entry.mean)))
    if entry.scale != 1.0:
        parts.append(t("multiply by %1", f"{entry.scale:.9g}"))
    parts += [translated(note) for note in entry.notes]
    return f"{entry.input_name}: {'; '.join(parts) or t('unknown')}"


def cut_text(cut: Sequence[str], ends: Sequence[str]) -> str:
    """Return that a model ends early, for the top of a program."""
    return t(
        "This is not the whole model of the file: it ends at %1. These layers are missing: %2.",
        ", ".join(ends),
        ", ".join(cut),
    )


def vocabulary_text(names: Sequence[str]) -> str:
    """Return that a program creates layers without their vocabulary."""
    return t(
        "The vocabulary is neither here nor in the file of the weights: call set_vocabulary or "
        "adapt of %1.",
        ", ".join(names),
    )


def next_steps(is_chain: bool) -> list[str]:
    """Return what can be done with the model, one sentence a line."""
    steps = [
        t("report.model is the model. Assign it to a variable, and the side panel shows it."),
        t("report.to_code() returns a program that creates it without kwidgets."),
    ]
    if is_chain:
        steps.append(t("Its layers form a chain: kw.SequentialBuilder(report.model) edits it."))
    return steps


def report_text(facts: ImportFacts, steps: Sequence[str]) -> str:
    """Return the report as lines of text, the layers that need a look before all others."""
    lines = [title(facts), counts_text(facts), *_files(facts)]
    if facts.notes:
        lines += ["", t("Notes:"), *(f"  {translated(note)}" for note in facts.notes)]
    if facts.preprocessing:
        lines += ["", t("Preprocessing, before the model:")]
        lines += [f"  {preprocessing_text(entry)}" for entry in facts.preprocessing]
    if first := layers_to_look_at(facts):
        lines += ["", t("Check these layers first:"), *_layer_lines(first)]
    chosen = set(map(id, first))
    if others := [layer for layer in facts.layers if id(layer) not in chosen]:
        lines += ["", t("Other layers:") if first else t("Layers:"), *_layer_lines(others)]
    return "\n".join([*lines, "", *steps])


def _files(facts: ImportFacts) -> list[str]:
    return [t("Files: %1", ", ".join(facts.files))] if facts.files else []


def _layer_lines(layers: Sequence[ImportedLayer]) -> list[str]:
    lines = []
    for layer in layers:
        became = f" → {', '.join(layer.keras_layers)}" if layer.keras_layers else ""
        lines.append(f"  {layer.name} ({layer.type}): {outcome_label(layer.outcome)}{became}")
        lines += [f"    {note}" for note in notes_of(layer)]
    return lines
