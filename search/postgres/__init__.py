"""How does the embedded PostgreSQL server run?

Binaries, cluster, start and stop, and locks that count its users. May import ``paths``, ``console`` and ``errors``.
"""
