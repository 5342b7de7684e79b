"""This file is the verbs about orders that are there: `cancel`, `orders`, `fills`."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from cyclopts import Parameter

from woodlot.cli.confirm import LARGE_BATCH, agree, agree_by_name
from woodlot.cli.history import Page, saved
from woodlot.cli.market import FileOption, SinceOption, UntilOption
from woodlot.cli.moments import span
from woodlot.cli.options import (
    EVERYWHERE,
    WHOLE,
    ClientIdOption,
    ConfirmOption,
    DryRunOption,
    Everywhere,
    SymbolOption,
    YesOption,
)
from woodlot.cli.order_rows import FILLS, ORDERS, fill_row, order_row
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, run
from woodlot.cli.symbols import instrument_of
from woodlot.errors import ExchangeError, Rejected
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import (
    CancelAllOrders,
    CancelOrder,
    GetOrder,
    GetOrders,
    GetTransactionHistory,
    OrderRow,
)

_WEEK_MS = 7 * 86_400_000
# "fills, last 2 years" (rest-v3 §9.1.10): before that there is nothing to ask for.
_KEPT_MS = 731 * 86_400_000
_SETTLE_S = (0.0, 0.05, 0.2, 0.5, 1.0, 1.0)


def orders(
    *,
    symbol: SymbolOption = None,
    status: Annotated[StatusFilter, Parameter(help="COMPLETED are those that are over.")] = StatusFilter.INCOMPLETE,
    limit: Annotated[int, WHOLE, Parameter(help="At most so many.")] = 100,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """List orders, newest first: the open ones, or those of any status.

    Example: woodlot orders --status COMPLETED --limit 10
    """
    if limit < 1:
        raise Usage(f"--limit: expected at least 1, got {limit}", hint="see: woodlot orders --help")

    async def show(here: Session) -> None:
        wanted = None if symbol is None else (await instrument_of(here.client, symbol)).symbol
        call = GetOrders(symbol=wanted, status=status, size=min(limit, 500))
        rows: list[OrderRow] = []
        async for row in here.client.pages(call):
            rows.append(row)
            if len(rows) == limit:
                break
        here.printer.rows(ORDERS, map(order_row, rows))
        if not rows:
            here.say("no orders; place one with: woodlot buy BTC/USDT 0.001 --limit 30000")

    run(show, everywhere, private=True)


def fills(
    symbol: Annotated[str | None, Parameter(help="Only of this symbol.")] = None,
    /,
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, WHOLE, Parameter(help="How many of the latest, where no --since is given.")] = 50,
    file: FileOption = None,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """List what was executed: the latest, newest first, or any span of the last two years, oldest first.

    Example: woodlot fills BTC/USDT --since 1d -o csv
    """
    since_ms, until_ms = span(since, until)
    if not 1 <= limit <= 500:
        raise Usage(f"--limit: expected 1 to 500, got {limit}", hint="give --since for more")
    if file is not None and since_ms is None:
        raise Usage("--file needs --since", hint=f"woodlot fills --since 1d --file {file}")

    async def show(here: Session) -> None:
        wanted = None if symbol is None else (await instrument_of(here.client, symbol)).symbol
        if since_ms is None:
            rows = (await here.client.send(GetTransactionHistory(symbol=wanted, limit=limit))).rows
            here.printer.rows(FILLS, map(fill_row, rows[:limit]))
            return
        pages = _fills_between(here, wanted, since_ms, until_ms)
        await saved(here, pages, columns=FILLS, file=file, alike={} if wanted is None else {"symbol": wanted})

    run(show, everywhere, private=True)


def cancel(
    *order_ids: Annotated[int, WHOLE, Parameter(help="The exchange's ids.")],
    client_id: ClientIdOption = None,
    all_orders: Annotated[bool, Parameter(name="--all", negative="", help="Every order there is.")] = False,
    symbol: SymbolOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    confirm: ConfirmOption = None,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Cancel orders by id, or all of them, and show what really became of each.

    Example: woodlot cancel --all --symbol BTC/USDT
    """
    named = bool(order_ids) or client_id is not None
    if named == all_orders:
        raise Usage("say which: ids, --client-id or --all", hint="see what is open with: woodlot orders")

    async def end(here: Session) -> None:
        wanted = None if symbol is None else (await instrument_of(here.client, symbol)).symbol
        calls = [CancelOrder(order_id=order_id, symbol=wanted) for order_id in dict.fromkeys(order_ids)]
        if client_id is not None:
            calls.append(CancelOrder(client_order_id=client_id, symbol=wanted))
        if dry_run:
            from woodlot.cli.dry_run import REQUEST, request_row

            requests = [CancelAllOrders(symbol=wanted)] if all_orders else calls
            here.printer.rows(REQUEST, [request_row(here, request) for request in requests])
        elif all_orders:
            what = f"cancel every order{f' of {wanted}' if wanted else ''}"
            agree_by_name(here, what, confirm=confirm)
            await _cancel_all(here, wanted)
        else:
            await _cancel(here, calls, yes=yes, confirm=confirm)

    run(end, everywhere, private=True)


