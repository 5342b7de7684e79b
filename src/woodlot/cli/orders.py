"""This file is the verbs about orders that are there: `cancel`, `orders`, `fills`, and the noun `order`."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from cyclopts import App, Parameter

from woodlot.cli.confirm import LARGE_BATCH, agree, agree_by_name
from woodlot.cli.history import Page, saved
from woodlot.cli.market import FileOption, SinceOption, UntilOption
from woodlot.cli.moments import span
from woodlot.cli.options import EVERYWHERE, Everywhere
from woodlot.cli.order_rows import FILLS, ORDER, ORDERS, fill_row, order_row
from woodlot.cli.refusals import Usage
from woodlot.cli.session import Session, run
from woodlot.cli.symbols import instrument_of
from woodlot.wire.enums import StatusFilter
from woodlot.wire.trade import (
    CancelAllOrders,
    CancelOrder,
    EditOrder,
    GetOrder,
    GetOrders,
    GetTransactionHistory,
    OrderRow,
)

app = App(name="order", help="One order: what became of it, and changing it.")
SymbolOption = Annotated[str | None, Parameter(help="Only of this symbol.")]
ConfirmOption = Annotated[str | None, Parameter(help="The profile's name, where it would be asked for.")]
YesOption = Annotated[bool, Parameter(name=("--yes", "-y"), negative="", help="Do not ask, where that is allowed.")]
_WEEK_MS = 7 * 86_400_000
_SETTLE_S = (0.0, 0.05, 0.2, 0.5, 1.0, 1.0)


def orders(
    *,
    symbol: SymbolOption = None,
    status: Annotated[StatusFilter, Parameter(help="COMPLETED are those that are over.")] = StatusFilter.INCOMPLETE,
    limit: Annotated[int, Parameter(help="At most so many.")] = 100,
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
    limit: Annotated[int, Parameter(help="How many of the latest, where no --since is given.")] = 50,
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
        await saved(here, _fills_between(here, wanted, since_ms, until_ms), columns=FILLS, file=file)

    run(show, everywhere, private=True)


def cancel(
    *order_ids: Annotated[int, Parameter(help="The exchange's ids.")],
    client_id: Annotated[int | None, Parameter(help="Your own id of one order.")] = None,
    all_orders: Annotated[bool, Parameter(name="--all", negative="", help="Every order there is.")] = False,
    symbol: SymbolOption = None,
    dry_run: Annotated[bool, Parameter(negative="", help="Show what would be sent.")] = False,
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
        calls = [CancelOrder(order_id=order_id, symbol=wanted) for order_id in order_ids]
        if client_id is not None:
            calls.append(CancelOrder(client_order_id=client_id, symbol=wanted))
        if dry_run:
            requests = [CancelAllOrders(symbol=wanted)] if all_orders else calls
            rows = [{"method": str(call.endpoint.method), "path": call.target, "signed": True} for call in requests]
            here.printer.rows(("method", "path", "signed"), rows)
        elif all_orders:
            what = f"cancel every order{f' of {wanted}' if wanted else ''}"
            agree_by_name(here, what, confirm=confirm)
            await _cancel_all(here, wanted)
        else:
            await _cancel(here, calls, yes=yes, confirm=confirm)

    run(end, everywhere, private=True)


@app.command
def show(
    order_id: Annotated[int | None, Parameter(help="The exchange's id.")] = None,
    /,
    *,
    client_id: Annotated[int | None, Parameter(help="Your own id.")] = None,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Ask the exchange what it knows of one order; this is how an unknown outcome becomes known.

    Example: woodlot order show 12345
    """
    _one_of(order_id, client_id)

    async def ask(here: Session) -> None:
        row = await here.client.send(GetOrder(order_id=order_id, client_order_id=client_id))
        here.printer.one(ORDER, order_row(row))

    run(ask, everywhere, private=True)


@app.command
def amend(
    order_id: Annotated[int | None, Parameter(help="The exchange's id.")] = None,
    /,
    *,
    client_id: Annotated[int | None, Parameter(help="Your own id.")] = None,
    limit: Annotated[str | None, Parameter(help="The new price.")] = None,
    quantity: Annotated[str | None, Parameter(help="The new quantity, what is filled already included.")] = None,
    yes: YesOption = False,
    everywhere: Everywhere = EVERYWHERE,
) -> None:
    """Change the price, the quantity or both of an open order; it keeps its id.

    Example: woodlot order amend 12345 --limit 29000
    """
    _one_of(order_id, client_id)
    edit = EditOrder(order_id=order_id, client_order_id=client_id, price=limit, quantity=quantity)

    async def change(here: Session) -> None:
        changes = " and ".join(f"{name} {value}" for name, value in (("price", limit), ("quantity", quantity)) if value)
        agree(here, f"change order {order_id or client_id} to {changes}", yes=yes)
        await here.client.send(edit)
        row = await here.client.send(GetOrder(order_id=order_id, client_order_id=client_id))
        here.printer.one(ORDER, order_row(row))

    run(change, everywhere, private=True)


async def _cancel(here: Session, calls: list[CancelOrder], *, yes: bool, confirm: str | None) -> None:
    what = f"cancel {len(calls)} orders" if len(calls) > 1 else f"cancel order {_handle(calls[0])}"
    if len(calls) >= LARGE_BATCH:
        agree_by_name(here, what, confirm=confirm)
    else:
        agree(here, what, yes=yes)
    rows: list[OrderRow] = []
    for number, call in enumerate(calls, 1):
        here.leaving[:] = [f"{number - 1} of {len(calls)} are asked to be cancelled; see: woodlot orders"]
        await here.client.send(call)
        rows.append(await _settled(here, call))
    here.leaving.clear()
    here.printer.rows(ORDERS, map(order_row, rows))


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

    end_ms = min(until_ms or time.time_ns() // 1_000_000, time.time_ns() // 1_000_000 + 60_000)
    start_ms = (yield Page((), since_ms, since_ms, end_ms)) or since_ms
    while start_ms < end_ms:
        stop_ms = min(start_ms + _WEEK_MS, end_ms)
        call = GetTransactionHistory(symbol=symbol, start_time=start_ms, end_time=stop_ms, limit=500)
        rows = [row async for row in here.client.pages(call) if start_ms <= row.executed_timestamp.ms < stop_ms]
        rows.sort(key=lambda row: (row.executed_timestamp.ms, row.id))
        yield Page(tuple(map(fill_row, rows)), since_ms, stop_ms, end_ms)
        start_ms = stop_ms


def _one_of(order_id: int | None, client_id: int | None) -> None:
    if (order_id is None) == (client_id is None):
        raise Usage("name the order once: ORDER-ID or --client-id", hint="see what is open with: woodlot orders")


def _handle(call: CancelOrder) -> int | None:
    return call.order_id if call.order_id is not None else call.client_order_id
