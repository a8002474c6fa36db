"""How is the database reached, and who may work on which trial?

Connections, passwords, our tables, leases, retries and counts. May import ``postgres``, ``paths``, ``console`` and
``errors``.
"""
