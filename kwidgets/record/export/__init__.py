"""Give recorded runs to other programs: TensorBoard, MLflow, Trackio, Weights & Biases, CSV."""
