"""Where are the curves of a training written?

TensorBoard event files, contact sheets, Weights & Biases. May import ``training``, ``saved_model`` and what lies below
them.
"""
