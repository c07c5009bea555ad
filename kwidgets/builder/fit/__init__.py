"""Train a model from the Fit tab or a call of fit."""
