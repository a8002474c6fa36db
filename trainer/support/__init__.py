"""What does every room need?

Atomic writes, CSV rows, CPU cores, messages of validation, the version of the code. May import ``errors`` only.
"""
