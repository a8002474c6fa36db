"""What does one change to a configuration do?

The request of ``search ablate``, the analysis of paired differences, and its table. May import ``study`` and what lies
below it.
"""
