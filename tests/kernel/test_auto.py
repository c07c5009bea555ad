"""Test the live views of fits after ``%load_ext kwidgets``, in a real kernel without a browser."""

from kwidgets.live import protocol
from tests.kernel.frontend import live_views


def test_a_plain_fit_has_a_view_in_place_of_the_bar(run):
    frontend = run("make().fit(x, y, epochs=2);")
    (view,) = live_views(frontend)
    assert view["text/plain"].startswith("Training finished: 2 of 2 epochs")
    assert frontend.texts == []


def test_so_has_one_in_a_function_and_one_with_positional_arguments(run):
    frontend = run("def train(model):\n    return model.fit(x, y, 32, 3)\ntrain(make());")
    (view,) = live_views(frontend)
    assert "3 of 3 epochs" in view["text/plain"]


def test_a_quiet_fit_has_none(run):
    frontend = run("make().fit(x, y, epochs=2, verbose=0);")
    assert frontend.displays == [] and frontend.texts == []


def test_a_fit_with_its_own_live_plot_is_not_doubled(run):
    frontend = run(
        "import kwidgets as kw\nlive = kw.LivePlot()\n"
        "make().fit(x, y, callbacks=[live]);\nprint(kw.latest() is live)"
    )
    assert len(live_views(frontend)) == 1
    assert frontend.texts == ["True\n"], "no text bar beside it"


def test_a_loop_shares_one_view(run):
    frontend = run(
        "for i in range(3):\n    make().fit(x, y)\n"
        "print(keras.backend.backend(), kw.latest().status)"
    )
    (view,) = live_views(frontend)
    payload = view[protocol.MIME_TYPE]["payload"]
    assert payload["run"]["fit"] == 3
    assert [fit["snapshot"]["run"]["fit"] for fit in payload["earlier"]] == [1, 2]
    assert view["text/plain"].count("Training finished") == 3
    shown = [kind for kind, _ in frontend.displays]
    assert shown.count("display_data") == 1, "one view, one picture at the end"


def test_a_loop_over_one_model_is_one_curve(run):
    frontend = run("model = make()\nfor i in range(3):\n    model.fit(x, y, epochs=2)")
    (view,) = live_views(frontend)
    payload = view[protocol.MIME_TYPE]["payload"]
    assert payload["earlier"] == []
    assert payload["epoch"]["rows"] == 6
    assert [mark["text"]["key"] for mark in payload["marks"]] == ["Training continued"] * 2


def test_of_very_many_fits_the_latest_are_kept_and_the_file_stays_small(run):
    # Eagerly, or JAX compiles sixty models.
    frontend = run(
        "for i in range(60):\n    model = make()\n    model.run_eagerly = True\n"
        "    model.fit(x, y, verbose='auto')"
    )
    (view,) = live_views(frontend)
    payload = view[protocol.MIME_TYPE]["payload"]
    assert payload["run"]["fit"] == 60
    assert [fit["snapshot"]["run"]["fit"] for fit in payload["earlier"]] == list(range(20, 60))
    assert sum(map(len, map(str, view.values()))) < 40 * 15_000


def test_a_fit_within_a_fit_has_a_view_of_its_own(run):
    frontend = run(
        "class Inner(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n"
        "        make().fit(x, y)\n"
        "make().fit(x, y, epochs=2, callbacks=[Inner()]);"
    )
    outer, inner = live_views(frontend)
    assert "2 of 2 epochs" in outer["text/plain"]
    assert inner["text/plain"].count("Training finished") == 2


def test_fits_that_fail_and_are_caught_share_it_too(run):
    frontend = run(
        "class Fail(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None): raise ValueError('no')\n"
        "for i in range(3):\n"
        "    try: make().fit(x, y, callbacks=[Fail()])\n"
        "    except ValueError: pass"
    )
    (view,) = live_views(frontend)
    assert view["text/plain"].count("Training failed") == 3


