"""This file is an error that a case waits for: that it comes, and what it says."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from woodlot.errors import WoodlotError

ErrorT = TypeVar("ErrorT", bound=WoodlotError)


@dataclass
class Caught(Generic[ErrorT]):
    """The error that came."""

    _error: ErrorT | None = None

    @property
    def error(self) -> ErrorT:
        assert self._error is not None
        return self._error

    def take(self, error: ErrorT) -> None:
        self._error = error


@contextmanager
def refused(kind: type[ErrorT]) -> Generator[Caught[ErrorT]]:
    """Expect an error of this kind, and give it to who asks."""
    caught: Caught[ErrorT] = Caught()
    try:
        yield caught
    except kind as error:
        caught.take(error)
    else:
        raise AssertionError(f"expected {kind.__name__}, and nothing was raised")
