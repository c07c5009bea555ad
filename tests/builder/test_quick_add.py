"""The search field understands words and Python, offers what fits, and says what it cannot read."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kwidgets.builder import catalog, quick_add
from kwidgets.builder.quick_add import QuickError
from kwidgets.builder.quick_add.class_names import normalize
from kwidgets.builder.spec import ObjectSpec


def made(title, /, **arguments):
    return ObjectSpec(f"keras.layers.{title}", arguments)


LSTM = made("LSTM", units=64)
L2 = ObjectSpec("keras.regularizers.L2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Arguments by their names, without an equals sign.
        ("lstm 8 use bias false", made("LSTM", units=8, use_bias=False)),
        ("lstm 64 return sequences true", made("LSTM", units=64, return_sequences=True)),
        ("dense 8 use_bias false", made("Dense", units=8, use_bias=False)),
        ("conv2d 32 3 strides 2", made("Conv2D", filters=32, kernel_size=3, strides=2)),
        ("conv2d 32 3 padding same", made("Conv2D", filters=32, kernel_size=3, padding="same")),
        ("conv2d 32 3 dilation 2", made("Conv2D", filters=32, kernel_size=3, dilation_rate=2)),
        ("conv2d 32 3 groups 2", made("Conv2D", filters=32, kernel_size=3, groups=2)),
        ("dropout rate 0.3", made("Dropout", rate=0.3)),
        ("relu max 6", made("ReLU", max_value=6.0)),
        # Commas between, and in numbers.
        ("Dense 128, relu", made("Dense", units=128, activation="relu")),
        ("conv2d 32, 3, relu", made("Conv2D", filters=32, kernel_size=3, activation="relu")),
        ("embedding 10,000 128", made("Embedding", input_dim=10_000, output_dim=128)),
        # The class, however it is written.
        ("flatten", made("Flatten")),
        ("Flatten", made("Flatten")),
        ("FLATTEN", made("Flatten")),
        ("flat", made("Flatten")),
        ("keras.layers.Flatten", made("Flatten")),
        ("layers.Flatten()", made("Flatten")),
        ("max pooling 2d", made("MaxPooling2D")),
        ("max_pooling_2d", made("MaxPooling2D")),
        ("max-pooling-2d", made("MaxPooling2D")),
        ("MaxPool2D", made("MaxPooling2D")),
        ("maxpool", made("MaxPooling2D")),
        ("maxpool1d", made("MaxPooling1D")),
        ("pool", made("MaxPooling2D")),
        ("avgpool", made("AveragePooling2D")),
        ("gap", made("GlobalAveragePooling2D")),
        ("global average pooling 1d", made("GlobalAveragePooling1D")),
        ("bn", made("BatchNormalization")),
        ("batch norm", made("BatchNormalization")),
        ("layernorm", made("LayerNormalization")),
        ("block", ObjectSpec("keras.Sequential")),
        ("sequential", ObjectSpec("keras.Sequential")),
        ("conv", made("Conv2D")),
        ("convolution1d", made("Conv1D")),
        # Values in the class's order.
        ("dense 128", made("Dense", units=128)),
        ("fc 10", made("Dense", units=10)),
        ("dens 10", made("Dense", units=10)),
        ("dropout 0.2", made("Dropout", rate=0.2)),
        ("dropout 20%", made("Dropout", rate=0.2)),
        ("drop .5", made("Dropout", rate=0.5)),
        ("conv2d 32 3", made("Conv2D", filters=32, kernel_size=3)),
        ("conv 2d 32 3", made("Conv2D", filters=32, kernel_size=3)),
        ("conv2d 32 3x3", made("Conv2D", filters=32, kernel_size=(3, 3))),
        ("conv2d 32 3,3", made("Conv2D", filters=32, kernel_size=(3, 3))),
        ("conv2d 32 (3, 3)", made("Conv2D", filters=32, kernel_size=(3, 3))),
        ("conv2d 32 3 2", made("Conv2D", filters=32, kernel_size=3, strides=2)),
        ("embedding 10000 64", made("Embedding", input_dim=10000, output_dim=64)),
        ("reshape 7 7 64", made("Reshape", target_shape=(7, 7, 64))),
        ("reshape 7,7,64", made("Reshape", target_shape=(7, 7, 64))),
        ("reshape (7, 7, 64)", made("Reshape", target_shape=(7, 7, 64))),
        ("reshape 7x7x64", made("Reshape", target_shape=(7, 7, 64))),
        ("reshape none 64", made("Reshape", target_shape=(None, 64))),
        ("reshape -1 4", made("Reshape", target_shape=(-1, 4))),
        ("permute 2 1", made("Permute", dims=(2, 1))),
        ("resizing 128 128", made("Resizing", height=128, width=128)),
        ("rescaling 1/255", made("Rescaling", scale=1 / 255)),
        ("rescale 1./127.5 -1", made("Rescaling", scale=1 / 127.5, offset=-1)),
        ("leaky relu 0.1", made("LeakyReLU", negative_slope=0.1)),
        ("zeropadding 1", made("ZeroPadding2D", padding=1)),
        ("randomzoom 0.2", made("RandomZoom", height_factor=0.2)),
        ("repeat 5", made("RepeatVector", n=5)),
        # Words that say what they are.
        ("dense 128 relu", made("Dense", units=128, activation="relu")),
        ("dense relu 128", made("Dense", units=128, activation="relu")),
        ("dense 10 Softmax", made("Dense", units=10, activation="softmax")),
        ("activation gelu", made("Activation", activation="gelu")),
        ("act tanh", made("Activation", activation="tanh")),
        ("relu", made("ReLU")),
        ("softmax", made("Softmax")),
        ("sigmoid", made("Activation", activation="sigmoid")),
        ("conv2d 8 3 same", made("Conv2D", filters=8, kernel_size=3, padding="same")),
        ("conv1d 8 3 causal", made("Conv1D", filters=8, kernel_size=3, padding="causal")),
        ("flip horizontal", made("RandomFlip", mode="horizontal")),
        ("upsampling 2 bilinear", made("UpSampling2D", size=2, interpolation="bilinear")),
        ("dense 8 l2", made("Dense", units=8, kernel_regularizer=L2)),
        (
            "dense 8 he_normal",
            made("Dense", units=8, kernel_initializer=ObjectSpec("keras.initializers.HeNormal")),
        ),
        ("lstm 64 return_sequences", made("LSTM", units=64, return_sequences=True)),
        ("lstm 64 return sequences", made("LSTM", units=64, return_sequences=True)),
        ("dense 8 no bias", made("Dense", units=8, use_bias=False)),
        ("dense 8 nobias", made("Dense", units=8, use_bias=False)),
        ("dense 8 without bias relu", made("Dense", units=8, activation="relu", use_bias=False)),
        # Named values.
        ("dense units=8", made("Dense", units=8)),
        ("dense units = 8", made("Dense", units=8)),
        ("dense 8 act=relu", made("Dense", units=8, activation="relu")),
        ("dense 8 name=head", made("Dense", units=8, name="head")),
        ("dense 8 name='head'", made("Dense", units=8, name="head")),
        ("dense 8 kernel_regularizer=l2", made("Dense", units=8, kernel_regularizer=L2)),
        (
            "dense 8 kernel_regularizer=L2(0.1)",
            made(
                "Dense",
                units=8,
                kernel_regularizer=ObjectSpec("keras.regularizers.L2", {"l2": 0.1}),
            ),
        ),
        ("conv2d 8 3 strides=2,2", made("Conv2D", filters=8, kernel_size=3, strides=(2, 2))),
        ("dense 8 use_bias=false", made("Dense", units=8, use_bias=False)),
        # A layer in a layer.
        ("bidirectional lstm 64", made("Bidirectional", layer=LSTM)),
        ("bilstm 64", made("Bidirectional", layer=LSTM)),
        (
            "bidirectional lstm 64 merge_mode=sum",
            made("Bidirectional", layer=LSTM, merge_mode="sum"),
        ),
        (
            "timedistributed dense 10 softmax",
            made("TimeDistributed", layer=made("Dense", units=10, activation="softmax")),
        ),
        ("rnn lstmcell 8", made("RNN", cell=made("LSTMCell", units=8))),
        ("rnn lstm 8", made("RNN", cell=made("LSTMCell", units=8))),
        # Nothing is made up: the card says what is missing.
        ("dense", made("Dense")),
        ("conv2d 32", made("Conv2D", filters=32)),
        ("bidirectional merge_mode=sum", made("Bidirectional", merge_mode="sum")),
        # Python.
        ("Dense(128, activation='relu')", made("Dense", units=128, activation="relu")),
        ("layers.Conv2D(32, (3, 3))", made("Conv2D", filters=32, kernel_size=(3, 3))),
        ("tf.keras.layers.Dense(units=3),", made("Dense", units=3)),
        ("model.add(Dense(3))", made("Dense", units=3)),
        ("Dense(3)(x)", made("Dense", units=3)),
        ("Dense(3, kernel_regularizer='l2')", made("Dense", units=3, kernel_regularizer=L2)),
        (
            "Dense(3, kernel_regularizer=keras.regularizers.L2())",
            made("Dense", units=3, kernel_regularizer=L2),
        ),
        ("Dense(3, activation=tf.nn.relu)", made("Dense", units=3, activation="relu")),
        ("Bidirectional(LSTM(64))", made("Bidirectional", layer=LSTM)),
        ("Rescaling(1./255)", made("Rescaling", scale=1 / 255)),
        ("Activation('ReLU')", made("Activation", activation="relu")),
    ],
)
def test_texts_are_understood(text, expected):
    assert quick_add.parse(text) == expected


def test_arguments_are_in_the_order_of_the_class():
    found = quick_add.parse("dense name=head relu 8 no bias")
    assert list(found.arguments) == ["units", "activation", "use_bias", "name"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Enter one of the layers"),
        ("denze 10", "No layer “denze”. Did you mean Dense"),
        ("foobar", "No layer “foobar”. Try Dense, Conv2D or LSTM."),
        ("128", "No layer “128”"),
        ("dense many", "Dense does not use 'many'. Other arguments: units, activation"),
        ("dense 0.5", "units must be an integer above 0, such as 128, not '0.5'"),
        ("dense 10 sofmax", "Dense does not use 'sofmax'. Did you mean softmax"),
        ("conv2d 32 3 strides", "strides requires a value after it"),
        ("conv2d 32 3 strides many", "strides must be"),
        ("dense -3", "units must be an integer above 0"),
        ("dense 128 64", "Dense does not use '64'. Other arguments: activation"),
        ("flatten 3", "Flatten does not use '3'"),
        ("conv2d 8 3 causal", "Conv2D does not use 'causal'"),
        ("dense units=many", "units must be an integer above 0"),
        ("dense 8 colour=red", "Dense has no argument 'colour'"),
        ("activation rely", "No activation “rely”. Did you mean relu"),
        ("bidirectional foobar 3", "No layer “foobar”"),
        ("rnn dense 3", "No cell “dense”"),
        ("add", "Cannot add Add: requires two or more inputs"),
        ("input 28 28", "Cannot add InputLayer: the input is set in the input card"),
        ("lstmcell 3", "Put it inside RNN"),
        ("mha 4 16", "Cannot add MultiHeadAttention"),
        ("Dense(3", "not complete Python"),
        ("Dense(3, 4, 5", "not complete Python"),
        ("Dense(n)", "units=n is not a plain value"),
        ("Dense(3, unit=3)", "no argument 'unit'. Did you mean units"),
        ("Dense(3, units=3)", "gets units twice"),
        ("Dense(*units)", "not a plain value"),
        ("Dense(**settings)", "cannot read"),
        ("Dense('many')", "units must be an integer above 0"),
        ("Dense(3, input_shape=(8,))", "the input shape is set in the input card"),
        ("Flatten(1, 2, 3, 4, 5)", "Flatten takes data_format"),
        ("Foobar(3)", "No layer “Foobar”"),
        ("Dense(3) + Dense(4)", "does not create an object"),
        ("Dense(3, activation=keras.losses.Poisson(1, 2, 3, 4))", "Poisson takes"),
        ("Sequential([Dense(3)])", "A block is added without layers"),
        ("__import__('os').system('true')", "No layer|is not a class"),
        ("Dense(__import__('os'))", "No layer “__import__”"),
    ],
)
def test_texts_that_are_not_understood_say_why(text, message):
    with pytest.raises(QuickError, match=message):
        quick_add.parse(text)


@pytest.mark.parametrize(
    ("text", "section", "name", "arguments"),
    [
        ("adam 0.001", "optimizers", "Adam", {"learning_rate": 0.001}),
        (
            "sgd 0.1 momentum=0.9 nesterov",
            "optimizers",
            "SGD",
            {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
        ),
        ("huber 2", "losses", "Huber", {"delta": 2.0}),
        ("mse", "losses", "MeanSquaredError", {}),
        ("earlystopping val_loss 3", "callbacks", "EarlyStopping", {}),
        ("csvlogger log.csv", "callbacks", "CSVLogger", {"filename": "log.csv"}),
    ],
)
def test_other_sections_are_read_too(text, section, name, arguments):
    found = quick_add.read_object(text, section)
    assert found.title == name
    assert arguments.items() <= found.arguments.items()


@settings(deadline=None)
@given(st.text(max_size=30))
@example("=")
@example("dense =")
@example("(")
@example("dense ()")
@example("dense '")
@example("bidirectional " * 9)
@example("Dense" + "(" * 300)
@example("no")
@example("bidirectional name=a")
@example("\x00(")
@example("a(\x00)")
def test_no_text_breaks_it(text):
    for section in ("layers", "metrics", "optimizers"):
        try:
            quick_add.read_object(text, section)
        except QuickError:
            continue
    quick_add.search(text)


words = st.sampled_from(
    [
        *("dense", "conv2d", "lstm", "bidirectional", "reshape", "rnn", "8", "3x3", "0.5", "relu"),
        *("same", "no", "bias", "units=8", "name=a", "l2", "none", "(1,2)", "'", "=", "-1", "k=3"),
    ]
)


@settings(deadline=None)
@given(st.lists(words, max_size=6))
def test_no_mixture_of_words_breaks_it(mixture):
    text = " ".join(mixture)
    try:
        found = quick_add.parse(text)
    except QuickError:
        pass
    else:
        assert quick_add.search(text)[0]["class_name"] == found.class_name
    assert len(quick_add.search(text, limit=5)) <= 12


# Search.


def titles(text, limit=12):
    return [option["title"] for option in quick_add.search(text, limit)]


def test_nothing_typed_offers_the_commonest_layers():
    offered = titles("")
    assert offered[:2] == ["Dense", "Conv2D"]
    assert 8 <= len(offered) <= 12


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("d", "Dense"),
        ("de", "Dense"),
        ("conv", "Conv2D"),
        ("pool", "MaxPooling2D"),
        ("max", "MaxPooling2D"),
        ("norm", "Normalization"),
        ("lst", "LSTM"),
        ("desne", "Dense"),
        ("dropuot 0.2", "Dropout"),
        ("sigm", "Activation"),
        ("bidir", "Bidirectional"),
        ("bidirectional lst", "Bidirectional"),
        ("attention", "Attention"),
    ],
)
def test_the_best_comes_first(text, first):
    assert titles(text)[0] == first


def test_values_typed_so_far_are_shown_for_each_layer_they_fit():
    options = {option["title"]: option for option in quick_add.search("conv 32 3x3 rel")}
    assert options["Conv2D"]["arguments"] == {
        "filters": 32,
        "kernel_size": [3, 3],
        "activation": "relu",
    }
    assert options["Conv2D"]["detail"] == "filters=32, kernel_size=(3, 3), activation='relu'"
    assert options["Conv1D"]["arguments"]["filters"] == 32
    assert options["Conv2D"]["group"] == "Convolution"


def test_options_say_what_a_layer_is_or_why_it_cannot_be_added():
    assert quick_add.search("flatten")[0]["detail"].startswith("Flattens the input")
    assert "two or more inputs" in quick_add.search("concatenate")[0]["detail"]
    nested = quick_add.search("bidirectional lstm 8")[0]
    assert nested["detail"] == "layer=LSTM(units=8)"
    assert nested["arguments"]["layer"]["class_name"] == "keras.layers.LSTM"


def test_usable_layers_come_before_those_a_sequential_cannot_hold():
    known = catalog.catalog()
    for text in ("a", "lstm", "ad", "m"):
        options = quick_add.search(text, limit=200)
        exact = [o for o in options if normalize(o["title"]) != text]
        unusable = [bool(known.entries[option["class_name"]]["unusable"]) for option in exact]
        starts = [normalize(option["title"]).startswith(text) for option in exact]
        among_starts = [flag for flag, start in zip(unusable, starts, strict=True) if start]
        assert among_starts == sorted(among_starts)


def test_the_limit_is_kept():
    assert len(quick_add.search("a", limit=3)) == 3
    assert len(quick_add.search("random", limit=12)) == 12
