"""This file is which of the benchmark-only dependencies are here; without one, its rows are left out and said so."""

import importlib.util


def is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
