"""This file is how an account's orders and fills are listed: filters, pages, newest first (rest-v3 §3.4, §9.1)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from math import inf
from typing import Final

from woodlot.sandbox.accounts import Account, Fill
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.refusal import refusal
from woodlot.sandbox.reports import order_row, transaction
from woodlot.wire.answer import Meta
from woodlot.wire.enums import PositionSide, Side, StatusFilter
from woodlot.wire.moment import milliseconds
from woodlot.wire.trade import GetOrders, GetTransactionHistory, OrderRows, TransactionRows

# "default **100** and max 500 on `trade/orders`" (rest-v3 §3.4)
ORDERS_PER_PAGE: Final = 100
MOST_ORDERS_PER_PAGE: Final = 500
FILLS_PER_PAGE: Final = 100
"""As recorded without a `limit`; the largest `limit` is not documented."""
MOST_FILLS_PER_PAGE: Final = 1000

_BUNDLES: Final = {
    StatusFilter.INCOMPLETE: frozenset({"NEW", "PARTIAL_FILLED"}),
    StatusFilter.COMPLETED: frozenset({"CANCELLED", "FILLED", "REJECTED"}),
}


def list_orders(account: Account, query: GetOrders, *, markets: Mapping[str, Market]) -> OrderRows:
    """Return one page of the orders that fit the query. Raises a Refusal for a page that cannot be."""
    page = _within(query.page, 1, 1, 10**9, "page")
    size = _within(query.size, ORDERS_PER_PAGE, 1, MOST_ORDERS_PER_PAGE, "size")
    found = list(_matching_orders(account, query))
    start = (page - 1) * size
    return OrderRows(
        rows=tuple(order_row(order, market=markets[order.symbol]) for order in found[start : start + size]),
        meta=Meta(total=len(found), records_per_page=size, current_page=page),
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


def _matching_orders(account: Account, query: GetOrders) -> Iterator[Order]:
    # The few open ones are asked for all the time; do not walk through a hundred thousand finished ones for them.
    wanted = _statuses(query.status)
    is_open_only = wanted is not None and wanted <= _BUNDLES[StatusFilter.INCOMPLETE]
    candidates: Iterable[Order] = reversed((account.open if is_open_only else account.orders or account.open).values())
    if query.position_side not in {None, PositionSide.BOTH}:
        candidates = islice(candidates, 0)
    start_ms, end_ms = _bounds_ms(query)
    for order in candidates:
        if (
            (query.symbol is None or order.symbol == query.symbol)
            and (query.side is None or order.is_buy == (query.side is Side.BUY))
            and (query.type is None or order.type is query.type)
            and (query.order_tag is None or order.tag == query.order_tag)
            and (wanted is None or order.status in wanted)
            and start_ms <= order.created_ms <= end_ms
        ):
            yield order


def _statuses(word: StatusFilter | None) -> frozenset[str] | None:
    return None if word is None else _BUNDLES.get(word, frozenset({word.value}))


def _matching_fills(account: Account, query: GetTransactionHistory, *, from_id_is_inclusive: bool) -> Iterator[Fill]:
    start_ms, end_ms = _bounds_ms(query)
    first = query.from_id
    for fill in account.fills:
        if (
            (query.symbol is None or fill.symbol == query.symbol)
            and (first is None or fill.id > first or (from_id_is_inclusive and fill.id == first))
            and start_ms <= fill.ts <= end_ms
        ):
            yield fill


def _bounds_ms(query: GetOrders | GetTransactionHistory) -> tuple[float, float]:
    """Return the query's first and last moment; both belong to it (rest-v3 §14 no 14)."""
    start, end = query.start_time, query.end_time
    return (
        -inf if start is None else milliseconds(start, "start_time"),
        inf if end is None else milliseconds(end, "end_time"),
    )


def _within(value: int | None, default: int, least: int, most: int, name: str) -> int:
    if value is None:
        return default
    if not least <= value <= most:
        raise refusal(-1005, problem=f"{name} must be {least} to {most}")
    return value
