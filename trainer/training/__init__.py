"""How is one configuration trained?

The run, its step, optimizer, losses, metrics, folds, checkpoints. May import ``batches``, ``model`` and what lies below
them.
"""
