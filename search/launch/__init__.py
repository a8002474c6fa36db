"""Which processes run the workers, and who watches them?

Setup process, fork server, worker processes, their supervisor and the progress that people see. May import ``worker``
and what lies below it; the process that watches loads no torch.
"""
