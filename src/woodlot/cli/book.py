"""This file is `woodlot book`: a ladder that moves for a person, a line for each change for a program."""

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from woodlot.cli.options import EVERYWHERE, WHOLE, Everywhere
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, run
from woodlot.cli.symbols import instrument_of

if TYPE_CHECKING:
    from woodlot.desk.live_book import LiveBook

CHANGES = ("time", "symbol", "state", "bid", "bid_size", "ask", "ask_size", "spread", "mid", "imbalance")
LEVELS = ("symbol", "side", "level", "price", "size", "total")
_FRAMES_PER_SECOND = 10
_DEPTHS = (50, 200, 500)
_IMBALANCE_LEVELS = 5


def book(
    symbol: Annotated[str, Parameter(help="As BTC/USDT, BTC/USDT:USDT or SPOT_BTC_USDT.")],
    /,
    *,
    levels: Annotated[int, WHOLE, Parameter(help="Levels a side, at most 500.")] = 10,
    once: Annotated[bool, Parameter(negative="", help="Show the book as it is now, and end.")] = False,
    count: Annotated[int | None, WHOLE, Parameter(name=("--count", "-n"), help="End after so many changes.")] = None,
    rpi: Annotated[bool, Parameter(negative="", help="With the orders that only retail takers meet.")] = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Show the live order book of a symbol.

    A terminal shows a ladder until Ctrl-C. Into a pipe goes the touch after each change, a line of JSON each; -o json
    and --once give all levels of one moment.

    Example: woodlot book WOO/USDT
    """
    if not 1 <= levels <= _DEPTHS[-1]:
        raise Usage(f"--levels: expected 1 to {_DEPTHS[-1]}, got {levels}", hint="see: woodlot book --help")
    if count is not None and count < 1:
        raise Usage(f"--count: expected at least 1, got {count}", hint="leave it out to go on until Ctrl-C")

    async def show(here: Session) -> None:
        from woodlot.desk.desk import Desk

        instrument = await instrument_of(here.client, symbol)
        depth = next(depth for depth in _DEPTHS if depth >= levels)
        # Without credentials: looking at a book must not disturb the account's own stream.
        async with Desk.open(here.environment, timeout_s=here.timeout_s) as desk:
            live = await desk.book(instrument.symbol, depth, rpi=rpi, timeout_s=max(here.timeout_s, 1.0))
            if once or here.printer.is_document:
                here.printer.rows(LEVELS, levels_of(live, levels))
            elif here.printer.is_live:
                await _draw(here, live, levels, count)
            else:
                await _stream(here, live, count)

    run(show, everywhere)


def levels_of(live: "LiveBook", count: int) -> list[dict[str, Any]]:
    """Return both sides as rows, best first."""
    rows: list[dict[str, Any]] = []
    for side, levels in zip(("BUY", "SELL"), live.levels(count), strict=True):
        total = Decimal(0)
        for number, (price, size) in enumerate(levels, 1):
            total += size
            rows.append(
                {"symbol": live.symbol, "side": side, "level": number, "price": price, "size": size, "total": total}
            )
    return rows


def change_of(live: "LiveBook") -> dict[str, Any]:
    """Return the touch and what follows from it as a row; a book that cannot be read has a state only."""
    from woodlot.wire.moment import Time

    row: dict[str, Any] = {"symbol": live.symbol, "state": live.state.value}
    if not live.is_readable:
        return row
    bid, ask = live.best_bid or (None, None), live.best_ask or (None, None)
    imbalance = live.imbalance(_IMBALANCE_LEVELS)
    return row | {
        "time": Time.at(live.ts),
        "bid": bid[0],
        "bid_size": bid[1],
        "ask": ask[0],
        "ask_size": ask[1],
        "spread": live.spread,
        "mid": live.mid,
        "imbalance": None if imbalance is None else round(imbalance, 4),
    }


async def _stream(here: Session, live: "LiveBook", count: int | None) -> None:
    lines = here.printer.stream(CHANGES)
    changes = live.changes()
    lines.write(change_of(live))
    told = 1
    while count is None or told < count:
        await anext(changes)
        lines.write(change_of(live))
        told += 1


async def _draw(here: Session, live: "LiveBook", levels: int, count: int | None) -> None:
    from rich.console import Console
    from rich.live import Live

    from woodlot.cli.ladder import ladder

    console = Console(file=here.printer.out)
    changes = live.changes()
    shown = 0
    with Live(console=console, auto_refresh=False, transient=False) as screen:
        while count is None or shown < count:
            screen.update(ladder(live, levels, console), refresh=True)
            shown += 1
            await asyncio.sleep(1 / _FRAMES_PER_SECOND)
            await anext(changes)
