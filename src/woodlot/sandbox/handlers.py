"""This file is one handler for each request of the wire, and the route table that is made from their endpoints."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from woodlot.clock import Clock
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.feed import Feed
from woodlot.sandbox.history import MOST_TRADES, History
from woodlot.sandbox.listen_keys import ListenKeys
from woodlot.sandbox.parameters import invalid
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.replies import InvalidRequest
from woodlot.wire.account import AccountInfo, CreateListenKey, GetAccountInfo, ListenKey
from woodlot.wire.answer import Answer, Time
from woodlot.wire.asset import Balances, GetBalances
from woodlot.wire.public import (
    Candles,
    GetInstruments,
    GetKline,
    GetMarketTrades,
    GetOrderBook,
    GetSystemInfo,
    Instruments,
    MarketTrades,
    OrderBook,
    SystemInfo,
)
from woodlot.wire.request import Endpoint, Request
from woodlot.wire.trade import (
    CancelAck,
    CancelAllOrders,
    CancelOrder,
    EditAck,
    EditOrder,
    GetOrder,
    GetOrders,
    GetTransactionHistory,
    OrderAck,
    OrderRow,
    OrderRows,
    PlaceOrder,
    TransactionRows,
)

_DEFAULT_LEVELS = 100  # "default `maxLevel` is 100" (rest-v3 §8.8)
_DEFAULT_CANDLES, _MOST_CANDLES = 100, 1000  # rest-v3 §8.9
_DEFAULT_TRADES = 10  # that of V1; V3's is not known (rest-v3 §8.6)


@dataclass(frozen=True, slots=True)
class Venue:
    """Everything a handler may ask or change."""

    exchange: Exchange
    feed: Feed
    history: History
    listen_keys: ListenKeys
    clock: Clock


RequestT = TypeVar("RequestT", bound=Request[Any])
Handler: TypeAlias = Callable[[Venue, Any, str], Answer]
"""What answers a request of an account; public requests come from nobody, spelled ""."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint at work."""

    request: type[Request[Any]]
    handler: Handler

    @property
    def endpoint(self) -> Endpoint:
        return self.request.endpoint

    @property
    def has_numbers(self) -> bool:
        """Whether amounts are JSON numbers here: "live replies send JSON numbers" (rest-v3 §3.3)."""
        return self.endpoint.path.startswith("/v3/trade/")

    @property
    def has_timestamp_first(self) -> bool:
        return self.request is GetOrderBook

    def read(self, parameters: dict[str, Any]) -> Request[Any]:
        """Build the request from what arrived. Raises Refusal as the exchange words it for this endpoint."""
        try:
            return self.request.from_parameters(parameters)
        except ValueError as error:  # msgspec.ValidationError and ArgumentError are both
            raise self._misread(str(error)) from None

    def _misread(self, problem: str) -> Refusal:
        if self.request is GetOrderBook and "$.maxLevel" in problem:
            return _internal_error()
        return invalid(problem) if self.endpoint.signed else InvalidRequest()


def _system_info(venue: Venue, request: GetSystemInfo, account_id: str) -> SystemInfo:  # noqa: ARG001
    return SystemInfo(status=0, msg="System is functioning properly.", estimated_end_time=Time.at(venue.clock.now_ms()))


def _instruments(venue: Venue, request: GetInstruments, account_id: str) -> Instruments:  # noqa: ARG001
    rows = venue.exchange.instruments
    return Instruments(rows=tuple(rows.values() if request.symbol is None else (rows[_known(venue, request.symbol)],)))


def _order_book(venue: Venue, request: GetOrderBook, account_id: str) -> OrderBook:  # noqa: ARG001
    levels = _DEFAULT_LEVELS if request.max_level is None else request.max_level
    return venue.feed.book(_known(venue, request.symbol), most_levels=_positive(levels))


def _market_trades(venue: Venue, request: GetMarketTrades, account_id: str) -> MarketTrades:  # noqa: ARG001
    limit = _DEFAULT_TRADES if request.limit is None else request.limit
    return MarketTrades(
        rows=venue.history.trades(_known(venue, request.symbol), limit=min(_positive(limit), MOST_TRADES))
    )