async def _cancel(here: Session, calls: list[CancelOrder], *, yes: bool, confirm: str | None) -> None:
    what = f"cancel {len(calls)} orders" if len(calls) > 1 else f"cancel order {_handle(calls[0])}"
    if len(calls) >= LARGE_BATCH:
        agree_by_name(here, what, confirm=confirm)
    else:
        agree(here, what, yes=yes)
    rows: list[OrderRow] = []
    failures: list[ExchangeError] = []
    try:
        for number, call in enumerate(calls, 1):
            here.leaving[:] = [f"{number - 1} of {len(calls)} are asked to be cancelled; see: woodlot orders"]
            try:
                await here.client.send(call)
                rows.append(await _settled(here, call))
            except Rejected as failure:
                # One that is over already must not keep the others open.
                failures.append(failure)
                if len(calls) > 1:
                    here.say(f"order {_handle(call)}: {failure}")
        here.leaving.clear()
    finally:
        if rows:
            here.printer.rows(ORDERS, map(order_row, rows))
    if failures:
        raise failures[0]


async def _settled(here: Session, call: CancelOrder) -> OrderRow:
    """The acknowledgement says that the cancel was sent on; a fill may still come first (rest-v3 §7.5)."""
    ask = GetOrder(order_id=call.order_id, client_order_id=call.client_order_id)
    row = await here.client.send(ask)
    for pause_s in _SETTLE_S:
        if row.status.is_final:
            break
        await asyncio.sleep(pause_s)
        row = await here.client.send(ask)
    return row


async def _cancel_all(here: Session, symbol: str | None) -> None:
    ask = GetOrders(symbol=symbol, status=StatusFilter.INCOMPLETE, size=500)
    before = [row async for row in here.client.pages(ask)]
    await here.client.send(CancelAllOrders(symbol=symbol))
    left = before
    for pause_s in _SETTLE_S:
        await asyncio.sleep(pause_s)
        left = [row async for row in here.client.pages(ask)]
        if not left:
            break
    here.say(f"{len(before) - len(left)} cancelled, {len(left)} still open")
    here.printer.rows(ORDERS, map(order_row, left))


async def _fills_between(
    here: Session, symbol: str | None, since_ms: int, until_ms: int | None
) -> AsyncGenerator[Page, int]:
    """Read a span week by week, each oldest first; the exchange lists the newest first."""
    import time

    now_ms = time.time_ns() // 1_000_000
    end_ms = min(until_ms or now_ms, now_ms + 60_000)
    since_ms = max(since_ms, now_ms - _KEPT_MS)
    start_ms = (yield Page((), since_ms, since_ms, end_ms)) or since_ms
    while start_ms < end_ms:
        stop_ms = min(start_ms + _WEEK_MS, end_ms)
        call = GetTransactionHistory(symbol=symbol, start_time=start_ms, end_time=stop_ms, limit=500)
        rows = [row async for row in here.client.pages(call) if start_ms <= row.executed_timestamp.ms < stop_ms]
        rows.sort(key=lambda row: (row.executed_timestamp.ms, row.id))
        yield Page(tuple(map(fill_row, rows)), since_ms, stop_ms, end_ms)
        start_ms = stop_ms


def _handle(call: CancelOrder) -> int | None:
    return call.order_id if call.order_id is not None else call.client_order_id
