"""Read a model's predictions from the validation that Keras makes anyway."""
