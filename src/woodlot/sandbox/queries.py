"""This file is how an account's orders and fills are listed: filters, pages, newest first (rest-v3 §3.4, §9.1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Final, TypeVar

from woodlot.sandbox.accounts import Account, Fill
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.refusal import refusal
from woodlot.sandbox.reports import order_row, transaction
from woodlot.wire.answer import Meta
from woodlot.wire.enums import Side, StatusFilter
from woodlot.wire.moment import Moment, milliseconds
from woodlot.wire.trade import GetOrders, GetTransactionHistory, OrderRows, Transaction, TransactionRows

# "default **100** and max 500 on `trade/orders`" (rest-v3 §3.4)
ORDERS_PER_PAGE: Final = 100
MOST_ORDERS_PER_PAGE: Final = 500
FILLS_PER_PAGE: Final = 100
"""As recorded without a `limit`; the largest `limit` is not documented."""
MOST_FILLS_PER_PAGE: Final = 1000

RowT = TypeVar("RowT")

_BUNDLES: Final = {
    StatusFilter.INCOMPLETE: frozenset({"NEW", "PARTIAL_FILLED"}),
    StatusFilter.COMPLETED: frozenset({"CANCELLED", "FILLED", "REJECTED"}),
}


def list_orders(
    account: Account, query: GetOrders, *, markets: Mapping[str, Market], by_change: bool = False
) -> OrderRows:
    """Return one page of the orders that fit the query. Raises a Refusal for a page that cannot be."""
    found = list(_matching_orders(account, query, by_change=by_change))
    shown, meta = page_of(found, page=query.page, size=query.size, default=ORDERS_PER_PAGE, most=MOST_ORDERS_PER_PAGE)
    with_pnl = bool(query.with_realized_pnl)
    return OrderRows(
        rows=tuple(order_row(order, market=markets[order.symbol], with_pnl=with_pnl) for order in shown), meta=meta
    )


def list_fills(
    account: Account, query: GetTransactionHistory, *, markets: Mapping[str, Market], from_id_is_inclusive: bool
) -> TransactionRows:
    """Return fills, newest first; with `from_id` those that come first from there on, so that one can go on after them.

    Raises a Refusal for a limit that cannot be.
    """
    limit = _within(query.limit, FILLS_PER_PAGE, 1, MOST_FILLS_PER_PAGE, "limit")
    found = list(_matching_fills(account, query, from_id_is_inclusive=from_id_is_inclusive))
    shown = found[-limit:] if query.from_id is None else found[:limit]
    return TransactionRows(
        rows=tuple(transaction(fill, market=markets[fill.symbol]) for fill in reversed(shown)),
        meta=Meta(total=len(found), records_per_page=limit, current_page=1),
    )


def find_fill(account: Account, trade_id: int, *, markets: Mapping[str, Market]) -> Transaction:
    """Return one fill by its trade id. Raises a Refusal if it is not this account's."""
    for fill in reversed(account.fills):
        if fill.id == trade_id:
            return transaction(fill, market=markets[fill.symbol])
    raise refusal(317149)


def fills_of(account: Account, order_id: int, *, markets: Mapping[str, Market]) -> tuple[Transaction, ...]:
    """Return those fills of one order that are remembered, newest first."""
    return tuple(
        transaction(fill, market=markets[fill.symbol]) for fill in reversed(account.fills) if fill.order_id == order_id
    )


def page_of(
    rows: Sequence[RowT], *, page: int | None, size: int | None, default: int, most: int
) -> tuple[tuple[RowT, ...], Meta]:
    """Return one page of rows that are newest first. Raises a Refusal for a page that cannot be."""
    page, size = _within(page, 1, 1, 10**9, "page"), _within(size, default, 1, most, "size")
    shown = tuple(rows[(page - 1) * size : page * size])
    return shown, Meta(total=len(rows), records_per_page=size, current_page=page)


def bounds_ms(start: Moment | None, end: Moment | None) -> tuple[float, float]:
    """Return the first and last moment of a query; both belong to it (rest-v3 §14 no 14)."""
    return (
        -inf if start is None else milliseconds(start, "start_time"),
        inf if end is None else milliseconds(end, "end_time"),
    )


def _matching_orders(account: Account, query: GetOrders, *, by_change: bool) -> Iterator[Order]:
    # The few open ones are asked for all the time; do not walk through a hundred thousand finished ones for them.
    wanted = _statuses(query.status)
    is_open_only = wanted is not None and wanted <= _BUNDLES[StatusFilter.INCOMPLETE]
    candidates: Iterable[Order] = reversed((account.open if is_open_only else account.orders or account.open).values())
    start_ms, end_ms = bounds_ms(query.start_time, query.end_time)
    for order in candidates:
        if (
            (query.symbol is None or order.symbol == query.symbol)
            and (query.side is None or order.is_buy == (query.side is Side.BUY))
            and (query.position_side is None or order.stance.side is query.position_side)
            and (query.type is None or order.type is query.type)
            and (query.order_tag is None or order.tag == query.order_tag)
            and (wanted is None or order.status in wanted)
            and start_ms <= (order.changed_ms if by_change else order.created_ms) <= end_ms
        ):
            yield order


def _statuses(word: StatusFilter | None) -> frozenset[str] | None:
    return None if word is None else _BUNDLES.get(word, frozenset({word.value}))


def _matching_fills(account: Account, query: GetTransactionHistory, *, from_id_is_inclusive: bool) -> Iterator[Fill]:
    start_ms, end_ms = bounds_ms(query.start_time, query.end_time)
    first = query.from_id
    for fill in account.fills:
        if (
            (query.symbol is None or fill.symbol == query.symbol)
            and (first is None or fill.id > first or (from_id_is_inclusive and fill.id == first))
            and start_ms <= fill.ts <= end_ms
        ):
            yield fill


def _within(value: int | None, default: int, least: int, most: int, name: str) -> int:
    if value is None:
        return default
    if not least <= value <= most:
        raise refusal(-1005, problem=f"{name} must be {least} to {most}")
    return value
