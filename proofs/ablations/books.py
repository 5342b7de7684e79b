"""This file is the safeguards of the order book, and the book weather that misses them."""

from typing import Any

from proofs.ablations.safeguard import Safeguard
from proofs.book_weather import Broken, Weather
from woodlot.book.chain import Delta
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Transition
from woodlot.book.update import Update

_DELTAS = 400
_DEEP = 10_000
# Orders that come and go between two updates: what a snapshot shows of them agrees with other snapshots only.
_FLICKERING = {"off_grid": True, "flicker": 0.9}


class Unchecked(Synchroniser):
    """Believe that every update comes next."""

    def delta(self, delta: Update, *, now_s: float) -> Transition:
        if self.state is BookState.SYNCED and delta.ts > self.read().ts:
            delta = Delta(delta.symbol, self.read().ts, delta.ts, delta.bids, delta.asks)
        return super().delta(delta, now_s=now_s)


class Unbuffered(Synchroniser):
    """Forget what comes before the snapshot, as a program does that asks for the book first."""

    def delta(self, delta: Update, *, now_s: float) -> Transition:
        if not self.state.is_readable:
            return Transition.UNEXPECTED
        return super().delta(delta, now_s=now_s)


class Untruncated(Synchroniser):
    """Keep every level that was ever told of."""

    def __init__(self, symbol: str, *, depth: int, now_s: float) -> None:
        del depth
        super().__init__(symbol, depth=_DEEP, now_s=now_s)


class Hasty(Synchroniser):
    """Believe a straddled book once a single snapshot agrees with it."""

    witnesses_needed = 1


def _look(seed: int, kind: type[Synchroniser], **certain: Any) -> str | None:
    weather = Weather.of(seed, kind=kind, **certain)
    try:
        weather.run(_DELTAS)
        weather.calm()
    except Broken as broken:
        return str(broken).partition("\n")[0]
    return None


SAFEGUARDS = (
    Safeguard(
        "prevTs check",
        "every update is taken for the next",
        lambda seed, removed: _look(seed, Unchecked if removed else Synchroniser),
    ),
    Safeguard(
        "buffer before the snapshot",
        "updates before the snapshot are dropped",
        lambda seed, removed: _look(seed, Unbuffered if removed else Synchroniser),
    ),
    Safeguard(
        "window truncation",
        "levels beyond the depth are kept",
        lambda seed, removed: _look(seed, Untruncated if removed else Synchroniser),
    ),
    Safeguard(
        "several witnesses of a straddled book",
        "one more snapshot that agrees is enough",
        lambda seed, removed: _look(seed, Hasty if removed else Synchroniser, **_FLICKERING),
    ),
)
