"""Edits that a view requests: applied or refused with a reason, and always undoable."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kwidgets.builder.data import describe
from kwidgets.builder.editor import Editor
from kwidgets.builder.spec import (
    EditError,
    ModelSpec,
    ObjectSpec,
    Reference,
    Variable,
    layer,
    structure,
)


def editor(*texts: str, shape: tuple[int, ...] | None = (28, 28)) -> Editor:
    made = Editor(ModelSpec().with_input(shape=shape) if shape else ModelSpec())
    for text in texts:
        made.apply({"action": "add", "text": text})
    return made


def titles(made: Editor) -> list[str]:
    return [entry.title for entry in made.spec.layers]


def uid(made: Editor, index: int) -> str:
    return made.spec.layers[index].uid


def set_(made: Editor, index: int, path: list[str | int], **what: Any) -> None:
    made.apply({"action": "set", "target": uid(made, index), "path": path, **what})


def test_layers_are_added_moved_copied_and_deleted() -> None:
    made = editor("flatten", "dense 128 relu", "dropout 0.2", "dense 10 softmax")
    made.apply({"action": "move", "uid": uid(made, 2), "parent": None, "index": 0})
    assert titles(made) == ["Dropout", "Flatten", "Dense", "Dense"]
    copy = made.apply({"action": "duplicate", "uid": uid(made, 2)})["uid"]
    assert uid(made, 3) == copy
    made.apply({"action": "remove", "uid": uid(made, 0)})
    assert titles(made) == ["Flatten", "Dense", "Dense", "Dense"]
    assert made.analysis.complete


def test_places_and_layers_of_edits_that_a_view_sent_in_advance() -> None:
    made = editor("flatten", "dense 10")
    dense, first, second = uid(made, 1), "1" * 32, "2" * 32
    where = {"parent": None, "before": dense}
    with pytest.raises(EditError):
        made.apply({"action": "add", "uid": first, "text": "dnse", "index": 1, **where})
    # The view counted the layer that was refused, too.
    made.apply({"action": "add", "uid": second, "text": "dropout 0.1", "index": 2, **where})
    made.apply({"action": "duplicate", "uid": second, "copy": first})
    made.apply({"action": "move", "uid": first, "parent": None, "index": 9, "before": None})
    assert [entry.uid for entry in made.spec.layers] == [uid(made, 0), second, dense, first]
    # The place that is gone counts by its index; a uid that is in use or of another kind, by none.
    made.apply({"action": "move", "uid": first, "parent": None, "index": 0, "before": "gone"})
    assert titles(made) == ["Dropout", "Flatten", "Dropout", "Dense"]
    for taken in (dense, "input", 3, ["x"]):
        added = made.apply({"action": "add", "text": "relu", "uid": taken})["uid"]  # type: ignore[typeddict-item]
        assert added != taken
    assert len({entry.uid for entry in made.spec.walk()}) == 8


def test_a_layer_goes_into_a_block_and_out_again() -> None:
    made = editor("flatten")
    block = made.apply({"action": "add", "class_name": "keras.Sequential"})["uid"]
    inside = made.apply({"action": "add", "text": "dense 3", "parent": block, "index": None})["uid"]
    assert made.spec.locate(inside) == (block, 0)
    assert made.analysis.output_shape == (None, 3)
    made.apply({"action": "move", "uid": inside, "parent": None, "index": 0})
    assert made.spec.locate(inside) == (None, 0)
    with pytest.raises(EditError, match="into itself"):
        made.apply({"action": "move", "uid": block, "parent": block, "index": 0})


def test_a_switched_off_layer_is_kept_and_does_nothing() -> None:
    made = editor("flatten", "dense 128", "dense 10")
    made.apply({"action": "enable", "uid": uid(made, 1), "enabled": False})
    assert made.analysis.layers[uid(made, 1)].status == "off"
    assert made.analysis.parameters == 784 * 10 + 10


def test_text_becomes_the_argument_that_the_field_means() -> None:
    made = editor("conv2d 8 3", shape=(28, 28, 1))
    set_(made, 0, ["kernel_size"], text="5, 3")
    set_(made, 0, ["use_bias"], value=False)
    set_(made, 0, ["activation"], value="relu")
    assert made.spec.layers[0].arguments == {
        "filters": 8,
        "kernel_size": (5, 3),
        "use_bias": False,
        "activation": "relu",
    }


def test_a_default_is_no_argument() -> None:
    made = editor("dense 8 relu")
    set_(made, 0, ["activation"], value=None)
    set_(made, 0, ["use_bias"], value=True)
    assert made.spec.layers[0].arguments == {"units": 8}


def test_a_refused_text_changes_nothing_and_says_what_was_expected() -> None:
    made = editor("dense 8")
    before = made.spec
    with pytest.raises(EditError, match=r"units.*integer.*'many'"):
        set_(made, 0, ["units"], text="many")
    assert made.spec is before and made.undo_label == "Add Dense"


def test_arguments_of_arguments_are_set_by_their_path() -> None:
    made = editor("dense 8")
    set_(
        made,
        0,
        ["kernel_regularizer"],
        value={"class_name": "keras.regularizers.L2", "arguments": {}},
    )
    set_(made, 0, ["kernel_regularizer", "l2"], text="1e-4")
    assert made.spec.layers[0].arguments["kernel_regularizer"] == ObjectSpec(
        "keras.regularizers.L2", {"l2": 1e-4}
    )
    made.apply({"action": "reset", "target": uid(made, 0), "path": ["kernel_regularizer"]})
    assert made.spec.layers[0].arguments == {"units": 8}


def test_a_name_of_an_object_can_be_opened_up() -> None:
    made = editor()
    made.apply({"action": "set", "target": "compile", "path": ["optimizer"], "value": "adam"})
    made.apply(
        {
            "action": "set",
            "target": "compile",
            "path": ["optimizer", "learning_rate"],
            "text": "0.01",
        }
    )
    assert made.spec.compile == {
        "optimizer": ObjectSpec("keras.optimizers.Adam", {"learning_rate": 0.01})
    }


def test_metrics_and_callbacks_are_lists_that_grow_and_shrink() -> None:
    made = editor()
    made.apply(
        {"action": "set", "target": "compile", "path": ["metrics"], "value": ["accuracy", "mae"]}
    )
    made.apply({"action": "reset", "target": "compile", "path": ["metrics", 0]})
    assert made.spec.compile == {"metrics": ("mae",)}
    stopping = {"class_name": "keras.callbacks.EarlyStopping", "arguments": {}}
    made.apply({"action": "set", "target": "fit", "path": ["callbacks"], "value": [stopping]})
    made.apply(
        {"action": "set", "target": "fit", "path": ["callbacks", 0, "patience"], "text": "3"}
    )
    (callback,) = made.spec.fit["callbacks"]
    assert callback == ObjectSpec("keras.callbacks.EarlyStopping", {"patience": 3})


def test_the_input_is_a_form_too() -> None:
    made = editor("dense 8", shape=None)
    assert made.analysis.layers[uid(made, 0)].status == "unknown"
    made.apply({"action": "set", "target": "input", "path": ["shape"], "text": "4, None, 3"})
    assert made.spec.input_shape == (4, None, 3)
    assert made.analysis.output_shape == (None, 4, None, 8)


def test_an_impossible_edit_is_kept_marked_and_undone() -> None:
    made = editor("conv2d 8 3", shape=(8, 8, 1))
    set_(made, 0, ["kernel_size"], text="50")
    problem = made.analysis.layers[uid(made, 0)].problem
    assert (
        problem and "larger than its input" in problem.text and problem.parameter == "kernel_size"
    )
    assert made.spec.layers[0].arguments["kernel_size"] == 50
    made.undo()
    assert made.analysis.complete


def test_a_fix_resolves_its_advice() -> None:
    made = editor("flatten", "dense 10 softmax")
    made.change(
        "Compile",
        ModelSpec(
            input=made.spec.input,
            layers=made.spec.layers,
            compile={
                "loss": ObjectSpec(
                    "keras.losses.SparseCategoricalCrossentropy", {"from_logits": True}
                )
            },
        ),
    )
    from kwidgets.builder import mistakes

    (advice, *_) = mistakes.advise(made.situation)
    assert advice.fix is not None
    made.apply({"action": "fix", "advice": advice.id})
    assert advice.id not in [one.id for one in mistakes.advise(made.situation)]
    assert made.undo_label == advice.fix.label


def test_a_template_keeps_the_input_and_the_data() -> None:
    made = editor(shape=(8, 8))
    made.apply({"action": "set", "target": "fit", "path": ["epochs"], "text": "3"})
    made.apply({"action": "template", "name": "mlp"})
    assert made.spec.input_shape == (8, 8) and made.analysis.complete
    assert made.spec.fit["epochs"] == 3


def test_references_survive_a_round_trip_through_a_view() -> None:
    from kwidgets.builder.page.state import editor_state

    made = Editor(
        ModelSpec(layers=(layer("keras.layers.Activation", activation=Reference(abs, "abs")),))
    )
    state = editor_state(made, lambda entry, facts: False)
    sent = state["layers"][uid(made, 0)]["arguments"]["activation"]
    made.apply({"action": "set", "target": uid(made, 0), "path": ["name"], "text": "size"})
    assert made.references[sent["reference"]].value is abs
    assert made.spec.layers[0].arguments["activation"].value is abs


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"action": "explode"}, "unknown edit"),
        ({"action": "add", "text": "dnese 5"}, "Dense"),
        ({"action": "add", "class_name": "keras.layers.Nothing"}, "Nothing"),
        ({"action": "add", "text": "dense 5", "parent": "layer-0"}, "No layer"),
        ({"action": "remove", "uid": "layer-0"}, "No layer"),
        ({"action": "set", "target": "layer-0", "path": ["units"], "text": "1"}, "No layer"),
        ({"action": "set", "target": "input", "path": ["shpae"], "text": "1"}, "shape"),
        ({"action": "set", "target": "input", "path": []}, "path"),
        ({"action": "set", "target": "input", "path": ["shape"], "text": "a, b"}, "shape"),
        ({"action": "template", "name": "gpt"}, "no template"),
        ({"action": "fix", "advice": "nothing"}, "No advice"),
        ({"action": "undo"}, "Nothing to undo"),
        ({"action": "redo"}, "Nothing to redo"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(edit: Any, message: str) -> None:
    made = Editor()
    before = made.spec
    with pytest.raises(EditError, match=message):
        made.apply(edit)
    assert made.spec is before


def test_fit_names_its_data_by_variable() -> None:
    import numpy as np

    made = editor("flatten", "dense 3 softmax")
    info = describe("labels", np.arange(100) % 5)
    assert info is not None
    made.data["labels"] = info
    made.apply({"action": "set", "target": "fit", "path": ["y"], "value": {"variable": "labels"}})
    assert made.spec.fit["y"] == Variable("labels")


TEXTS = [
    "flatten",
    "dense 8 relu",
    "dropout 0.5",
    "reshape 4 7",
    "conv2d 4 3",
    "lstm 5",
    "bn",
    "block",
]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_undo_gives_back_each_state_and_redo_the_next(data: st.DataObject) -> None:
    made = editor(shape=(7, 4))
    states = [made.spec]

    def stacks() -> list[str | None]:
        blocks = [entry.uid for entry in made.spec.walk() if entry.children is not None]
        return [None, *blocks]

    for _ in range(data.draw(st.integers(1, 12))):
        uids = [entry.uid for entry in made.spec.walk()]
        actions = ["add"] if not uids else ["add", "move", "duplicate", "remove", "enable", "name"]
        action = data.draw(st.sampled_from(actions))
        edit: dict[str, Any] = {"action": action}
        if action == "add":
            edit |= {
                "text": data.draw(st.sampled_from(TEXTS)),
                "parent": data.draw(st.sampled_from(stacks())),
            }
        else:
            edit["uid"] = data.draw(st.sampled_from(uids))
        if action == "move":
            edit |= {
                "parent": data.draw(st.sampled_from(stacks())),
                "index": data.draw(st.integers(0, 9)),
            }
        if action == "enable":
            edit["enabled"] = data.draw(st.booleans())
        if action == "name":
            edit = {"action": "set", "target": edit["uid"], "path": ["name"], "text": "x"}
        try:
            made.apply(edit)  # type: ignore[arg-type]
        except EditError:
            assert made.spec is states[-1]
        if made.spec is not states[-1]:
            states.append(made.spec)
        analysis = made.analysis
        assert set(analysis.layers) == {entry.uid for entry in made.spec.walk()}
        assert analysis.complete == (
            analysis.output_shape is not None and any(entry.enabled for entry in made.spec.layers)
        )
    for state in reversed(states[:-1]):
        made.undo()
        assert made.spec is state
    for state in states[1:]:
        made.redo()
        assert made.spec is state


def test_structure_differs_for_another_model() -> None:
    made = editor("flatten", "dense 3")
    before = structure(made.spec)
    made.apply({"action": "set", "target": "compile", "path": ["loss"], "value": "mse"})
    assert structure(made.spec) == before
    set_(made, 1, ["units"], text="4")
    assert structure(made.spec) != before
