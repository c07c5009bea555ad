"""Test LiveLoop around real loops of PyTorch, where it is installed (``make test-matrix``)."""

import os
import signal

import numpy as np
import pytest

import kwidgets as kw

torch = pytest.importorskip("torch")

X = torch.linspace(0, 1, 512).reshape(64, 8)
Y = X.sum(1, keepdim=True)
STEPS = 8


@pytest.fixture(autouse=True)
def sample_each_step(monkeypatch):
    monkeypatch.setattr("kwidgets.live.run.fit_run.SAMPLE_SECONDS", 0.0)
    monkeypatch.setattr("kwidgets.live.training_thread.pace.MAX_INTERVAL_SECONDS", 0.0)


class Training:
    """A module, its optimizer, and a loop as PyTorch's tutorials write it."""

    def __init__(self):
        torch.manual_seed(0)
        layers = torch.nn
        self.model = layers.Sequential(
            layers.Linear(8, 16), layers.ReLU(), layers.Dropout(0.1), layers.Linear(16, 1)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-2)
        dataset = torch.utils.data.TensorDataset(X, Y)
        self.batches = torch.utils.data.DataLoader(dataset, batch_size=8, shuffle=True)
        self.scheduler = None
        self.losses = []

    def live(self, epochs=2):
        return kw.LiveLoop(epochs=epochs, model=self.model, optimizer=self.optimizer)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss.item())
        return loss

    def validate(self):
        self.model.eval()
        with torch.no_grad():
            return torch.nn.functional.mse_loss(self.model(X), Y)

    def run(self, live, act=lambda step: None):
        with live:
            for _ in live.epochs():
                self.model.train()
                for x, y in live.steps(self.batches):
                    loss = self.step(x, y)
                    live.log(loss=loss, half=loss.bfloat16())
                    loss.data.zero_()  # a value that changes after it was logged
                    act(len(self.losses))
                if self.scheduler is not None:
                    self.scheduler.step()
                live.log(val_loss=self.validate())
        return self

    def weights(self):
        return [parameter.detach().numpy() for parameter in self.model.parameters()]


def test_it_has_the_curves_and_the_weights_of_the_bare_loop():
    watched, bare = Training(), Training()
    live = watched.live()
    torch.manual_seed(1)
    watched.run(live)
    torch.manual_seed(1)
    for _ in range(2):
        bare.model.train()
        for x, y in bare.batches:
            bare.step(x, y)
        bare.validate()
    assert watched.losses == bare.losses
    for ours, theirs in zip(watched.weights(), bare.weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(live.history.batches["mean/loss"], bare.losses, rtol=1e-6)
    means = np.mean(np.reshape(bare.losses, (2, STEPS)), axis=1)
    np.testing.assert_allclose(live.history["loss"], means, rtol=1e-6)
    np.testing.assert_allclose(live.history["half"], means, rtol=2e-2)
    assert np.isfinite(live.history["val_loss"]).all()
    assert live.status == "finished"


def test_the_learning_rate_is_set_and_the_loop_is_stopped():
    training = Training()
    live = training.live(epochs=100)

    def act(step):
        if step == 3:
            live.set_learning_rate(0.5)
        elif step == STEPS + 2:
            live.stop()

    training.run(live, act)
    assert training.optimizer.param_groups[0]["lr"] == 0.5
    assert live.status == "stopped"
    assert len(training.losses) == STEPS + 2


def test_a_scheduler_of_pytorch_leaves_marks():
    training = Training()
    training.scheduler = torch.optim.lr_scheduler.StepLR(training.optimizer, 1, gamma=0.5)
    live = training.live(epochs=3)
    training.run(live)
    texts = [mark["text"] for mark in live._run.store.marks]
    assert [text["values"] for text in texts] == [
        ["0.01", "0.005"],
        ["0.005", "0.0025"],
        ["0.0025", "0.00125"],
    ]


def test_an_interrupt_ends_it_between_two_steps():
    training = Training()
    live = training.live(epochs=100)

    def act(step):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        training.run(live, act)
    assert live.status == "interrupted"
    assert len(training.losses) == 3
    assert torch.isfinite(training.model(X)).all()


def test_a_tensor_of_several_numbers_is_named_and_not_shown(caplog):
    live = kw.LiveLoop(epochs=1)
    with live:
        for _ in live.epochs():
            for _ in live.steps(2):
                live.log(loss=torch.ones(3), fine=torch.tensor([2.0], requires_grad=True))
    assert "Cannot show loss: its shape is (3,)" in caplog.text
    assert list(live.history["fine"]) == [2.0]


def test_a_summary_of_a_module_names_its_class():
    with pytest.raises(TypeError, match=r"got torch\.nn\.modules\.container\.Sequential"):
        kw.summary(Training().model)
