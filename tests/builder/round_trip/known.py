"""Models that everyone knows, written as guides and books write them."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers, regularizers

from tests.builder.round_trip.stacks import OWN, Case


def lenet() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ],
        name="lenet",
    )


def mnist_convnet() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def vgg() -> keras.Sequential:
    model = keras.Sequential(name="vgg_like")
    model.add(keras.Input((32, 32, 3)))
    for block, (filters, repeats) in enumerate([(8, 2), (16, 2), (16, 3)], 1):
        for number in range(1, repeats + 1):
            model.add(
                layers.Conv2D(
                    filters, 3, padding="same", activation="relu", name=f"block{block}_conv{number}"
                )
            )
        model.add(layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"block{block}_pool"))
    model.add(layers.Flatten(name="flatten"))
    model.add(layers.Dense(32, activation="relu", name="fc1"))
    model.add(layers.Dense(10, activation="softmax", name="predictions"))
    return model


def lstm_text() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(200, 16, mask_zero=True),
            layers.LSTM(8, dropout=0.2, recurrent_dropout=0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def bilstm() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input(shape=(20,), dtype="int32"),
            layers.Embedding(200, 16),
            layers.Bidirectional(layers.LSTM(8, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def conv1d_text() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Embedding(100, 8),
            layers.Dropout(0.5),
            layers.Conv1D(16, 7, padding="valid", activation="relu", strides=3),
            layers.GlobalMaxPooling1D(),
            layers.Dense(8, activation="relu"),
            layers.Dense(1, activation="sigmoid", name="predictions"),
        ]
    )


def autoencoder() -> keras.Sequential:
    encoder = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu", padding="same", strides=2),
            layers.Conv2D(4, 3, activation="relu", padding="same", strides=2),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            layers.Conv2DTranspose(4, 3, activation="relu", padding="same", strides=2),
            layers.Conv2DTranspose(8, 3, activation="relu", padding="same", strides=2),
            layers.Conv2D(1, 3, activation="sigmoid", padding="same"),
        ],
        name="decoder",
    )
    return keras.Sequential([encoder, decoder])


def dense_autoencoder() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(16, activation="relu", activity_regularizer=regularizers.L1(1e-5)),
            layers.Dense(64, activation="sigmoid"),
        ]
    )


def mlp() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(64, activation="relu", name="dense_1"),
            layers.Dense(64, activation="relu", name="dense_2"),
            layers.Dense(10, activation="softmax", name="predictions"),
        ]
    )


def mlp_with_norm() -> keras.Sequential:
    model = keras.Sequential([keras.Input((20,))])
    for units in (32, 16):
        model.add(layers.Dense(units, use_bias=False, kernel_initializer="he_normal"))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
        model.add(layers.Dropout(0.3))
    model.add(layers.Dense(1))
    return model


def regularized_mlp() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Dense(16, activation="elu", kernel_regularizer=regularizers.l2(0.0001)),
            layers.Dense(16, activation="elu", kernel_regularizer=regularizers.l1_l2(0.01, 0.02)),
            layers.Dense(1),
        ]
    )


def guide_plain() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Dense(2, activation="relu", name="layer1"),
            layers.Dense(3, activation="relu", name="layer2"),
            layers.Dense(4, name="layer3"),
        ],
        name="my_sequential",
    )


def guide_input_shape() -> keras.Sequential:
    model = keras.Sequential()
    model.add(keras.Input(shape=(4,)))
    model.add(layers.Dense(2, activation="relu"))
    return model


def guide_convolutions() -> keras.Sequential:
    model = keras.Sequential()
    model.add(keras.Input(shape=(250, 250, 3)))
    model.add(layers.Conv2D(4, 5, strides=2, activation="relu"))
    model.add(layers.Conv2D(4, 3, activation="relu"))
    model.add(layers.MaxPooling2D(3))
    model.add(layers.Conv2D(4, 3, activation="relu"))
    model.add(layers.MaxPooling2D(2))
    model.add(layers.GlobalMaxPooling2D())
    model.add(layers.Dense(10))
    return model


def guide_frozen() -> keras.Sequential:
    model = keras.Sequential(
        [keras.Input((78,)), layers.Dense(8, activation="relu"), layers.Dense(10)]
    )
    for layer in model.layers[:-1]:
        layer.trainable = False
    return model


def called_once() -> keras.Sequential:
    model = keras.Sequential([layers.Dense(2, activation="relu"), layers.Dense(3)])
    model(keras.ops.ones((1, 4)))
    return model


def transfer() -> keras.Sequential:
    base = keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None
    )
    base.trainable = False
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1.0 / 127.5, offset=-1),
            base,
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.2),
            layers.Dense(2),
        ]
    )


def functional_block() -> keras.Sequential:
    inputs = keras.Input((8,))
    hidden = layers.Dense(8, activation="relu")(inputs)
    residual = keras.Model(inputs, layers.Add()([inputs, hidden]), name="residual")
    return keras.Sequential([keras.Input((8,)), residual, layers.Dense(1)])


def text_vectorization() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input(shape=(1,), dtype="string"),
            layers.TextVectorization(
                max_tokens=50, output_sequence_length=10, vocabulary=["the", "cat", "dog"]
            ),
            layers.Embedding(50, 8),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def conv_lstm() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((None, 16, 16, 1)),
            layers.ConvLSTM2D(4, (5, 5), padding="same", return_sequences=True, activation="relu"),
            layers.BatchNormalization(),
            layers.ConvLSTM2D(4, (3, 3), padding="same", return_sequences=True, activation="relu"),
            layers.Conv3D(1, (3, 3, 3), activation="sigmoid", padding="same"),
        ]
    )


def time_distributed_cnn() -> keras.Sequential:
    cnn = keras.Sequential(
        [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
    )
    return keras.Sequential(
        [
            keras.Input((3, 12, 12, 1)),
            layers.TimeDistributed(cnn),
            layers.LSTM(6),
            layers.Dense(2, activation="softmax"),
        ]
    )


def gru_stack() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((None, 14)),
            layers.GRU(8, dropout=0.5, recurrent_dropout=0.5, return_sequences=True),
            layers.GRU(8, dropout=0.5, recurrent_dropout=0.5),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )


def augmentation() -> keras.Sequential:
    augment = keras.Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.2),
        ],
        name="augment",
    )
    return keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            augment,
            layers.Rescaling(1.0 / 255),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def fashion_mnist() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Flatten(input_shape=(28, 28)),
            layers.Dense(32, activation="relu"),
            layers.Dense(10),
        ]
    )


def gan_discriminator() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(8, (3, 3), strides=(2, 2), padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(8, (3, 3), strides=(2, 2), padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1),
        ],
        name="discriminator",
    )


def gan_generator() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input(shape=(16,)),
            layers.Dense(7 * 7 * 8),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Reshape((7, 7, 8)),
            layers.Conv2DTranspose(8, (4, 4), strides=(2, 2), padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(1, (7, 7), padding="same", activation="sigmoid"),
        ],
        name="generator",
    )


def own_layers() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(8, activation=OWN["my_activation"]),
            OWN["Scale"](3.0),
            OWN["Shift"](),
            layers.Dense(1),
        ]
    )


def lambdas() -> keras.Sequential:
    return keras.Sequential([keras.Input((8,)), layers.Lambda(lambda x: x**2 + 1), layers.Dense(1)])


def empty() -> keras.Sequential:
    return keras.Sequential()


def separable() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((32, 32, 3), batch_size=4, dtype="float32", name="pictures"),
            layers.SeparableConv2D(8, 3, depth_multiplier=2, activation="swish"),
            layers.GroupNormalization(4),
            layers.PReLU(shared_axes=[1, 2]),
            layers.SpatialDropout2D(0.1, seed=7),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", dtype="float32"),
        ]
    )


MODELS: list[Callable[[], keras.Sequential]] = [
    *(lenet, mnist_convnet, vgg, lstm_text, bilstm, conv1d_text, autoencoder, dense_autoencoder),
    *(mlp, mlp_with_norm, regularized_mlp, guide_plain, guide_input_shape, guide_convolutions),
    *(guide_frozen, called_once, transfer, functional_block, text_vectorization, conv_lstm),
    *(time_distributed_cnn, gru_stack, augmentation, fashion_mnist, gan_discriminator),
    *(gan_generator, own_layers, lambdas, empty, separable),
]


def known() -> list[Case]:
    return [Case(f"known/{make.__name__}", make) for make in MODELS] + [
        # In a process where layers were made before, their names are not the first ones.
        Case(f"later/{make.__name__}", make, fresh=False)
        for make in (mnist_convnet, bilstm, mlp_with_norm, augmentation, time_distributed_cnn)
    ]
