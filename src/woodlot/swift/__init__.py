"""The hot path of a book in C, where it could be compiled; plain Python does the same everywhere else.

Decision 9 (`docs/decisions/0009-a-hot-path-in-c.md`) says what it costs, when it declines, and how the two are kept
equal.
"""

import os

PURE = "WOODLOT_PURE"
"""Set this variable of the environment to anything but 0 to go without: when it runs, or when a wheel is built."""

try:
    from woodlot.swift import _swift
except ImportError:
    # Never compiled, compiled for another Python, or in use by another interpreter of this process.
    compiled = None
else:
    compiled = _swift if os.environ.get(PURE, "0") in {"", "0"} else None

IS_COMPILED = compiled is not None
"""Whether books of this process are kept in C. `woodlot doctor` tells it too."""
