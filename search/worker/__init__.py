"""How does one worker process run its trials?

Claims trials, trains, reports, saves checkpoints, ends trials. May import ``study`` and what lies below it.
"""
