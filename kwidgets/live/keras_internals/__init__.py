"""Read and change the internals of a running Keras fit. No other folder of ``live`` does."""
