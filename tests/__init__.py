"""Tests of tlsmc, in the rooms of the package."""

import os

# Two workers and all that they start share two cores: threads of linear algebra that wait for each other take most of
# the time.  This must be said before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
