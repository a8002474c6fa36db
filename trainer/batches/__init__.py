"""What is a training step given?

Loader, sampler, augmentation, CutMix and MixUp. May import ``runtime``, ``data`` and what lies below them.
"""
