"""Compare two recorded runs: model, compile, fit arguments, code, data and versions."""