def _kline(venue: Venue, request: GetKline, account_id: str) -> Candles:  # noqa: ARG001
    limit = _DEFAULT_CANDLES if request.limit is None else request.limit
    rows = venue.history.candles(
        _known(venue, request.symbol),
        request.type,
        limit=min(_positive(limit), _MOST_CANDLES),
        now_ms=venue.clock.now_ms(),
    )
    return Candles(rows=rows)


def _place_order(venue: Venue, request: PlaceOrder, account_id: str) -> OrderAck:
    return venue.exchange.place(account_id, request)


def _edit_order(venue: Venue, request: EditOrder, account_id: str) -> EditAck:
    venue.exchange.edit(account_id, request)
    return EditAck(status="EDIT_SENT")


def _cancel_order(venue: Venue, request: CancelOrder, account_id: str) -> CancelAck:
    venue.exchange.cancel(
        account_id,
        order_id=request.order_id,
        client_order_id=request.client_order_id,
        symbol=request.symbol,
    )
    return CancelAck(status="CANCEL_SENT")


def _cancel_all_orders(venue: Venue, request: CancelAllOrders, account_id: str) -> CancelAck:
    venue.exchange.cancel_all(account_id, request.symbol)
    return CancelAck(status="CANCEL_ALL_SENT")


def _order(venue: Venue, request: GetOrder, account_id: str) -> OrderRow:
    return venue.exchange.order(account_id, order_id=request.order_id, client_order_id=request.client_order_id)


def _orders(venue: Venue, request: GetOrders, account_id: str) -> OrderRows:
    return venue.exchange.orders(account_id, request)


def _transaction_history(venue: Venue, request: GetTransactionHistory, account_id: str) -> TransactionRows:
    return venue.exchange.transactions(account_id, request)


def _balances(venue: Venue, request: GetBalances, account_id: str) -> Balances:
    return Balances(holding=venue.exchange.balances(account_id, request.token))


def _account_info(venue: Venue, request: GetAccountInfo, account_id: str) -> AccountInfo:  # noqa: ARG001
    return venue.exchange.account_info(account_id)


def _create_listen_key(venue: Venue, request: CreateListenKey, account_id: str) -> ListenKey:
    if request.type != "WEBSOCKET":
        raise invalid("type: expected WEBSOCKET")
    key = venue.listen_keys.create(account_id, now_ms=venue.clock.now_ms())
    return ListenKey(auth_key=key.text, expired_time=Time.at(key.expires_ms))


_HANDLERS: dict[type[Request[Any]], Handler] = {
    GetSystemInfo: _system_info,
    GetInstruments: _instruments,
    GetOrderBook: _order_book,
    GetMarketTrades: _market_trades,
    GetKline: _kline,
    PlaceOrder: _place_order,
    EditOrder: _edit_order,
    CancelOrder: _cancel_order,
    CancelAllOrders: _cancel_all_orders,
    GetOrder: _order,
    GetOrders: _orders,
    GetTransactionHistory: _transaction_history,
    GetBalances: _balances,
    GetAccountInfo: _account_info,
    CreateListenKey: _create_listen_key,
}

ROUTES: dict[str, dict[str, Route]] = {}
"""Path -> method -> route."""
for _request, _handler in _HANDLERS.items():
    ROUTES.setdefault(_request.endpoint.path, {})[_request.endpoint.method] = Route(_request, _handler)


def _known(venue: Venue, symbol: str) -> str:
    if not symbol:
        raise InvalidRequest
    if symbol not in venue.exchange.instruments:
        raise Refusal(None, f"invalid symbol {symbol[:40]}")
    return symbol


def _positive(number: int) -> int:
    if number < 1:
        raise InvalidRequest
    return number


def _internal_error() -> Refusal:
    """Answer as production does to `maxLevel=abc`, HTTP 500 included (rest-v3 §5.2)."""
    request_id = secrets.token_hex(16)
    return Refusal(-1000, f"The server encountered an internal error, request id: {request_id}", http_status=500)
