"""Measurements with limits: `python -m bench NAME [--json]`."""

import os

# As in the product (`server.supervisor.children`): a BLAS library's threads cost more than they
# do on matrices of this size, and what they burn is not the measured thread's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
