"""Mistakes are named where they are, and most findings have a line of code that corrects them."""

from __future__ import annotations

import dataclasses
import math

import pytest

from kwidgets.insight.data.finding import Finding
from tests.insight.check.mistakes import Mistake, two_steps
from tests.insight.check.programs import check, run
from tests.insight.check.seeded_mistakes import MISTAKES

# One of each part of the rules.
QUICK = MISTAKES[::6]
# Only the author of these programs knows the right data.
NO_FIX = {
    "different lengths",
    "rows of validation in training",
    "validation targets are one-hot",
    # The line is right, but the Input has the number of columns too.
    "a column that gives the target away",
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was found at a place that is right, elsewhere, and whether the fix works."""

    right: tuple[Finding, ...]
    others: tuple[Finding, ...]
    is_fixed: bool


def outcome_of(mistake: Mistake) -> Outcome:
    space = run(mistake.program)
    places = mistake.layer_names(space)
    findings = [each for each in check(mistake.program, space).findings if each.level != "hint"]
    right = [
        each
        for each in findings
        if each.where in mistake.where or places.get(each.where) in mistake.where
    ]
    return Outcome(
        tuple(right),
        tuple(each for each in findings if each not in right),
        any(fix_works(mistake, finding, space) for finding in right if finding.changes),
    )


def fix_works(mistake: Mistake, finding: Finding, space: dict) -> bool:
    """Apply the lines of a finding, and train two steps."""
    after = mistake.with_changes(finding.changes, space)
    if after is None:
        return False
    try:
        space = run(after.program)
        history = eval(two_steps(after.fit), space).history
    except Exception:
        return False
    left = {each.id for each in check(after.program, space).findings}
    return finding.id not in left and math.isfinite(history["loss"][-1])


def test_there_are_enough_mistakes():
    assert len(MISTAKES) >= 60
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", QUICK, ids=lambda mistake: mistake.name)
def test_a_mistake_is_named_and_fixed(mistake):
    outcome = outcome_of(mistake)
    assert outcome.right
    assert outcome.others == ()
    assert outcome.is_fixed != (mistake.name in NO_FIX)


@pytest.mark.timeout(900)
@pytest.mark.slow("test_a_mistake_is_named_and_fixed, for some of them")
def test_nearly_all_mistakes_are_named_and_most_fixes_work():
    outcomes = {mistake.name: outcome_of(mistake) for mistake in MISTAKES}
    missed = [name for name, outcome in outcomes.items() if not outcome.right]
    not_fixed = {name for name, outcome in outcomes.items() if not outcome.is_fixed}
    assert len(missed) <= 0.05 * len(MISTAKES), missed
    assert len(not_fixed) <= 0.2 * len(MISTAKES), not_fixed
    assert not_fixed <= NO_FIX
    assert [name for name, outcome in outcomes.items() if outcome.others] == []
