"""This file is the daily verbs about the market: trades, ticker, candles, symbols."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from woodlot.cli.candles import COLUMNS as CANDLES
from woodlot.cli.candles import candles_between, latest
from woodlot.cli.history import saved
from woodlot.cli.moments import span
from woodlot.cli.options import EVERYWHERE, WHOLE, Everywhere
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, run
from woodlot.cli.symbols import instrument_of, pair_of, spelled
from woodlot.stream.continuity import Interrupted
from woodlot.wire.enums import KlineType
from woodlot.wire.events import TradePrint
from woodlot.wire.moment import Time
from woodlot.wire.public import Candle, GetInstruments, GetKline, GetMarketTrades, GetOrderBook, Instrument

TRADES = ("time", "symbol", "side", "price", "size")
TICKER = ("symbol", "last", "change", "open", "high", "low", "volume", "amount", "bid", "ask")
SYMBOLS = ("symbol", "pair", "status", "price_step", "size_step", "size_min", "size_max", "notional_min", "bid_floor")
_HOURS = 24
Interval = Literal["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1mon", "1y"]
"""The lengths of KlineType, as the exchange spells them and a person types them."""
SymbolArgument = Annotated[str, Parameter(help="As BTC/USDT, BTC/USDT:USDT or SPOT_BTC_USDT.")]
FileOption = Annotated[
    Path | None,
    Parameter(name="--file", help="Save to this file (.csv or .ndjson); the same again goes on from there."),
]
SinceOption = Annotated[str | None, Parameter(help="From here on: a date, a time, or 3h (ago). UTC.")]
UntilOption = Annotated[str | None, Parameter(help="Up to here; now, if left out.")]


def trades(
    symbol: SymbolArgument,
    /,
    *,
    follow: Annotated[bool, Parameter(name=("--follow", "-f"), negative="", help="Go on as they happen.")] = False,
    limit: Annotated[int, WHOLE, Parameter(help="How many of the latest, at most 1000.")] = 20,
    count: Annotated[int | None, WHOLE, Parameter(name=("--count", "-n"), help="End a --follow after so many.")] = None,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """List the latest public trades, newest first, or follow them.

    The exchange tells only the latest thousand; what is older is in the candles.

    Example: woodlot trades BTC/USDT --limit 5
    """
    if count is not None and count < 1:
        raise Usage(f"--count: expected at least 1, got {count}", hint="leave it out to go on until Ctrl-C")
    if not 1 <= limit <= 1000:
        raise Usage(f"--limit: expected 1 to 1000, got {limit}", hint="older trades are only in the candles")

    async def show(here: Session) -> None:
        instrument = await instrument_of(here.client, symbol)
        if follow:
            await _follow(here, instrument, count)
            return
        rows = (await here.client.send(GetMarketTrades(symbol=instrument.symbol, limit=limit))).rows
        here.printer.rows(TRADES, (_trade(row.executed_timestamp, row.symbol, row.side, row.executed_price,
                                          row.executed_quantity) for row in rows))  # fmt: skip

    run(show, everywhere)


def ticker(
    *symbols: Annotated[str, Parameter(help="One symbol or several.")],
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Show the last 24 hours of symbols, from their hourly candles, and the touch.

    Example: woodlot ticker BTC/USDT ETH/USDT
    """
    if not symbols:
        raise Usage("ticker needs a symbol", hint="woodlot ticker BTC/USDT")

    async def show(here: Session) -> None:
        known = [await instrument_of(here.client, symbol) for symbol in symbols]
        here.printer.rows(TICKER, await asyncio.gather(*(_ticker(here, row.symbol) for row in known)))

    run(show, everywhere)


