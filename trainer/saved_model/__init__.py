"""What is a model folder?

Weights and ``model.json``, ensembles, joined models, versions and ``latest``. May import ``batches``, ``model`` and
what lies below them.
"""
