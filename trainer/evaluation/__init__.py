"""What is a model worth?

Out-of-fold predictions, bootstrap intervals, calibration, test-time augmentation, probable label errors. May import
``training``, ``saved_model`` and what lies below them.
"""
