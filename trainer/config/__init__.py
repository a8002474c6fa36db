"""What may be set for a training?

Every knob with its meaning, bounds and conditions; ``TrainConfig`` and ``Runtime``. May import ``imaging``, ``support``
and ``errors``; loads no torch.
"""
