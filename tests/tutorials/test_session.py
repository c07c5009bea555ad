"""Checks, hints, and cells that were skipped."""

import numpy as np
import pytest
from IPython.core.error import UsageError

from kwidgets.tutorials.session import session
from kwidgets.tutorials.step import Step, run_check
from kwidgets.tutorials.tutorial import load_tutorial


def _source(cell_id: str) -> str:
    return load_tutorial("01").cell(cell_id).source


def test_a_cell_that_needs_a_skipped_one_does_not_run_and_names_it(shell, capsys) -> None:
    result = shell.run_cell("ran = True\nmodel.fit(x_train, y_train)")
    assert not result.success and "ran" not in shell.user_ns
    text = capsys.readouterr().out + str(result.error_before_exec)
    assert "“model” is not defined yet" in text
    assert "the cell under “The model” that begins with “keras.utils.set_random_seed(1)" in text


def test_a_cell_whose_names_are_there_runs_with_a_note_on_what_was_skipped(shell, capsys) -> None:
    shell.user_ns.update(model=object(), x_test=0, y_test=0)
    session._detector.run_cell_ids |= {"load-data", "scale-exercise", "build-model"}
    shell.run_cell(_source("evaluate"))
    assert "this cell depends on the cell under “Train and watch”" in capsys.readouterr().out


def test_a_function_that_needs_a_skipped_cell_names_it_when_it_is_called(shell, capsys) -> None:
    shell.run_cell("def later():\n    return model.summary()")
    shell.run_cell("later()")
    assert "“model” is not defined yet" in capsys.readouterr().out


def test_names_of_the_readers_own_are_none_of_our_business(shell, capsys) -> None:
    assert isinstance(shell.run_cell("my_own").error_in_exec, NameError)
    assert "the cell under" not in capsys.readouterr().out


def test_a_check_before_its_cell_says_which_cell_to_run(shell) -> None:
    report = session.check("look")
    assert not report.done
    assert "Run the cell under “Your turn: look at the data”" in repr(report)


def test_a_check_whose_data_are_missing_says_which_cell_makes_them(shell) -> None:
    shell.run_cell(_source("look-exercise"))
    assert "“raw_train” is not defined yet. Run the cell under “The data”" in repr(
        session.check("look")
    )


def test_a_check_after_an_interrupted_cell_looks_at_its_results(shell) -> None:
    """■ is a way to end a fit, whose results are there."""
    cell_id = load_tutorial("01").step("look").cell_id
    shell.user_ns.update(
        raw_train=np.zeros((2, 8, 8)), y_train=np.zeros(2), image_shape=None, brightest=1, classes=1
    )
    shell.run_cell(_source(cell_id) + "\nraise KeyboardInterrupt")
    text = repr(session.check("look"))
    assert "Run the cell" not in text
    assert "`image_shape` is still None" in text


def test_a_check_after_a_cell_with_an_error_says_to_fix_it(shell) -> None:
    shell.run_cell(_source("look-exercise") + "\nraise ValueError('mine')")
    assert "There was an error in the cell under “Your turn: look at the data”" in repr(
        session.check("look")
    )
    shell.run_cell(_source("look-exercise"))
    assert "There was an error" not in repr(session.check("look"))


def test_names_of_controls_in_hints_are_bold(shell) -> None:
    session.open(shell, "02")
    html = session.check("lower")._repr_html_()
    assert "<strong>Learning rate</strong>" in html and "**" not in html


def test_hints_come_one_by_one_and_the_solution_last(shell) -> None:
    step = load_tutorial("01").step("scale")
    shown = [session.hint("scale") for _ in range(3)]
    assert [step.hints[0] in shown[0], step.hints[1] in shown[1]] == [True, True]
    assert step.solution in shown[2]


def test_hints_and_solution_stand_behind_clicks_where_html_is_shown(shell) -> None:
    html = session.check("look")._repr_html_()
    assert html.count("<details") == 3 and "<script" not in html
    assert html.index("Hint") < html.index("Next hint") < html.index("Solution")


def test_the_overview_lists_every_step(shell, capsys) -> None:
    shell.run_line_magic("kwidgets", "check")
    text = capsys.readouterr().out
    assert text.startswith("0 of 6 exercises are done.")
    assert all(f"%kwidgets check {step.key}" in text for step in load_tutorial("01").steps)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("check nonsense", "no exercise 'nonsense'. Its exercises are look, scale"),
        ("check look twice", "%kwidgets check <name> hint"),
        ("tutorial 99", "There is no tutorial '99'. The tutorials are 01_first_model"),
        ("tutorial", "no tutorial ''"),
        (
            "nonsense",
            "Unknown option “nonsense”. Use one of summary, live, task, classes, record, resume",
        ),
        ("chekc", "Unknown option “chekc”. Did you mean “check”?"),
        ("live perhaps", "%kwidgets live off; got “perhaps”"),
        ("summary", "Specify a model"),
        ("language tlh", "'tlh' is not available. Choose one of en, zh_CN"),
    ],
)
def test_wrong_lines_say_what_there_is(shell, line: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        shell.run_line_magic("kwidgets", line)
    assert words in str(error.value)


def test_without_a_tutorial_a_check_says_what_to_run(shell) -> None:
    session.close()
    with pytest.raises(UsageError, match="Run the first code cell of a tutorial"):
        shell.run_line_magic("kwidgets", "check look")


def test_a_check_that_fails_on_odd_values_is_not_yet_and_no_traceback() -> None:
    def check(given):
        yield from given.model.layers

    step = Step("odd", "odd", "cell", check, ("a hint",), "")
    (result,) = run_check(step, {"model": 7})
    assert not result.passed and "'int' object has no attribute 'layers'" in result.text


@pytest.mark.parametrize("value", [None, 7, "text", [1, 2], {"a": 1}, object()])
def test_no_step_of_any_tutorial_trips_over_an_odd_value(value) -> None:
    class Anything(dict):
        def __missing__(self, name):
            return value

    from kwidgets.tutorials.tutorial import STEP_MODULES

    for name in STEP_MODULES:
        for step in load_tutorial(name).steps:
            results = run_check(step, Anything())
            assert results and not all(result.passed for result in results), step.key
