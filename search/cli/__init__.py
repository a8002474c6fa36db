"""Which commands and options are there?

Typer functions that read options, call ``api`` or a room below, and print what comes back. May import every other
room; modules that load torch, Optuna or pandas are imported inside the functions, so that ``--help`` answers at once.
"""
