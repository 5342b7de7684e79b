"""This file is what a safeguard is to an ablation: its name, and a look at one seed with it or without it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Look: TypeAlias = Callable[[int, bool], "str | None"]
"""`look(seed, removed)`: run a seed and return what went wrong, None if nothing did."""


@dataclass(frozen=True, slots=True)
class Safeguard:
    """One safeguard, what stands in its place, and the proof that has to notice."""

    name: str
    instead: str
    look: Look
