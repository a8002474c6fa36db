"""Train and apply image classifiers; knows nothing of Optuna."""
