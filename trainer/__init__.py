"""Train and apply image classifiers; knows nothing of Optuna."""

import os

# Read when torch is loaded. Threads of OpenMP that wait for each other spin; libgomp's own patience is fifteen times
# as long, which gains nothing on idle cores and costs most of the speed where another process wants one of them
# (docs/performance.md).
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
