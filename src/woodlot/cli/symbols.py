"""This file is how a symbol may be typed, and what is said of one that is not there."""

import re
from difflib import get_close_matches

from woodlot.cli.refusals import NotThere, Usage
from woodlot.rest.async_client import AsyncClient
from woodlot.wire.public import GetInstruments, Instrument

_PAIR = re.compile(r"([A-Z0-9]+)/([A-Z0-9]+)(?::([A-Z0-9]+))?", re.ASCII)
_EXCHANGES = re.compile(r"(SPOT|PERP)_[A-Z0-9]+_[A-Z0-9]+", re.ASCII)


def spelled(text: str) -> str:
    """Return a symbol as the exchange spells it: BTC/USDT is spot, BTC/USDT:USDT the perpetual settled in USDT.

    >>> spelled("btc/usdt"), spelled("BTC/USDT:USDT"), spelled("SPOT_WOO_USDT")
    ('SPOT_BTC_USDT', 'PERP_BTC_USDT', 'SPOT_WOO_USDT')
    """
    wanted = text.strip().upper()
    if pair := _PAIR.fullmatch(wanted):
        base, quote, settled = pair.groups()
        if settled not in {None, quote}:
            raise Usage(f"{text}: a perpetual is settled in its quote asset", hint=f"write {base}/{quote}:{quote}")
        return f"{'SPOT' if settled is None else 'PERP'}_{base}_{quote}"
    if not _EXCHANGES.fullmatch(wanted) and not re.fullmatch(r"[A-Z0-9_-]{1,40}", wanted, re.ASCII):
        raise Usage(f"{text[:40]!r} is no symbol", hint="write BTC/USDT, BTC/USDT:USDT or SPOT_BTC_USDT")
    return wanted


def pair_of(symbol: str) -> str:
    """Return a symbol as people write it.

    >>> pair_of("PERP_BTC_USDT")
    'BTC/USDT:USDT'
    """
    kind, _, pair = symbol.partition("_")
    base, _, quote = pair.partition("_")
    return f"{base}/{quote}:{quote}" if kind == "PERP" else f"{base}/{quote}"


async def instrument_of(client: AsyncClient, text: str) -> Instrument:
    """Return what a typed symbol stands for. Raises NotThere with the nearest ones."""
    wanted = spelled(text)
    rows = (await client.send(GetInstruments())).rows
    for row in rows:
        if row.symbol == wanted:
            return row
    raise NotThere(f"there is no symbol {wanted}", hint=_nearest(wanted, [row.symbol for row in rows]))


def _nearest(wanted: str, listed: list[str]) -> str:
    bare = wanted.replace("_", "").replace("-", "")
    by_bare = {symbol.partition("_")[2].replace("_", ""): symbol for symbol in reversed(listed)}
    near = [by_bare[bare]] if bare in by_bare else get_close_matches(wanted, listed, n=3, cutoff=0.6)
    if not near:
        return "see what there is with: woodlot symbols"
    return f"did you mean {' or '.join(pair_of(symbol) for symbol in near)}?"
