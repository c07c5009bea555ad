"""Test the names of models in views: the user's variable, or the name that was given to Keras."""

import keras
import numpy as np
import pytest

import kwidgets
from kwidgets.live.run.model_name import model_name


class LetterCNN(keras.Model):
    pass


def sequential(**options):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], **options)


MODEL, OTHER, NAMED, OWN = sequential(), sequential(), sequential(name="fold_1"), LetterCNN()


@pytest.mark.parametrize(
    ("model", "namespace", "name"),
    [
        (MODEL, {"lstm": MODEL, "other": OTHER}, "lstm"),
        (MODEL, {"_": MODEL, "_12": MODEL, "net": MODEL}, "net"),
        (MODEL, {"models": [OTHER, MODEL]}, "models[1]"),
        (MODEL, {"models": {"gru": OTHER, "lstm": MODEL}}, "models['lstm']"),
        (MODEL, {"models": {"lstm": MODEL}, "lstm": MODEL}, "lstm"),
        (NAMED, {"model": NAMED}, "fold_1"),
        (OWN, {"classifier": OWN}, "classifier"),
        (OWN, {}, OWN.name),
        (MODEL, {0: MODEL, "": []}, MODEL.name),
    ],
)
def test_a_model_is_called_as_its_variable_unless_it_was_named(model, namespace, name):
    assert model_name(model, namespace) == name


def test_a_class_that_runs_code_when_compared_is_left_alone():
    class Loud:
        def __eq__(self, other):
            raise AssertionError("compared")

        __hash__ = None

    assert model_name(MODEL, {"a": Loud(), "b": [Loud()], "lstm": MODEL}) == "lstm"


def test_the_variable_of_the_function_that_calls_fit_is_shown():
    def train(network):
        live = kwidgets.LivePlot()
        network.compile("sgd", "mse")
        network.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=[live], verbose=0)
        return live

    live = train(keras.models.clone_model(MODEL))
    assert live._run.describe_run(live._run.view)["model_name"] == "network"


def test_the_variable_of_a_loop_is_shown_only_if_there_is_no_other():
    models = {"gru": keras.models.clone_model(MODEL), "lstm": keras.models.clone_model(MODEL)}
    names = []
    for model in models.values():
        namespace = {"model": model, "models": models}

        def note(logs, model=model, namespace=namespace):
            names.append(model_name(model, namespace))

        model.compile("sgd", "mse")
        callback = keras.callbacks.LambdaCallback(on_train_begin=note)
        model.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=[callback], verbose=0)
    assert names == ["models['gru']", "models['lstm']"]
