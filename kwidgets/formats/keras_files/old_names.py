"""The names of Keras 1 for layers, arguments and values, and what Keras calls them now."""

from __future__ import annotations

CLASSES = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "DenseV1": "Dense",
    "DepthwiseConvolution2D": "DepthwiseConv2D",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "LayerNormalizationV1": "LayerNormalization",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "SyncBatchNormalization": "BatchNormalization",
    "TimeDistributedDense": "Dense",
}

# Of all layers.
ARGUMENTS = {
    "W_constraint": "kernel_constraint",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "b_regularizer": "bias_regularizer",
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "dropout_U": "recurrent_dropout",
    "dropout_W": "dropout",
    "init": "kernel_initializer",
    "inner_activation": "recurrent_activation",
    "inner_init": "recurrent_initializer",
    "nb_filter": "filters",
    "pool_length": "pool_size",
    "atrous_rate": "dilation_rate",
    "subsample": "strides",
    "subsample_length": "strides",
    "filter_length": "kernel_size",
    "input_dtype": "dtype",
    "stride": "strides",
    "beta_init": "beta_initializer",
    "gamma_init": "gamma_initializer",
}

# Of single layers, by their present names.
ARGUMENTS_OF = {
    "Dense": {"output_dim": "units"},
    "LSTM": {"output_dim": "units"},
    "GRU": {"output_dim": "units"},
    "SimpleRNN": {"output_dim": "units"},
    "Embedding": {
        "init": "embeddings_initializer",
        "kernel_initializer": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    "PReLU": {"init": "alpha_initializer"},
    "Dropout": {"p": "rate"},
    "SpatialDropout1D": {"p": "rate"},
    "SpatialDropout2D": {"p": "rate"},
    "SpatialDropout3D": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "AlphaDropout": {"p": "rate"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "Reshape": {"dims": "target_shape"},
    "UpSampling1D": {"length": "size"},
    "SeparableConv1D": {
        "init": "depthwise_initializer",
        "kernel_initializer": "depthwise_initializer",
    },
    "SeparableConv2D": {
        "init": "depthwise_initializer",
        "kernel_initializer": "depthwise_initializer",
    },
}

INITIALIZERS = {
    "zero": "zeros",
    "one": "ones",
    "normal": "random_normal",
    "uniform": "random_uniform",
    "he_normal": "he_normal",
    "he_uniform": "he_uniform",
    "lecun_uniform": "lecun_uniform",
    "glorot_normal": "glorot_normal",
    "glorot_uniform": "glorot_uniform",
    "orthogonal": "orthogonal",
    "identity": "identity",
}

# Arguments that change nothing of what a layer computes, or that have no meaning any more.
WITHOUT_MEANING = frozenset(
    {
        *("input_dim", "input_length", "input_shape", "batch_input_shape", "batch_size"),
        *("build_config", "consume_less", "custom_name", "cache_enabled", "experimental_autocast"),
        *("forget_bias_init", "fused", "implementation", "initial_weights", "input_spec"),
        *("ragged", "registered_name", "return_runtime", "shared_object_id", "time_major"),
        *("truncate_gradient", "virtual_batch_size", "weights", "zero_output_for_mask_default"),
        *("adjustment", "jit_compile", "num_channels", "key_shape", "query_shape", "value_shape"),
        *("sparse", "trainable_weights", "module", "cell_kwargs", "_jit_compile"),
    }
)
