"""Search hyperparameters: trials with Optuna or KerasTuner, watched in one view."""
