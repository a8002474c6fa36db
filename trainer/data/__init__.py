"""Which images are trained on and validated on?

From a data folder to labelled, corrected, split and cached images. May import ``config``, ``imaging``, ``support`` and
``errors``; loads no torch.
"""
