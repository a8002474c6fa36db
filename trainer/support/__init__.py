"""What does every room need?

Atomic writes, CSV rows, CPU cores, messages of validation. May import ``errors`` only.
"""
