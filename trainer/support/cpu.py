"""How many cores a process may use, in a container too, and with how many threads it computes."""

import math
import os
from pathlib import Path


def available_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """The cores that this process may use: those it may run on, and no more than its container's quota.

    In ``cgroup`` the kernel shows the limits of this process's control group
    (https://docs.kernel.org/admin-guide/cgroup-v2.html, ``cpu.max``).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):  # version 2, version 1
        try:
            limit, period = " ".join((cgroup / name).read_text() for name in files).split()
            share = float(limit) / float(period)
        except (OSError, ValueError, ZeroDivisionError):  # not there, "max", or written in a way we do not know
            continue
        return max(1, min(cores, math.floor(share))) if share > 0 else cores  # version 1 says -1 for no limit
    return cores


def compute_threads(cores: int | None = None) -> int:
    """Threads that compute on so many cores; None means all. ``OMP_NUM_THREADS`` is the most, as for torch itself."""
    cores = cores or available_cores()
    most = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(cores, int(most)) if most.isdecimal() and int(most) else cores
