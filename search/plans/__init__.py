"""Which trials of a study are fixed beforehand, and which come next?

The kinds of study (search, ablation, retraining) and the trials that each of them enqueues. May import ``results``,
``config`` and what lies below them.
"""
