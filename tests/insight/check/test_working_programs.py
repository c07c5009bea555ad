"""Programs in which nothing is wrong get no finding above a hint."""

from __future__ import annotations

import pytest

from tests.insight.check.programs import Program, check, run
from tests.insight.check.working_programs import PROGRAMS

# The others differ in layers that most rules do not look at.
QUICK = PROGRAMS[::4]


def false_alarms(program: Program) -> list[str]:
    space = run(program)
    found = check(program, space).findings
    return [f"{each.id}: {each.text}" for each in found if each.level != "hint"]


def test_there_are_enough_programs():
    assert len(PROGRAMS) >= 60
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS)


@pytest.mark.parametrize("program", QUICK, ids=lambda program: program.name)
def test_a_working_program_gets_no_false_alarm(program):
    assert false_alarms(program) == []


@pytest.mark.slow("test_a_working_program_gets_no_false_alarm, for some of them")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_working_program_gets_no_false_alarm(program):
    assert false_alarms(program) == []
