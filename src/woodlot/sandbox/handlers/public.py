"""This file is the handlers of rest-v3 §8: what the exchange tells everybody."""

from typing import Any, Final

from woodlot.sandbox.collateral import collateral_of
from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.sandbox.history import MOST_MINUTES, MOST_TRADES, span
from woodlot.sandbox.networks import LISTED_MS
from woodlot.sandbox.queries import bounds_ms, page_of
from woodlot.sandbox.refusal import Refusal
from woodlot.sandbox.replies import InvalidRequest
from woodlot.wire.moment import Time, milliseconds
from woodlot.wire.public import (
    Candle,
    Candles,
    GetInstruments,
    GetKline,
    GetKlineHistory,
    GetMarketTrades,
    GetMarketTradesHistory,
    GetOrderBook,
    GetSystemInfo,
    GetTokenInfo,
    GetTokenNetworks,
    GetTokens,
    Instruments,
    MarketTrades,
    OrderBook,
    SystemInfo,
    TokenInfo,
    TokenNetworks,
    Tokens,
)

_DEFAULT_LEVELS: Final = 100  # "default `maxLevel` is 100" (rest-v3 §8.8)
_DEFAULT_CANDLES: Final = 100  # rest-v3 §8.9
_MOST_CANDLES: Final = 1000
_DEFAULT_TRADES: Final = 10  # that of V1; V3's is not known (rest-v3 §8.6)
_TRADES_PER_PAGE: Final = 25  # as other histories have it; nothing is known of this one (rest-v3 §8.7)


def _system_info(call: Call[GetSystemInfo]) -> SystemInfo:
    return SystemInfo(status=0, msg="System is functioning properly.", estimated_end_time=Time.at(call.now_ms))


def _instruments(call: Call[GetInstruments]) -> Instruments:
    rows, symbol = call.exchange.instruments, call.request.symbol
    return Instruments(rows=tuple(rows.values() if symbol is None else (rows[_known(call, symbol)],)))


def _tokens(call: Call[GetTokens]) -> Tokens:
    # "camelCase of V1" (rest-v3 §14 no 6).
    rows = [
        {
            "token": way.token,
            "fullname": token.fullname,
            "network": way.network.name,
            "decimals": str(way.decimals),
            "delisted": False,
            "balanceToken": token.name,
            "createdTime": f"{LISTED_MS // 1000}",
            "updatedTime": f"{LISTED_MS // 1000}",
            "canCollateral": collateral_of(token.name).rate > 0,
            "canShort": collateral_of(token.name).can_borrow,
        }
        for token in call.office.tokens.values()
        for way in token.ways
    ]
    return Tokens(data={"rows": rows})


def _token_networks(call: Call[GetTokenNetworks]) -> TokenNetworks:
    # "camelCase of V1" (rest-v3 §14 no 6).
    rows = [
        {
            "protocol": way.network.protocol,
            "network": way.network.name,
            "token": token.name,
            "name": f"{token.fullname} ({way.network.protocol})",
            "minimumWithdrawal": way.minimum,
            "withdrawalFee": way.fee,
            "allowDeposit": "1",
            "allowWithdraw": "1",
        }
        for token in call.office.tokens.values()
        for way in token.ways
    ]
    return TokenNetworks(data={"rows": rows})


def _token_info(call: Call[GetTokenInfo]) -> TokenInfo:
    # Known by name only; a row for each token with the names of its neighbours (rest-v3 §14 no 6).
    rows: list[dict[str, Any]] = [
        {"token": token.name, "fullname": token.fullname, "networks": [way.network.name for way in token.ways]}
        for token in call.office.tokens.values()
    ]
    return TokenInfo(data={"rows": rows})


def _order_book(call: Call[GetOrderBook]) -> OrderBook:
    levels = _DEFAULT_LEVELS if call.request.max_level is None else call.request.max_level
    symbol = _known(call, call.request.symbol)
    return call.venue.feed.book(symbol, most_levels=_positive(levels), rpi=bool(call.request.rpi))


def _market_trades(call: Call[GetMarketTrades]) -> MarketTrades:
    symbol, limit = _known(call, call.request.symbol), call.request.limit
    limit = _DEFAULT_TRADES if limit is None else min(_positive(limit), MOST_TRADES)
    return MarketTrades(rows=call.venue.history.trades(symbol, limit=limit))


def _market_trades_history(call: Call[GetMarketTradesHistory]) -> MarketTrades:
    request = call.request
    start_ms, _ = bounds_ms(request.start_time, None)
    tape = call.venue.history.trades(_known(call, request.symbol), limit=MOST_TRADES)
    rows = [trade for trade in tape if trade.executed_timestamp.ms >= start_ms]
    for number in (request.page, request.size):
        _positive(1 if number is None else number)
    shown, _ = page_of(rows, page=request.page, size=request.size, default=_TRADES_PER_PAGE, most=MOST_TRADES)
    return MarketTrades(rows=shown)


def _kline(call: Call[GetKline]) -> Candles:
    return Candles(rows=_latest_candles(call, _candle_limit(call)))


def _kline_history(call: Call[GetKlineHistory]) -> Candles:
    """Cut at the cursor, which is no part of the answer; "`before` wins when both are sent" (rest-v3 §8.10)."""
    request, limit = call.request, _candle_limit(call)
    if request.before is None and request.after is None:
        return Candles(rows=_latest_candles(call, limit))
    if request.before is not None:
        cursor = milliseconds(request.before, "before")
        rows = _latest_candles(call, _candles_since(call, cursor) + limit)
        return Candles(rows=tuple(row for row in rows if row.start_timestamp.ms < cursor)[:limit])
    cursor = milliseconds(request.after, "after")
    rows = _latest_candles(call, _candles_since(call, cursor))
    return Candles(rows=tuple(row for row in rows if row.start_timestamp.ms > cursor)[-limit:])


def _latest_candles(call: Call[Any], limit: int) -> tuple[Candle, ...]:
    symbol = _known(call, call.request.symbol)
    return call.venue.history.candles(symbol, call.request.type, limit=limit, now_ms=call.now_ms)


def _candle_limit(call: Call[Any]) -> int:
    limit = call.request.limit
    return _DEFAULT_CANDLES if limit is None else min(_positive(limit), _MOST_CANDLES)


def _candles_since(call: Call[GetKlineHistory], cursor_ms: int) -> int:
    """Return how many candles at least hold everything since the cursor, with two to spare for uneven months."""
    start, end = span(call.request.type, call.now_ms)
    return min(MOST_MINUTES, max(0, call.now_ms - cursor_ms) // (end - start) + 2)


def _known(call: Call[Any], symbol: str) -> str:
    if not symbol:
        raise InvalidRequest
    if symbol not in call.exchange.instruments:
        raise Refusal(None, f"invalid symbol {symbol[:40]}")
    return symbol


def _positive(number: int) -> int:
    if number < 1:
        raise InvalidRequest
    return number


HANDLERS: Final[Handlers] = {
    GetSystemInfo: _system_info,
    GetInstruments: _instruments,
    GetTokens: _tokens,
    GetTokenNetworks: _token_networks,
    GetTokenInfo: _token_info,
    GetMarketTrades: _market_trades,
    GetMarketTradesHistory: _market_trades_history,
    GetOrderBook: _order_book,
    GetKline: _kline,
    GetKlineHistory: _kline_history,
}
