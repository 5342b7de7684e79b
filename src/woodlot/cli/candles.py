"""This file is how candles of any span are read: pages of the exchange's history, oldest first."""

import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from woodlot.cli.history import Page
from woodlot.rest.async_client import AsyncClient
from woodlot.wire.enums import KlineType
from woodlot.wire.public import Candle, GetKline, GetKlineHistory

COLUMNS = ("time", "symbol", "interval", "open", "high", "low", "close", "volume", "amount")
_PAGE = 1000
_MINUTE_MS = 60_000
# How far one page reaches. The long ones are not all alike; the longest of each is what a page may skip over.
_LENGTHS_MS = {
    KlineType.MINUTE_1: _MINUTE_MS,
    KlineType.MINUTE_3: 3 * _MINUTE_MS,
    KlineType.MINUTE_5: 5 * _MINUTE_MS,
    KlineType.MINUTE_15: 15 * _MINUTE_MS,
    KlineType.MINUTE_30: 30 * _MINUTE_MS,
    KlineType.HOUR_1: 60 * _MINUTE_MS,
    KlineType.HOUR_2: 120 * _MINUTE_MS,
    KlineType.HOUR_4: 240 * _MINUTE_MS,
    KlineType.HOUR_6: 360 * _MINUTE_MS,
    KlineType.HOUR_12: 720 * _MINUTE_MS,
    KlineType.DAY_1: 1440 * _MINUTE_MS,
    KlineType.WEEK_1: 7 * 1440 * _MINUTE_MS,
    KlineType.MONTH_1: 28 * 1440 * _MINUTE_MS,
    KlineType.YEAR_1: 365 * 1440 * _MINUTE_MS,
}


async def latest(client: AsyncClient, symbol: str, interval: KlineType, limit: int) -> list[dict[str, Any]]:
    """Return the latest candles, oldest first."""
    rows = (await client.send(GetKline(symbol=symbol, type=interval, limit=limit))).rows
    return [_row(row) for row in sorted(rows, key=lambda row: row.start_timestamp)]


async def candles_between(
    client: AsyncClient, symbol: str, interval: KlineType, since_ms: int, until_ms: int | None, *, ended: bool
) -> AsyncGenerator[Page, int]:
    """Read the candles that start in a span, page by page. Sending a time moves the start there: for going on.

    Each page is asked for by its end (`before`), since that is what the exchange counts pages from; the start of the
    next is where this one ended, so a page without trades is passed over and not taken for the end. `ended` leaves out
    the candle that still grows.
    """
    now_ms = _now_ms()
    end_ms = min(until_ms or now_ms, now_ms)
    reach_ms = _LENGTHS_MS[interval] * _PAGE
    start_ms = (yield Page((), since_ms, since_ms, end_ms)) or since_ms
    while start_ms < end_ms:
        stop_ms = min(start_ms + reach_ms, end_ms)
        call = GetKlineHistory(symbol=symbol, type=interval, before=stop_ms, limit=_PAGE)
        rows = (await client.send(call)).rows
        fresh = sorted((row for row in rows if start_ms <= row.start_timestamp.ms < stop_ms), key=_start)
        if ended:
            fresh = [row for row in fresh if row.end_timestamp.ms <= now_ms]
        yield Page(tuple(map(_row, fresh)), since_ms, stop_ms, end_ms)
        start_ms = stop_ms


def _row(row: Candle) -> dict[str, Any]:
    return {
        "time": row.start_timestamp,
        "symbol": row.symbol,
        "interval": row.type,
        "open": row.open,
        "high": row.high,
        "low": row.low,
        "close": row.close,
        "volume": row.volume,
        "amount": row.amount,
    }


def _start(row: Candle) -> datetime:
    return row.start_timestamp.astimezone(UTC)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
