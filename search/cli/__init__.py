"""Which commands and options are there?

Typer functions that read options and call one function of a room below; no logic of their own. May import every other
room; modules that load torch, Optuna or pandas are imported inside the functions, so that ``--help`` answers at once.
"""
