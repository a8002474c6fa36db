"""What did a trial or a study find?

Histories of epochs, confusion matrices, importances, notes and plots. May import ``config``, ``database`` and what lies
below them.
"""
