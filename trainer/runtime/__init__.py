"""What does this machine compute with?

Devices, memory, and whose fault an error is. May import ``data``, ``config`` and what lies below them.
"""