def test_evaluate_and_predict_tell_their_progress_in_one_output(run):
    frontend = run("model = make()\nmodel.evaluate(x, y)\nfor i in range(50): model.predict(x);")
    _, content = frontend.displays[-1]
    lines = content["data"]["text/plain"].splitlines()
    assert lines[0] == "43 earlier calls"
    assert len({c["transient"]["display_id"] for _, c in frontend.displays}) == 1
    assert lines[-1].startswith("Predicted sequential") and "2 batches" in lines[-1]
    frontend = run("model.evaluate(x, y);")
    text = frontend.displays[-1][1]["data"]["text/plain"]
    assert text.startswith("Evaluated sequential") and "loss" in text


def test_an_evaluation_that_fails_does_not_stay_running(run):
    frontend = run(
        "def broken():\n    for i in range(40): yield x, y\n    raise ValueError('broken data')\n"
        "try:\n    model.evaluate(broken())\nexcept ValueError: pass"
    )
    data = frontend.displays[-1][1]["data"]
    assert "ended early" in data["text/plain"]
    assert "<progress" not in data["text/html"]


def test_names_that_hold_html_are_text(run):
    frontend = run(
        "model = make()\nmodel.name = '<img src=x onerror=alert(1)>'\n"
        "model.evaluate(x, y)\nmodel.fit(x, y);"
    )
    for _, content in frontend.displays:
        assert "<img src=x" not in content["data"].get("text/html", "")


def test_off_and_on_again(run):
    frontend = run("%kwidgets live off\nmake().fit(x, y)\nmake().evaluate(x, y);")
    assert frontend.displays == [] or all("text/html" not in c for _, c in frontend.displays)
    assert "step" in "".join(frontend.texts), "Keras's own bar"
    frontend = run("%kwidgets live on\nmake().fit(x, y);")
    assert len(live_views(frontend)) == 1
    assert "step" not in "".join(frontend.texts)
    frontend = run("%kwidgets live maybe")
    assert "Use %kwidgets live on or %kwidgets live off" in "".join(frontend.texts)


def test_unloading_leaves_keras_as_it_was(run):
    run("%unload_ext kwidgets")
    frontend = run("make().fit(x, y);")
    assert live_views(frontend) == []
    assert "step" in "".join(frontend.texts)
    frontend = run("%load_ext kwidgets\nmake().fit(x, y);")
    assert len(live_views(frontend)) == 1


def test_a_loop_of_the_users_own_that_fails_does_not_stay_running(run):
    frontend = run(
        "live = kw.LivePlot()\n"
        "loop = keras.callbacks.CallbackList([live], model=model, epochs=2, steps=3)\n"
        "loop.on_train_begin()\nloop.on_epoch_begin(0)\nloop.on_train_batch_begin(0)\n"
        "raise ValueError('broken loop')"
    )
    (view,) = live_views(frontend)
    assert "Training failed" in view["text/plain"]
    assert "ValueError: broken loop" in view["text/plain"]


def test_live_loops_share_a_view_and_name_what_ended_them(run):
    frontend = run(
        "for i in range(3):\n"
        "    with kw.LiveLoop(epochs=2, name=f'loop {i}') as live:\n"
        "        for epoch in live.epochs():\n"
        "            for step in live.steps(3):\n"
        "                live.log(loss=1 / (2 - epoch - (i == 2)))"
    )
    (view,) = live_views(frontend)
    payload = view[protocol.MIME_TYPE]["payload"]
    assert payload["run"]["model_name"] == "loop 2"
    assert [fit["snapshot"]["run"]["model_name"] for fit in payload["earlier"]] == [
        "loop 0", "loop 1",
    ]  # fmt: skip
    first, second, last = view["text/plain"].splitlines()
    assert "Training finished: 2 of 2 epochs" in first and "loss 1" in second
    assert "Training failed: 1 of 2 epochs" in last
    assert "ZeroDivisionError: division by zero" in last