def candles(
    symbol: SymbolArgument,
    /,
    *,
    interval: Annotated[Interval, Parameter(name=("--interval", "-i"), help="The length of each.")] = "1m",
    limit: Annotated[int, WHOLE, Parameter(help="How many of the latest, where no --since is given.")] = 20,
    since: SinceOption = None,
    until: UntilOption = None,
    file: FileOption = None,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """List candles, oldest first, or save any span of them to a file.

    A span is read page by page. Saved to a file, the same command again goes on behind the last whole line; the candle
    of this very moment is left out there until it has ended.

    Example: woodlot candles BTC/USDT --interval 5m --since 1h -o csv
    """
    since_ms, until_ms = span(since, until)
    kind = KlineType(interval)
    if not 1 <= limit <= 1000:
        raise Usage(f"--limit: expected 1 to 1000, got {limit}", hint="give --since for more")
    if file is not None and since_ms is None:
        raise Usage("--file needs --since", hint=f"woodlot candles {symbol} --since 1d --file {file}")

    async def show(here: Session) -> None:
        listed = (await instrument_of(here.client, symbol)).symbol
        if since_ms is None:
            here.printer.rows(CANDLES, await latest(here.client, listed, kind, limit))
            return
        pages = candles_between(here.client, listed, kind, since_ms, until_ms, ended=file is not None)
        await saved(here, pages, columns=CANDLES, file=file, alike={"symbol": listed, "interval": kind.value})

    run(show, everywhere)


def symbols(
    pattern: Annotated[str | None, Parameter(help="Only those that contain this.")] = None,
    /,
    *,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """List what can be traded, with its steps and bounds.

    Example: woodlot symbols BTC
    """

    async def show(here: Session) -> None:
        wanted = "" if pattern is None else spelled(pattern)
        rows = (await here.client.send(GetInstruments())).rows
        found = [row for row in rows if wanted in row.symbol]
        if wanted and not found:
            await instrument_of(here.client, pattern or "")
        here.printer.rows(SYMBOLS, map(_instrument, found))

    run(show, everywhere)


async def _follow(here: Session, instrument: Instrument, count: int | None) -> None:
    from woodlot.desk.desk import Desk

    lines = None if here.printer.is_live else here.printer.stream(TRADES)
    told = 0
    async with Desk.open(here.environment, timeout_s=here.timeout_s) as desk:
        async for heard in desk.trades(instrument.symbol, gaps=True):
            match heard:
                case TradePrint() as trade:
                    row = _trade(Time.at(trade.ts), trade.symbol, trade.side, trade.price, trade.size)
                    if lines is None:
                        here.printer.out.write(_line(row))
                    else:
                        lines.write(row)
                    told += 1
                case Interrupted():
                    here.say("the stream is interrupted; trades are missing from here on until it is back")
                case _:
                    pass
            if told == count:
                return


async def _ticker(here: Session, symbol: str) -> dict[str, Any]:
    hours, book = await asyncio.gather(
        here.client.send(GetKline(symbol=symbol, type=KlineType.HOUR_1, limit=_HOURS)),
        here.client.send(GetOrderBook(symbol=symbol, max_level=1)),
    )
    day: list[Candle] = sorted(hours.rows, key=lambda row: row.start_timestamp)
    row: dict[str, Any] = {
        "symbol": symbol,
        "bid": book.bids[0].price if book.bids else None,
        "ask": book.asks[0].price if book.asks else None,
    }
    if not day:
        return row
    return row | {
        "last": day[-1].close,
        "change": f"{(day[-1].close / day[0].open - 1) * 100:+.2f}%" if day[0].open else None,
        "open": day[0].open,
        "high": max(hour.high for hour in day),
        "low": min(hour.low for hour in day),
        "volume": sum(hour.volume for hour in day),
        "amount": sum(hour.amount for hour in day),
    }


def _trade(time: Time, symbol: str, side: object, price: object, size: object) -> dict[str, Any]:
    return {"time": time, "symbol": symbol, "side": str(side), "price": price, "size": size}


def _line(row: dict[str, Any]) -> str:
    return f"{row['time']:%H:%M:%S}  {row['side']:<4}  {row['price']:>14f}  {row['size']:>16f}\n"


def _instrument(row: Instrument) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "pair": pair_of(row.symbol),
        "status": str(row.status),
        "price_step": row.quote_tick,
        "size_step": row.base_tick,
        "size_min": row.base_min,
        "size_max": row.base_max,
        "notional_min": row.min_notional,
        "bid_floor": row.bid_floor_ratio,
    }
