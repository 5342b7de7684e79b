"""This file is an update of a book as plain Python reads it: the levels as they came, and which of them leave.

All sizes of an update are looked at in one go, so that whoever keeps a book only moves texts about.
"""

from collections.abc import Sequence

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from woodlot.wire.answer import decoder
from woodlot.wire.events import PriceLevel

LEAST, MOST = 1e-30, 1e30
"""No market is near these bounds; a number beyond them is garbage."""
# What a number above zero and below `LEAST` holds where it is spelled without exponent.
_SPECK = "0" * 30

# Measured: msgspec reads these numbers several times faster than float(), rounds as it does, and takes what JSON
# calls a number and nothing else: no "nan", no "inf", no "1_0".
JSON_NUMBERS = Decoder(list[float])


class BookUpdate(Struct, frozen=True, gc=False):
    """One `orderbookupdate`.

    `leaving` are the levels of both sides whose size is zero, or None where a size is not plain: then its numbers are
    for others to judge.
    """

    symbol: str
    prev_ts: int
    ts: int
    bids: list[PriceLevel]
    asks: list[PriceLevel]
    leaving: Sequence[PriceLevel] | None


class _Data(Struct, gc=False, rename={"symbol": "s", "prev_ts": "prevTs"}):
    symbol: str
    prev_ts: int
    ts: int
    bids: list[PriceLevel]
    asks: list[PriceLevel]


class _Frame(Struct, gc=False):
    topic: str
    data: _Data
    ts: int = 0


_decode_numbers = JSON_NUMBERS.decode
decode_update = decoder(_Frame).decode
"""Return the frame of an update. Raises msgspec.DecodeError, UnicodeError or RecursionError for what is none."""


def judged(data: _Data) -> BookUpdate:
    """Look at the sizes of an update."""
    bids, asks = data.bids, data.asks
    return BookUpdate(data.symbol, data.prev_ts, data.ts, bids, asks, leaving(bids, asks))


def leaving(bids: Sequence[PriceLevel], asks: Sequence[PriceLevel]) -> Sequence[PriceLevel] | None:
    """Return the levels of both sides whose size is zero, or None where a size is not plain.

    Plain is what JSON calls a number, without sign and exponent, and zero or between `LEAST` and `MOST`.
    """
    levels = [*bids, *asks]
    text = ",".join([size for _, size in levels])
    if "-" in text or "e" in text or "E" in text or _SPECK in text:
        return None
    try:
        numbers = _decode_numbers(f"[{text}]")
    except MsgspecError:
        return None
    # None is below zero, so none is above `MOST` if not their sum is.
    if len(numbers) != len(levels) or sum(numbers) > MOST:
        return None
    return [level for level, number in zip(levels, numbers, strict=True) if not number]
