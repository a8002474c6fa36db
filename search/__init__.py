"""Search hyperparameters with Optuna workers that share one study in PostgreSQL."""
